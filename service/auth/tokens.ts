/** Bearer tokens of the service: how they are made, kept at rest and recognised. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { readYaml, YamlTextError } from "../../config/yamlText.ts";
import { Scope } from "../../operations/contract.ts";

/** 256 bits. */
const TOKEN_BYTES = 32;
/** So that scanners of repositories and logs recognise one. */
const TOKEN_PREFIX = "tes_";

/** A time as in RFC 3339; YAML would make a date of an unquoted one, which is taken too. */
const time = z.union([z.iso.datetime({ offset: true }), z.date().transform((date) => date.toISOString())]);

const tokenEntry = z.strictObject({
  /** Who acts, for the audit. Two entries may share a name: an old and a new token while callers change over. */
  name: z
    .string()
    .regex(/^[A-Za-z0-9](?:[A-Za-z0-9._@-]{0,62}[A-Za-z0-9])?$/, "1 to 64 letters, digits and . _ @ -"),
  /**
   * SHA-256 of the token. A slow hash would guard against guessing; tokens of 256 random bits cannot be guessed.
   */
  hash: z.string().regex(/^sha256:[0-9a-f]{64}$/, "sha256: and 64 hexadecimal digits"),
  scopes: z.array(z.enum(Scope)).min(1),
  /** RFC 3339. Default: at once. */
  notBefore: time.optional(),
  /** RFC 3339. Default: never ends. */
  notAfter: time.optional(),
});

export type TokenEntry = z.output<typeof tokenEntry>;

/** Who asks, and what that may do. */
export interface Caller {
  readonly name: string;
  readonly scopes: readonly Scope[];
}

/** The file of tokens is not what it should be. The message names the place and never a hash. */
export class TokensError extends Error {
  /** There is no such file. */
  readonly isMissing: boolean;

  constructor(message: string, { isMissing = false }: { isMissing?: boolean | undefined } = {}) {
    super(message);
    this.name = "TokensError";
    this.isMissing = isMissing;
  }
}

function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/**
 * Makes a token and the entry that recognises it. The token itself is kept nowhere: hand it out, put the entry into the
 * service's file.
 */
export function newServiceToken(entry: Omit<TokenEntry, "hash">): { token: string; entry: TokenEntry } {
  const token = `${TOKEN_PREFIX}${randomBytes(TOKEN_BYTES).toString("base64url")}`;
  return { token, entry: tokenEntry.parse({ ...entry, hash: `sha256:${digest(token).toString("hex")}` }) };
}

/**
 * @param text YAML or JSON: a list of entries.
 * @throws TokensError with every problem.
 */
export function parseTokens(text: string, source: string): TokenEntry[] {
  let value: unknown;
  try {
    value = readYaml(text).value;
  } catch (error) {
    if (!(error instanceof YamlTextError)) throw error;
    throw new TokensError(
      `${source} is neither YAML nor JSON that can be read. It has to be a list of tokens.`,
    );
  }
  const parsed = z.array(tokenEntry).safeParse(value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `  ${path.join(".") || "the file"}: ${message}`,
    );
    throw new TokensError(
      `${source} is no list of tokens. Each has name, hash, scopes, and may have notBefore and notAfter.\n${problems.join("\n")}`,
    );
  }
  return parsed.data;
}

/** Compares with every entry, in the same time whichever it is. */
export function findCaller(entries: readonly TokenEntry[], token: string, now: Date): Caller | undefined {
  const presented = digest(token);
  let found: Caller | undefined;
  for (const entry of entries) {
    const same = timingSafeEqual(presented, Buffer.from(entry.hash.slice("sha256:".length), "hex"));
    if (same && isValid(entry, now)) found = { name: entry.name, scopes: entry.scopes };
  }
  return found;
}

function isValid({ notBefore, notAfter }: TokenEntry, now: Date): boolean {
  return (
    (notBefore === undefined || now >= new Date(notBefore)) &&
    (notAfter === undefined || now < new Date(notAfter))
  );
}
