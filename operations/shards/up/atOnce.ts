/** How many stacks of an environment are brought up side by side. */

/** Calls of Cloudflare's API that a new tenant takes. */
export const CALLS_PER_NEW_TENANT = 5;

/**
 * Bytes that one stack of fifty tenants takes while it is brought up. Measured: 190 MiB of the engine and 340 of the program.
 * The plugins of the providers, of which each engine starts its own: 430 of AWS's (pulumi-aws, issue 5860), and 140 that
 * are assumed for Cloudflare's and random's.
 */
export const BYTES_PER_SHARD = 1_100 * 1024 * 1024;

export interface Room {
  processors: number;
  /** Of the machine, or of the container where that has less. */
  availableBytes: number;
  /** Stacks that were asked for. */
  parallel?: number | undefined;
}

/**
 * At least one; else the smallest of: what was asked for or the processors, what fits into memory, and what may make its
 * calls at the same time.
 *
 * @param calls for each stack to bring up: the calls that it needs, and those that its token has left.
 */
export function shardsAtOnce(
  { processors, availableBytes, parallel = processors }: Room,
  calls: readonly { needed: number; left: number }[],
): number {
  const byCalls = calls.map(({ needed, left }) => (needed === 0 ? Number.POSITIVE_INFINITY : left / needed));
  const smallest = Math.min(parallel, availableBytes / BYTES_PER_SHARD, ...byCalls);
  return Math.max(1, Math.floor(smallest));
}
