/** The parts of the deep run, the longest first. */
import type { DeepPart } from "./part.ts";

const PARTS = {
  faults: () => import("./faults/part.ts"),
  kills: () => import("./kills/part.ts"),
  pacing: () => import("./pacing/part.ts"),
  canaries: () => import("./canaries/part.ts"),
  policies: () => import("./policies/part.ts"),
} as const satisfies Record<string, () => Promise<{ part: DeepPart }>>;

export type PartName = keyof typeof PARTS;

export const PART_NAMES = Object.keys(PARTS) as readonly PartName[];

export async function readPart(name: PartName): Promise<DeepPart> {
  return (await PARTS[name]()).part;
}
