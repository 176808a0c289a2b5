/** What a list of tenants must not lose, by what was deployed last. */
import type { DeployedTenant, DeployedTenants } from "./deployed.ts";

/** What the list says of a tenant, as far as losing something goes. */
export interface ListedTenant {
  id: string;
  /** False when it has no bucket (any more). */
  hasBucket: boolean;
}

/** How the program begins to say that it refuses. */
export const LOSS_REFUSED = "would destroy what nobody said may go";

export interface Loss {
  tenant: string;
  /** What would be destroyed. */
  what: string;
  /** What to do, when it is meant. */
  action: string;
}

function lostTenant(id: string, deployed: DeployedTenant | undefined): Loss | undefined {
  if (deployed?.disabled?.purge === true) return undefined;
  const state = deployed?.disabled ? `disabled, kept until ${deployed.disabled.keepUntil}` : "active";
  return {
    tenant: id,
    what: `tenant ${id} (${deployed === undefined ? "deployed" : `${state}, ${deployed.hostname}`}) is not in the list any more`,
    action: `put its entry back; to remove it on purpose, then: tenant-edge remove ${id} --purge, or by hand an update with \`disabled: {..., purge: true}\` in its entry before the entry goes`,
  };
}

function lostBucket(id: string, deployed: DeployedTenant | undefined, hasBucket: boolean): Loss | undefined {
  if (hasBucket || deployed?.bucket === null || deployed?.bucketProtected !== true) return undefined;
  return {
    tenant: id,
    what: `the bucket ${deployed.bucket} of tenant ${id} is protected, and the list has no bucket for it any more`,
    action: "set its bucket.protect to false in an update before, or keep the bucket",
  };
}

function lostArrival(id: string): Loss {
  return {
    tenant: id,
    what: `tenant ${id} was moved here from another stack, and is not in the list`,
    action: `use the stack file that has its entry; where there is none: tenant-edge move ${id} --to <stack> goes on with the move, or takes it back`,
  };
}

const TENANT_URN = /(?:::|\$)tenant-edge:index:Tenant::([^:]+)$/;

/**
 * Without the tenants of whom the stack's state has nothing, so that nothing can be destroyed: they were moved to another
 * stack, or have not come from one yet.
 *
 * @param listed ids in the list. @param urns of everything in the stack's state.
 */
export function heldLosses(
  found: readonly Loss[],
  listed: ReadonlySet<string>,
  urns: Iterable<string>,
): Loss[] {
  // A component goes after all that is its own.
  const held = new Set([...urns].map((urn) => TENANT_URN.exec(urn)?.[1]));
  return found.filter(({ tenant }) => listed.has(tenant) || held.has(tenant));
}

/**
 * Everything that would be destroyed without anybody having said so. Empty for a stack that was never deployed.
 *
 * @param arriving ids of those that come from another stack.
 */
export function losses(
  listed: readonly ListedTenant[],
  { tenants, unreadable }: DeployedTenants,
  arriving: readonly string[] = [],
): Loss[] {
  const byId = new Map(listed.map((tenant) => [tenant.id, tenant]));
  return [...new Set([...tenants.keys(), ...unreadable, ...arriving])].sort().flatMap((id) => {
    const inList = byId.get(id);
    const deployed = tenants.get(id);
    const isTold = deployed !== undefined || unreadable.includes(id);
    if (!isTold) return inList === undefined ? [lostArrival(id)] : [];
    const loss = inList === undefined ? lostTenant(id, deployed) : lostBucket(id, deployed, inList.hasBucket);
    return loss === undefined ? [] : [loss];
  });
}
