/** Which of several subnets a host goes to. */
import { createHash } from "node:crypto";

/**
 * Index of the subnet for `key`, spread evenly. Rendezvous hashing: when a subnet is added or taken from the end of the
 * list, only the hosts that must move do.
 */
export function placement(key: string, subnetCount: number): number {
  const weights = Array.from({ length: subnetCount }, (_, index) =>
    createHash("sha256").update(`${key}/${index}`).digest("hex"),
  );
  return weights.reduce((best, weight, index) => (weight > (weights[best] ?? "") ? index : best), 0);
}
