/**
 * Hooks that the engine calls before it deletes a host or a key of a bucket.
 *
 * The engine keeps a hook's name with the resource, and refuses to delete the resource when the program has not
 * registered that name. The component may be gone from the program by then: so there is one hook for all hosts and one
 * for all keys, and what they have to know is looked up among the components that the program still has. Pulumi
 * documentation, "Resource hooks".
 */
import { setTimeout as sleep } from "node:timers/promises";
import { log, ResourceHook, type ResourceHookArgs, runtime } from "@pulumi/pulumi";
import type { ConnectorLooks } from "./connectorLooks.ts";
import { beforeHostDelete, type LiveHost } from "./hostReplacement.ts";
import { beforeKeyDelete, type LiveKeys } from "./keyRevocation.ts";

/** What the program has, as far as deletions must know it. */
export interface DeletionHooks {
  readonly host: ResourceHook;
  readonly key: ResourceHook;
  /** By the URN of the instance. */
  readonly hosts: Map<string, LiveHost>;
  /** By the URN of a token without the generation at its end. */
  readonly keys: Map<string, LiveKeys>;
  /** By the id of the tunnel. */
  readonly looks: Map<string, ConnectorLooks>;
}

/** One process may run several programs, each with an engine of its own. */
const ofEngine = new WeakMap<object, DeletionHooks>();
const NO_ENGINE = {};

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
  const options = { onDryRun: true };
  return {
    hosts,
    keys,
    looks: new Map(),
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
  };
}

/**
 * Registers the hooks, once for each program. The components do it themselves; a program that may have none left
 * of those that its stack once had calls it at its start.
 */
export function deletionHooks(): DeletionHooks {
  const engine = runtime.getMonitor() ?? NO_ENGINE;
  let hooks = ofEngine.get(engine);
  if (hooks === undefined) {
    hooks = register();
    ofEngine.set(engine, hooks);
  }
  return hooks;
}
