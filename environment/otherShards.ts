/** A stack beside the others of its environment, as their files have them. */
import type { Problem } from "../config/problems.ts";
import { checkAgainst, checkShards, type ShardProblem } from "./checkShards.ts";
import { type CheckedFile, parseShard, type Shard, shardOf } from "./shard.ts";
import { readShardFiles, type ShardFiles } from "./shardFiles.ts";

export interface EnvironmentProblems<P extends Problem> {
  /** Of files whose tenants cannot be compared. */
  incomparable: Problem[];
  clashes: P[];
}

function parsed({ shards, unreadable }: ShardFiles): { shards: Shard[]; incomparable: Problem[] } {
  const results = shards.map(parseShard);
  return {
    shards: results.filter((result) => "tenants" in result),
    incomparable: [...unreadable, ...results.filter((result) => "found" in result)],
  };
}

/**
 * Everything about the other stacks for which this one may not run. Nothing for a stack that is alone in its environment.
 *
 * The others count as their files in this folder say: when they share their lists of tenants (`tenantList`), by the copies
 * in the files. What another folder's files say, or another branch's, nobody sees here.
 */
export function problemsWithOthers(own: CheckedFile, others: ShardFiles): EnvironmentProblems<Problem> {
  const { shards, incomparable } = parsed(others);
  return { incomparable, clashes: shards.length === 0 ? [] : checkAgainst(shardOf(own), shards) };
}

/** Everything that keeps the stacks of an environment from being one. What is wrong inside a file, its own run tells. */
export async function environmentProblems(
  folder: string,
  environment: string,
): Promise<EnvironmentProblems<ShardProblem>> {
  const { shards, incomparable } = parsed(await readShardFiles(folder, environment));
  return { incomparable, clashes: checkShards(shards) };
}
