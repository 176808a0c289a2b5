/** What a bench measures. */

/** A quantity that is measured for several numbers of tenants, and shown in the plots. */
export const Series = {
  Create: "create",
  NoOp: "no-op",
  ChangeOne: "change one",
  Refresh: "refresh",
  Destroy: "destroy",
  EnrollOne: "enroll one more",
  RotateOne: "rotate the key of one",
  DisableOne: "disable one",
  RemoveOne: "remove one",
  StatusOfAll: "status of all",
  Memory: "memory of the program",
  CallsToCreate: "calls to create a tenant",
  CallsToDestroy: "calls to destroy a tenant",
  CallsOfNoOp: "calls of a no-op",
  CallsToRotate: "calls to rotate a key",
  CallsToRemove: "calls to remove a tenant",
  CallsToDisable: "calls to disable a tenant",
} as const;
export type Series = (typeof Series)[keyof typeof Series];

/** How a figure compares with another one of the same run. */
export interface Ratio {
  value: number;
  /** What it is compared with: `the floor's`. */
  of: string;
  /** At most so much, where that is promised. */
  bound?: number;
}

/** A measured figure and, where the product promises one, its bound. */
export interface Figure {
  name: string;
  value: number;
  /** `s`, `ms` or `MB` (10^6 bytes); empty for a count. */
  unit: string;
  /** Of how many measurements it is the median. Default 1. */
  runs?: number;
  bound?: number;
  ratio?: Ratio;
  /** Where it stands in the plots. */
  point?: { series: Series; tenants: number };
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Undefined for a figure that nothing is promised of. */
export function isKept({ value, bound, ratio }: Figure): boolean | undefined {
  if (bound === undefined && ratio?.bound === undefined) return undefined;
  return value <= (bound ?? value) && (ratio === undefined || ratio.value <= (ratio.bound ?? ratio.value));
}

const TIMES: readonly string[] = ["s", "ms"];

/** Times depend on who else uses the machine: only calls and memory decide whether a run has failed. */
export function isFailure({ value, unit, bound }: Figure): boolean {
  return !TIMES.includes(unit) && bound !== undefined && value > bound;
}

/** By the number of tenants. Of two figures for one number, the first. */
export function pointsOf(figures: readonly Figure[], series: Series): [number, number][] {
  const points = figures.flatMap(({ point, value }): [number, number][] =>
    point?.series === series ? [[point.tenants, value]] : [],
  );
  return [...new Map(points.toReversed())].sort(([one], [other]) => one - other);
}
