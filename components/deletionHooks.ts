/**
 * Hooks that the engine calls before it deletes something of a tenant.
 *
 * The engine keeps a hook's name with the resource, and refuses to delete the resource when the program has not
 * registered that name. The component may be gone from the program by then: so there is one hook for what a tenant must not lose, one for
 * all hosts, one for all keys and one for networks, and what they have to know is looked up among the components that the program still
 * has. Pulumi documentation, "Resource hooks".
 */
import { setTimeout as sleep } from "node:timers/promises";
import { all, type CustomResource, log, ResourceHook, type ResourceHookArgs, runtime } from "@pulumi/pulumi";
import type { BlastRadius } from "../lifecycle/blastRadius.ts";
import { ResourceType } from "../naming/resourceTypes.ts";
import type { ConnectorLooks } from "./connectorLooks.ts";
import { guardDeletion } from "./deletionGuard.ts";
import { beforeHostDelete, type LiveHost } from "./hostReplacement.ts";
import { beforeKeyDelete, type LiveKeys } from "./keyRevocation.ts";
import { type NetworkUser, refuseNetworkLoss } from "./networkUse.ts";
import { oncePerEngine } from "./oncePerEngine.ts";

/** What the program has, as far as deletions must know it. */
export interface DeletionHooks {
  /** For everything that a tenant must not lose by mistake. */
  readonly guard: ResourceHook;
  readonly host: ResourceHook;
  readonly key: ResourceHook;
  /** For every part of a network in which hosts of other stacks may live. */
  readonly network: ResourceHook;
  /** By the URN of the instance. */
  readonly hosts: Map<string, LiveHost>;
  /** By the URN of a token without the generation at its end. */
  readonly keys: Map<string, LiveKeys>;
  /** By the id of the tunnel. */
  readonly looks: Map<string, ConnectorLooks>;
  /** Ids at the providers, by URN, of what the guard is for. */
  readonly ids: Map<string, string>;
  /** How much this run may delete. Undefined: as much as it likes. */
  radius: BlastRadius | undefined;
  /** Looks up tenants of other stacks with hosts in this one's network. */
  networkUsers: () => Promise<readonly NetworkUser[]>;
  /** Whether the program makes a network of its own. */
  hasNetwork: boolean;
}

const clock = {
  now: () => Date.now(),
  pause: async (milliseconds: number) => {
    await sleep(milliseconds);
  },
  tell: async (text: string) => {
    await log.info(text);
  },
};

function register(): DeletionHooks {
  const hosts = new Map<string, LiveHost>();
  const keys = new Map<string, LiveKeys>();
  const ids = new Map<string, string>();
  const options = { onDryRun: true };
  const keepNetwork = ({ urn, id, type, oldOutputs }: ResourceHookArgs) => {
    const subnetId = type === ResourceType.routeTableAssociation ? oldOutputs?.["subnetId"] : undefined;
    const use = { users: hooks.networkUsers, isKept: hooks.hasNetwork };
    return refuseNetworkLoss(use, { id, type, subnetId }, ids.get(urn), runtime.isDryRun());
  };
  const hooks: DeletionHooks = {
    hosts,
    keys,
    looks: new Map(),
    ids,
    radius: undefined,
    networkUsers: async () => [],
    hasNetwork: false,
    guard: new ResourceHook(
      "tenant-edge-blast-radius",
      async (deletion: ResourceHookArgs) => {
        // Only a destroy deletes what the program has, and before the network it deletes the tenants.
        if (ids.get(deletion.urn) === deletion.id) await keepNetwork(deletion);
        if (hooks.radius !== undefined) {
          guardDeletion(hooks.radius, deletion, ids.get(deletion.urn), runtime.isDryRun());
        }
      },
      options,
    ),
    host: new ResourceHook(
      "tenant-edge-host-replacement",
      ({ urn, id }: ResourceHookArgs) => beforeHostDelete(hosts.get(urn), id, runtime.isDryRun(), clock),
      options,
    ),
    key: new ResourceHook(
      "tenant-edge-key-revocation",
      ({ urn }: ResourceHookArgs) =>
        beforeKeyDelete(keys, [...hosts.values()], urn, runtime.isDryRun(), clock),
      options,
    ),
    network: new ResourceHook("tenant-edge-network", keepNetwork, options),
  };
  return hooks;
}

/**
 * Registers the hooks, once for each program. The components do it themselves; a program that may have none left
 * of those that its stack once had calls it at its start.
 */
export const deletionHooks = oncePerEngine(register);

/** Tells the guard what the program has: to be called for each resource that has its hook. */
export function makeKnown(resource: CustomResource): void {
  const { ids } = deletionHooks();
  all([resource.urn, resource.id]).apply(([urn, id]) => ids.set(urn, id));
}
