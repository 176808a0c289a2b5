/** A stack beside the others of its environment, as their files have them. */
import type { Problem } from "../config/problems.ts";
import { checkAgainst } from "./checkShards.ts";
import { type CheckedFile, parseShard, type Shard, shardOf } from "./shard.ts";
import type { ShardFiles } from "./shardFiles.ts";

export interface EnvironmentProblems {
  /** Of files whose tenants cannot be compared. */
  incomparable: Problem[];
  clashes: Problem[];
}

/** Of a single tenant that two files have, the clash itself says as much. */
const FEWEST_COPIED = 2;

function isCopy({ tenants }: Shard, own: Shard): boolean {
  const ids = new Set(own.tenants.map(({ id }) => id));
  return tenants.length >= FEWEST_COPIED && tenants.every(({ id }) => ids.has(id));
}

function copyProblem({ file, tenants }: Shard, own: Shard): Problem {
  return {
    path: file,
    found: `${tenants.length} tenants, all of which ${own.file} has, too`,
    allowed: "tenants of its own in each stack file of an environment",
    action: `it looks like a copy of ${own.file}: take it away, or give it tenants of its own`,
  };
}

/**
 * Everything about the other stacks for which this one may not run. Nothing for a stack that is alone in its environment.
 *
 * The others count as their files in this folder say: when they share their lists of tenants (`tenantList`), by the copies
 * in the files. What another folder's files say, or another branch's, nobody sees here.
 */
export function problemsWithOthers(
  checked: CheckedFile,
  { shards, unreadable }: ShardFiles,
): EnvironmentProblems {
  const results = shards.map((shard) => parseShard(shard, checked.settings));
  const parsed = results.filter((result) => "tenants" in result);
  const incomparable = [...unreadable, ...results.filter((result) => "found" in result)];
  if (parsed.length === 0) return { incomparable, clashes: [] };
  const own = shardOf(checked);
  const copies = parsed.filter((shard) => isCopy(shard, own));
  const others = parsed.filter((shard) => !copies.includes(shard));
  return {
    incomparable,
    clashes: [...copies.map((copy) => copyProblem(copy, own)), ...checkAgainst(own, others)],
  };
}
