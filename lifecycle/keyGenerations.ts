/** Rotation of a key in generations: the new one is valid before the old one goes. */

export const Refused = { NotNext: "not-next", TooMany: "too-many" } as const;
export type Refused = (typeof Refused)[keyof typeof Refused];

/** Generations that may be valid at the same time. */
const MOST = 5;

/**
 * The generation that a rotation ends with. Without a wish it is the next one, or the current one when an earlier
 * rotation has not ended: so an interrupted rotation is completed before another begins.
 *
 * @param generations the valid ones, the current one last; not empty.
 */
export function targetGeneration(
  generations: readonly number[],
  wish: number | undefined,
): { target: number; refused?: undefined } | { target?: undefined; refused: Refused } {
  const current = generations.at(-1) ?? 1;
  const next = nextGeneration(generations);
  const target = wish ?? (generations.length > 1 ? current : next);
  if (target !== current && target !== next) return { refused: Refused.NotNext };
  if (!generations.includes(target) && generations.length >= MOST) return { refused: Refused.TooMany };
  return { target };
}

/** With the target as the current one; the others stay valid. */
export function added(generations: readonly number[], target: number): number[] {
  return generations.includes(target) ? [...generations] : [...generations, target];
}

/** A number is never used again, whatever order they are in, and also when all of them were revoked. */
export function nextGeneration(generations: readonly number[]): number {
  return Math.max(...generations, 0) + 1;
}
