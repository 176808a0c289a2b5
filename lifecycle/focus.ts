/**
 * A run for a few tenants, whatever else the stack has: the program registers them alone, and the engine, which is given
 * targets, leaves what it is not shown as it is. Such a run costs what a small stack costs.
 *
 * Without targets the engine would delete what is not registered. So a focus stands in no stack file: the operations give
 * both to one run of the engine, and what they give is worth nothing soon afterwards.
 */

/** Key of the focus among the settings of a run, without `tenant-edge:`. No stack file may have it. */
export const FOCUS = "focus";

/** How long one may hold, in milliseconds: a run has to begin by then. */
export const LONGEST_FOCUS = 10 * 60_000;

export interface Focus {
  /** Ids. */
  tenants: readonly string[];
  /** Afterwards it is refused. A time in UTC. */
  until: string;
}

/**
 * Whether parts of the one may be called as parts of the other are: `acme-record` can be a tenant, and is a record of
 * acme. So whose parts a target means by mistake is registered, too, and nothing happens to it.
 */
export function isInFocus(id: string, tenants: readonly string[]): boolean {
  return tenants.some((one) => one === id || one.startsWith(`${id}-`) || id.startsWith(`${one}-`));
}

/** For the engine's `--target`: the parts of a tenant are called like it, and begin with its id and a hyphen. */
export function targetsOf(tenants: readonly string[]): string[] {
  return tenants.flatMap((id) => [`**::${id}`, `**::${id}-*`]);
}
