/** The parts of the bench, in the order in which they run. */
import type { BenchPart } from "./part.ts";

const PARTS = {
  checks: () => import("./parts/checks.ts"),
  stack: () => import("./parts/stack.ts"),
  floor: () => import("./parts/floor.ts"),
  naive: () => import("./parts/naive.ts"),
  shards: () => import("./parts/shards.ts"),
  visitors: () => import("./parts/visitors.ts"),
} as const satisfies Record<string, () => Promise<{ part: BenchPart }>>;

export type PartName = keyof typeof PARTS;

export const PART_NAMES = Object.keys(PARTS) as readonly PartName[];

export async function readPart(name: PartName): Promise<BenchPart> {
  return (await PARTS[name]()).part;
}
