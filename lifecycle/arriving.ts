/**
 * Tenants that come from another stack. From before the state has what they are made of, until an update has made them from
 * the list, the stack's outputs name them: so that a list that lacks such a one, of an older checkout, is refused as one
 * that has lost it.
 */

/** Key of their ids among the settings of a run, without `tenant-edge:`; name of the output. No stack file may have it. */
export const ARRIVING = "arriving";

/** @param output value of the stack's output `arriving`; undefined when an older version of the program wrote it. */
export function parseArriving(output: unknown): string[] {
  return Array.isArray(output) ? output.filter((id) => typeof id === "string") : [];
}

export interface ArrivingRun {
  /** Ids that this run was told. */
  announced: readonly string[];
  /** Ids that the last update has told. */
  told: readonly string[];
  listed: ReadonlySet<string>;
  /** Ids of those that this run registers: the outputs tell them as any other tenant. */
  built: ReadonlySet<string>;
}

/**
 * What this run tells, once it was certain that the state has nothing of those that are not listed: they are forgotten, but
 * not by a run that announces another one, whose own move may be under way.
 */
export function arrivingAfter({ announced, told, listed, built }: ArrivingRun): string[] {
  const isKept = (id: string) => announced.length > 0 || listed.has(id);
  return [...new Set([...told.filter(isKept), ...announced])].filter((id) => !built.has(id)).sort();
}
