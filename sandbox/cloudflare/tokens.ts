/** Account-owned API tokens. Of a token's value only the hash is kept: it is shown once, when it is made. */
import { createHash, randomBytes } from "node:crypto";
import { BlockList, isIP } from "node:net";
import { z } from "zod";
import { noteSecret, SecretKind } from "../canaries/secrets.ts";
import type { Collection, Store } from "../store.ts";
import { refuse } from "./apiError.ts";
import { randomHexId, wholeSeconds } from "./identifiers.ts";
import { checkPolicies, grants, type Policy, type PolicyContext, policySchema } from "./tokenPolicy.ts";
import type { Zones } from "./zones.ts";

export const TokenStatus = { active: "active", disabled: "disabled", expired: "expired" } as const;
export type TokenStatus = (typeof TokenStatus)[keyof typeof TokenStatus];

export interface Token {
  id: string;
  accountId: string;
  name: string;
  /** What was set; what holds now is `statusOf`. */
  status: TokenStatus;
  issuedOn: string;
  modifiedOn: string;
  lastUsedOn?: string;
  notBefore?: string;
  expiresOn?: string;
  condition?: { request_ip?: { in?: string[]; not_in?: string[] } };
  policies: Policy[];
  /** SHA-256 of the value, hexadecimal: also the secret access key that R2 derives from it. */
  valueHash: string;
}

const time = z.iso.datetime({ offset: true });
const cidr = z
  .union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()])
  .refine((text) => text !== "0.0.0.0/0", "invalid CIDR");

export const tokenInput = z.object({
  name: z.string().min(1).max(120),
  policies: z.array(policySchema).min(1),
  condition: z
    .object({
      request_ip: z.object({ in: z.array(cidr).optional(), not_in: z.array(cidr).optional() }).optional(),
    })
    .optional(),
  expires_on: time.optional(),
  not_before: time.optional(),
  status: z.enum(["active", "disabled", "expired"]).optional(),
});
export type TokenInput = z.infer<typeof tokenInput>;

const LAST_USED_RESOLUTION_MILLISECONDS = 60_000;

export class Tokens {
  readonly #tokens: Collection<Token>;
  readonly #byHash = new Map<string, string>();
  readonly #zones: Zones;
  readonly #now: () => Date;
  readonly #quota: number;

  constructor(store: Store, zones: Zones, options: { now: () => Date; quota: number }) {
    this.#tokens = store.collection<Token>("cloudflare.tokens");
    for (const token of this.#tokens.values()) this.#byHash.set(token.valueHash, token.id);
    this.#zones = zones;
    this.#now = options.now;
    this.#quota = options.quota;
  }

  /**
   * `creator` is the token that asks; without one (the account's owner) everything may be given out.
   * Throws ApiError: invalid policies (400, 1001), no room (400), times that make no sense (400).
   */
  create(accountId: string, input: TokenInput, creator?: Token): { token: Token; value: string } {
    if (this.list(accountId).length >= this.#quota) {
      throw refuse(400, 1007, `The account has reached its limit of ${this.#quota} API tokens`);
    }
    this.#checkTimes(input);
    const value = randomValue();
    const now = wholeSeconds(this.#now());
    const token: Token = {
      id: randomHexId(),
      accountId,
      ...this.#stored(accountId, input, creator),
      status: TokenStatus.active,
      issuedOn: now,
      modifiedOn: now,
      valueHash: hash(value),
    };
    this.#tokens.put(token.id, token);
    this.#byHash.set(token.valueHash, token.id);
    return { token, value };
  }

  /** Replaces everything but id, value and date of issue. Throws as `create`, and 404 on an unknown token. */
  replace(accountId: string, id: string, input: TokenInput, creator?: Token): Token {
    const token = this.require(accountId, id);
    this.#checkTimes(input);
    return this.#tokens.put(id, {
      id,
      accountId,
      ...this.#stored(accountId, input, creator),
      status: input.status === TokenStatus.disabled ? TokenStatus.disabled : TokenStatus.active,
      issuedOn: token.issuedOn,
      modifiedOn: wholeSeconds(this.#now()),
      ...(token.lastUsedOn === undefined ? {} : { lastUsedOn: token.lastUsedOn }),
      valueHash: token.valueHash,
    });
  }

  /** A new value; the old one is refused from now on. */
  roll(accountId: string, id: string): string {
    const token = this.require(accountId, id);
    const value = randomValue();
    this.#byHash.delete(token.valueHash);
    this.#tokens.patch(id, { valueHash: hash(value), modifiedOn: wholeSeconds(this.#now()) });
    this.#byHash.set(hash(value), id);
    return value;
  }

  delete(accountId: string, id: string): void {
    const token = this.require(accountId, id);
    this.#byHash.delete(token.valueHash);
    this.#tokens.delete(id);
  }

  /** Throws 404 when the account has no such token. */
  require(accountId: string, id: string): Token {
    const token = this.#tokens.get(id);
    if (token?.accountId !== accountId) throw refuse(404, 1000, "Token not found");
    return token;
  }

  get(id: string): Token | undefined {
    return this.#tokens.get(id);
  }

  list(accountId: string): Token[] {
    return this.#tokens.filter((token) => token.accountId === accountId);
  }

  /** The token with this value, usable or not. */
  findByValue(value: string): Token | undefined {
    const id = this.#byHash.get(hash(value));
    return id === undefined ? undefined : this.#tokens.get(id);
  }

  statusOf(token: Token): TokenStatus {
    const expired = token.expiresOn !== undefined && new Date(token.expiresOn) <= this.#now();
    return expired ? TokenStatus.expired : token.status;
  }

  /** Active, and its time has come. */
  usable(token: Token): boolean {
    const begun = token.notBefore === undefined || new Date(token.notBefore) <= this.#now();
    return begun && this.statusOf(token) === TokenStatus.active;
  }

  /** Notes the use, to the minute: each use would cost a write. */
  touch(token: Token): void {
    const last = token.lastUsedOn === undefined ? 0 : new Date(token.lastUsedOn).getTime();
    const now = this.#now();
    if (now.getTime() - last < LAST_USED_RESOLUTION_MILLISECONDS) return;
    this.#tokens.patch(token.id, { lastUsedOn: wholeSeconds(now) });
  }

  #checkTimes(input: TokenInput): void {
    const { expires_on: expires, not_before: begins } = input;
    if (expires !== undefined && new Date(expires) <= this.#now()) {
      throw refuse(400, 1001, "expires_on must be in the future");
    }
    if (expires !== undefined && begins !== undefined && new Date(begins) >= new Date(expires)) {
      throw refuse(400, 1001, "not_before must be earlier than expires_on");
    }
  }

