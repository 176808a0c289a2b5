/** Which of several subnets a host goes to. */
import { createHash } from "node:crypto";

/** Most hosts of one tenant. */
export const REPLICA_LIMIT = 4;

/**
 * Indexes of the subnets for the replicas of `key`, spread evenly, each in another subnet while there are enough.
 * Rendezvous hashing: when a subnet is added or taken from the end of the list, only the hosts that must move do.
 */
export function placements(key: string, subnetCount: number, replicas: number): number[] {
  const weight = (index: number) => createHash("sha256").update(`${key}/${index}`).digest("hex");
  const ranked = Array.from({ length: subnetCount }, (_, index) => ({ index, weight: weight(index) })).sort(
    (left, right) => (left.weight > right.weight ? -1 : 1),
  );
  return Array.from({ length: replicas }, (_, replica) => ranked[replica % ranked.length]?.index ?? 0);
}
