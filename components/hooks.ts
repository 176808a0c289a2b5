/** All hooks of the engine that the components' resources name. */
import type { BlastRadius } from "../lifecycle/blastRadius.ts";
import { creationHooks } from "./creationHooks.ts";
import { deletionHooks } from "./deletionHooks.ts";

/**
 * Registers them at the program's start: what belongs to no tenant of the list any more has no component that would do it,
 * and the engine deletes nothing without its hooks.
 *
 * @param radius how much this run may delete.
 */
export function registerHooks(radius: BlastRadius): void {
  deletionHooks().radius = radius;
  creationHooks();
}
