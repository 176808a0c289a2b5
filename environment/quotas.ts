/** Limits of an account or a zone, over all stacks that share it. */
import { LIMITS, sumOf } from "../config/limitNeeds.ts";
import { formatPath } from "../config/problems.ts";
import type { ShardProblem } from "./checkShards.ts";
import type { Shard } from "./shard.ts";

/** Files that are named in one problem. */
const NAMED = 5;

function named(shares: readonly { file: string; needed: number }[]): string {
  const most = shares.toSorted((one, other) => other.needed - one.needed);
  const rest = most.length - NAMED;
  const names = most.slice(0, NAMED).map(({ file, needed }) => `${file} ${needed}`);
  return [...names, ...(rest > 0 ? [`${rest} more`] : [])].join(", ");
}

function quotaProblem(
  shards: readonly Shard[],
  { limit, per, what }: (typeof LIMITS)[number],
): ShardProblem[] {
  const last = shards.at(-1);
  // What one stack needs alone, its own rules count.
  if (last === undefined || shards.length === 1) return [];
  const shares = shards.map(({ file, tenants }) => ({
    file,
    needed: sumOf(
      tenants.map(({ needs }) => needs),
      limit,
    ),
  }));
  const needed = shares.reduce((sum, share) => sum + share.needed, 0);
  const smallest = shards.reduce((one, other) => (other.limits[limit] < one.limits[limit] ? other : one));
  const allowed = smallest.limits[limit];
  if (needed <= allowed) return [];
  const isSame = shards.every(({ limits }) => limits[limit] === allowed);
  const whose = isSame ? "" : ` of ${smallest.file}, the smallest of those that share the ${per}`;
  return [
    {
      file: last.file,
      path: formatPath(["tenants"]),
      found: `${shards.length} stack files of ${per} ${last[per]} that need ${needed} ${what}: ${named(shares)}`,
      allowed: `at most ${allowed} (tenant-edge:limits.${limit}${whose})`,
      action:
        "put tenants into another account's stack, or raise the limit in each of the files when Cloudflare has raised it for you",
    },
  ];
}

/** The problem stands in the last file of those that share the account or zone. */
export function quotaProblems(shards: readonly Shard[]): ShardProblem[] {
  return LIMITS.flatMap((limit) =>
    [...Map.groupBy(shards, (shard) => shard[limit.per]).values()].flatMap((sharing) =>
      quotaProblem(sharing, limit),
    ),
  );
}
