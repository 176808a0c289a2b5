/** What somebody said a run may delete or replace, though it is much. */
import { Kind } from "./holdings.ts";

/** Environment variable of a run: what was meant once is not meant the next time. */
export const ALLOW = "TENANT_EDGE_ALLOW";

/** How far ahead an allowance may end, in days: a pull request may wait so long for its review. */
export const LONGEST_ALLOWANCE_DAYS = 7;

export interface Allowance {
  /** Ids of tenants of which everything may go. */
  tenants: ReadonlySet<string>;
  /** Of how many tenants things of a kind may go, whichever they are. */
  kinds: ReadonlyMap<Kind, number>;
}

const KINDS = Object.values(Kind).join("|");
const OF_KIND = new RegExp(`^(${KINDS})s? of (\\d+) tenants?$`);
const PART = `(?:(?:${KINDS})s? of \\d{1,6} tenants?|[a-z](?:-?[a-z0-9])*)`;

/** What an allowance may be, and in words. */
export const ALLOWANCE = new RegExp(`^${PART}(?:, ?${PART})*$`);
export const ALLOWANCE_WORDS = `"hosts of 12 tenants" (or ${KINDS.split("|")
  .map((kind) => `${kind}s`)
  .join(", ")}) and ids of tenants, with commas between them`;

/** @param text as `ALLOWANCE` has it; empty for nothing. */
export function parseAllowance(text: string): Allowance {
  const tenants = new Set<string>();
  const kinds = new Map<Kind, number>();
  for (const part of text.split(",").map((each) => each.trim())) {
    const [, kind, count] = OF_KIND.exec(part) ?? [];
    if (kind !== undefined) kinds.set(kind as Kind, Math.max(Number(count), kinds.get(kind as Kind) ?? 0));
    else if (part !== "") tenants.add(part);
  }
  return { tenants, kinds };
}

export function allowanceText({ tenants, kinds }: Allowance): string {
  const counts = [...kinds].map(([kind, count]) => `${kind}s of ${count} tenant${count === 1 ? "" : "s"}`);
  return [...counts, ...tenants].join(", ");
}
