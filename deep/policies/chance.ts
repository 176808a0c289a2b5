/** Choices by chance that a seed repeats. */
import { chance } from "../../sandbox/faults/faults.ts";
import type { Chance } from "./misconfiguration.ts";

/** The same seed and name always choose the same. */
export function chanceOf(seed: number, name: string): Chance {
  let drawn = 0;
  const below = (limit: number): number => {
    drawn += 1;
    return Math.floor(chance(seed, name, drawn) * limit);
  };
  return { below, bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))) };
}
