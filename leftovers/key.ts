/**
 * Tokens that were minted twice.
 *
 * A token's name need not be unique, and Cloudflare takes no key that would make a repeated creation the same one: when
 * the answer to a creation is lost, the provider asks again, and the first token stays, valid, with a value that nobody
 * knows.
 */
import { deleteIfThere } from "../orphans/cloudflareCall.ts";
import type { Clouds } from "./finding.ts";

/** Times of tokens are in whole seconds. Milliseconds. */
const MARGIN = 1_000;
/** What the resource of a policy begins with that opens one bucket: `bucket/tokenPolicy.ts`. */
const BUCKET_RESOURCE = "com.cloudflare.edge.r2.bucket.";

/** A token as the account lists it. */
export interface ListedToken {
  id?: string | undefined;
  name?: string | undefined;
  issued_on?: string | undefined;
  policies?: readonly { resources: Record<string, unknown> }[] | undefined;
}

/** A token that was, or may have been, created just now. */
export interface MintedToken {
  accountId: string;
  name: string;
  /** What it opens, as the program wrote it: a JSON object for each policy. */
  resources: readonly string[];
  /** Undefined when no answer came: then none of the name that is as young may stay. */
  id: string | undefined;
  /** When the creation began, by Cloudflare's clock. Milliseconds. */
  since: number;
}

/** Those that the same creation has minted besides. */
export function twinsOf(minted: MintedToken, listed: readonly ListedToken[]): string[] {
  const opened = minted.resources.flatMap((text) => Object.keys(JSON.parse(text) as object));
  return listed.flatMap(({ id, name, issued_on, policies = [] }) => {
    const own = policies.flatMap(({ resources }) => Object.keys(resources));
    const isTwin =
      id !== minted.id &&
      name === minted.name &&
      own.length === opened.length &&
      own.every((resource) => opened.includes(resource)) &&
      Date.parse(issued_on ?? "") >= minted.since - MARGIN;
    return isTwin && id !== undefined ? [id] : [];
  });
}

/** The account's tokens, and the time when they were listed. */
export interface TokenListing {
  tokens: readonly ListedToken[];
  /** By Cloudflare's clock. Milliseconds. */
  date: number;
  /** The same moment by `performance.now()`. */
  moment: number;
}

/** One call for every fifty tokens of the account. */
export async function listTokens(
  { cloudflare }: Pick<Clouds, "cloudflare">,
  accountId: string,
): Promise<TokenListing> {
  const { accounts } = await cloudflare.client();
  const { data: first, response } = await accounts.tokens
    .list({ account_id: accountId, per_page: 50 })
    .withResponse();
  const moment = performance.now();
  const tokens: ListedToken[] = [];
  for await (const token of first) tokens.push(token);
  return { tokens, date: Date.parse(response.headers.get("date") ?? ""), moment };
}

/** Names of tokens that open the bucket, in whatever jurisdiction. One for the whole account names no bucket. */
export function tokensOpening(bucket: string, listed: readonly ListedToken[]): string[] {
  return listed.flatMap(({ id, name, policies = [] }) => {
    const opened = policies.flatMap(({ resources }) => Object.keys(resources));
    const isOpening = opened.some(
      (resource) => resource.startsWith(BUCKET_RESOURCE) && resource.endsWith(`_${bucket}`),
    );
    return isOpening ? [name ?? id ?? "without a name"] : [];
  });
}

/**
 * Revokes them: one call for each.
 *
 * @param began when the creation did, by `performance.now()`. @param answered when its answer came, by the same.
 * @param issuedOn what the answer says; undefined when none came.
 * @returns how many there were.
 */
export async function revokeTwins(
  { cloudflare }: Pick<Clouds, "cloudflare">,
  minted: Omit<MintedToken, "since">,
  { tokens, date, moment }: TokenListing,
  { began, answered, issuedOn }: { began: number; answered: number; issuedOn: string | undefined },
): Promise<number> {
  const since = issuedOn === undefined ? date - (moment - began) : Date.parse(issuedOn) - (answered - began);
  const twins = twinsOf({ ...minted, since }, tokens);
  const { accounts } = await cloudflare.client();
  for (const id of twins) await deleteIfThere(accounts.tokens.delete(id, { account_id: minted.accountId }));
  return twins.length;
}
