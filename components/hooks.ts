/** All hooks of the engine that the components' resources name. */
import type { BlastRadius } from "../lifecycle/blastRadius.ts";
import { creationHooks } from "./creationHooks.ts";
import { deletionHooks } from "./deletionHooks.ts";
import type { NetworkUser } from "./networkUse.ts";

/**
 * Registers them at the program's start: what belongs to no tenant of the list any more has no component that would do it,
 * and the engine deletes nothing without its hooks.
 *
 * @param radius how much this run may delete. @param networkUsers looks up who of other stacks lives in this one's network.
 */
export function registerHooks(
  radius: BlastRadius,
  networkUsers: () => Promise<readonly NetworkUser[]>,
): void {
  const hooks = deletionHooks();
  hooks.radius = radius;
  let users: Promise<readonly NetworkUser[]> | undefined;
  hooks.networkUsers = () => {
    users ??= networkUsers();
    return users;
  };
  creationHooks();
}
