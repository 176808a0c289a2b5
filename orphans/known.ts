/** What the stacks of an environment know about. */
import type { ResolvedTenant } from "../config/tenants.ts";
import type { DeployedTenants } from "../lifecycle/deployed.ts";
import { hostNames, tenantNames } from "../naming/names.ts";
import { REPLICA_LIMIT } from "../network/placement.ts";

/** What one stack of the project has in the backend. */
export interface StackContents {
  stack: string;
  /** URN of the stack itself; empty when nothing was ever made in it. */
  root: string;
  /** By the outputs of its last update. */
  deployed: DeployedTenants;
  /** Physical ids of all resources in its state, also of those that are yet to be deleted. */
  resourceIds: ReadonlySet<string>;
  /** What its state has of tenants, also what is yet to be deleted. */
  held: readonly HeldResource[];
  /** What an update was doing, which is under way or was killed. */
  pending: readonly PendingOperation[];
  /** Whether it has a network of its own. */
  hasNetwork?: boolean;
  /** When an update ran of which the state does not tell, because a full disk has cut the newer one. */
  lost?: TimeSpan | undefined;
}

export interface TimeSpan {
  from: Date;
  until: Date;
}

/** A resource in a state. */
export interface HeldResource {
  urn: string;
  /** Pulumi's token. */
  type: string;
  /** Name of the resource in the program. */
  name: string;
  /** Id of the tenant whose resource it is. */
  tenant: string;
  /** By which its provider knows it. */
  id: string;
}

export interface PendingOperation {
  urn: string;
  /** Pulumi's token. */
  type: string;
  /** Name of the resource in the program. */
  name: string;
  /** Id of the tenant whose resource it is; empty for what is shared. */
  tenant: string;
  /** As the engine calls it: creating, updating, deleting... */
  action: string;
}

/** All stacks of the project, this one included. Those that could not be read are named in `unreadable`. */
export interface ProjectStacks {
  stacks: readonly StackContents[];
  unreadable: readonly string[];
}

export interface Known {
  tenants: ReadonlySet<string>;
  /** Names of buckets and roles, because they may be cut or chosen, and then do not tell their tenant. */
  names: ReadonlySet<string>;
  /** Generations of keys that may be there, by bucket: of the tenants about whose keys this stack decides. */
  generations: ReadonlyMap<string, ReadonlySet<number>>;
  resourceIds: ReadonlySet<string>;
}

/** Whether a backend's name of a stack, perhaps with an organization and a project before it, is this one's. */
export function isSameStack(one: string, other: string): boolean {
  return one.split("/").at(-1) === other.split("/").at(-1);
}

/** @param listed the tenants of this stack's list. @param stack this stack's name. */
export function knownThings(
  environment: string,
  stack: string,
  listed: readonly ResolvedTenant[],
  stacks: readonly StackContents[],
): Known {
  const entries = new Map(listed.map((tenant) => [tenant.id, tenant]));
  const tenants = new Set(entries.keys());
  const names = new Set<string>();
  const generations = new Map<string, Set<number>>();
  const elsewhere = new Set<string>();
  const uncertain = new Set<string>();

  for (const { stack: name, deployed } of stacks) {
    for (const id of deployed.unreadable) {
      tenants.add(id);
      uncertain.add(id);
    }
    for (const [id, { tunnelName, bucket }] of deployed.tenants) {
      // A stack of another environment may have a tenant of the same id.
      if (tunnelName !== tenantNames(environment, id).tunnel) continue;
      tenants.add(id);
      if (bucket !== null) names.add(bucket);
      if (!isSameStack(name, stack)) elsewhere.add(id);
    }
  }
  for (const id of tenants) {
    names.add(tenantNames(environment, id).bucket);
    for (let replica = 1; replica <= REPLICA_LIMIT; replica += 1) {
      names.add(hostNames(environment, id, replica).role);
    }
  }
  const own = stacks.find(({ stack: name }) => isSameStack(name, stack))?.deployed.tenants;
  for (const { id, bucket } of listed) {
    const deployed = own?.get(id);
    const buckets = [tenantNames(environment, id).bucket, bucket?.name, deployed?.bucket];
    const valid = new Set([...(bucket?.keyGenerations ?? []), ...(deployed?.keyGenerations ?? [])]);
    for (const name of buckets) {
      if (name === undefined || name === null) continue;
      names.add(name);
      // What another stack may be doing with a key is not known here.
      if (!elsewhere.has(id) && !uncertain.has(id)) generations.set(name, valid);
    }
  }
  const resourceIds = new Set(stacks.flatMap((contents) => [...contents.resourceIds]));
  return { tenants, names, generations, resourceIds };
}
