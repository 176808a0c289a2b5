/** Ids and hostnames for tenants whose callers have names of their own. */
import { createHash } from "node:crypto";

const LONGEST_SLUG = 40;
const LONGEST_LABEL = 63;
const HASH_LENGTH = 10;
const SUFFIX_LENGTH = 6;

const hash = (text: string, length: number) =>
  createHash("sha256").update(text).digest("hex").slice(0, length);

/**
 * The tenant's id for an id of another system: itself when it is one of ours already, else what is left of it in our
 * alphabet and ten hexadecimal digits of its SHA-256. The same id always gives the same one, and two never share one.
 */
export function tenantIdOf(foreignId: string): string {
  // What ends like a made id could be another one's.
  const isOurs = /^[a-z](?:-?[a-z0-9])*$/.test(foreignId) && foreignId.length <= LONGEST_SLUG;
  if (isOurs && !/-[0-9a-f]{10}$/.test(foreignId)) return foreignId;
  const words = foreignId.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const slug = words
    .join("-")
    .replace(/^[^a-z]+/, "")
    .slice(0, LONGEST_SLUG)
    .replace(/(?<!-)-+$/, "");
  return `${slug === "" ? "hub" : slug}-${hash(foreignId, HASH_LENGTH)}`;
}

/**
 * First labels for a tenant that asked for none, the best first: its id, then the id with a suffix that looks random and
 * is the same each time.
 */
export function* subdomainCandidates(tenantId: string, prefix: string): Generator<string> {
  const longest = LONGEST_LABEL - prefix.length;
  if (tenantId.length <= longest) yield tenantId;
  const stem = tenantId.slice(0, longest - SUFFIX_LENGTH - 1).replace(/(?<!-)-+$/, "");
  for (let attempt = 0; attempt < 100; attempt++)
    yield `${stem}-${hash(`${tenantId}/${attempt}`, SUFFIX_LENGTH)}`;
}