  #stored(
    accountId: string,
    input: TokenInput,
    creator: Token | undefined,
  ): Pick<Token, "name" | "policies"> & Partial<Pick<Token, "condition" | "expiresOn" | "notBefore">> {
    const context: PolicyContext = {
      accountId,
      zoneBelongs: (zoneId) => this.#zones.get(zoneId)?.accountId === accountId,
      creatorHolds: (group, zoneId) => {
        const family = group.name.replace(/ (Read|Write)$/, "");
        const level = group.name.endsWith(" Write") ? "Write" : "Read";
        return (
          creator === undefined ||
          grants(creator.policies, family, level, { kind: "zone", accountId, zoneId })
        );
      },
    };
    const ips = input.condition?.request_ip;
    return {
      name: input.name,
      policies: checkPolicies(input.policies, context),
      ...(ips === undefined
        ? {}
        : {
            condition: {
              request_ip: {
                ...(ips.in === undefined ? {} : { in: ips.in }),
                ...(ips.not_in === undefined ? {} : { not_in: ips.not_in }),
              },
            },
          }),
      ...(input.expires_on === undefined ? {} : { expiresOn: wholeSeconds(new Date(input.expires_on)) }),
      ...(input.not_before === undefined ? {} : { notBefore: wholeSeconds(new Date(input.not_before)) }),
    };
  }
}

/** Whether the token may be used from this address. */
export function usableFrom(token: Token, address: string): boolean {
  const { in: allowed, not_in: barred } = token.condition?.request_ip ?? {};
  if (barred !== undefined && contains(barred, address)) return false;
  return allowed === undefined || allowed.length === 0 || contains(allowed, address);
}

function contains(ranges: string[], address: string): boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = "", prefix] = range.split("/");
    const family = isIP(network) === 6 ? "ipv6" : "ipv4";
    if (prefix === undefined) list.addAddress(network, family);
    else list.addSubnet(network, Number(prefix), family);
  }
  const plain = address.replace(/^::ffff:/, "");
  return list.check(plain, isIP(plain) === 6 ? "ipv6" : "ipv4");
}

function hash(value: string): string {
  return createHash("sha256").update(value).digest("hex");
}

const VALUE_BYTES = 36;

/** Prefix of account-owned tokens, then 48 characters. */
function randomValue(): string {
  const value = `cfat_${randomBytes(VALUE_BYTES).toString("base64url")}`;
  noteSecret(SecretKind.ApiToken, value);
  noteSecret(SecretKind.S3Key, hash(value));
  return value;
}
