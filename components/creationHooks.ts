/**
 * Hooks that the engine calls when something could not be created, changed or deleted, and around the creation of a key.
 *
 * Engine and provider alone cannot complete a creation whose answer was lost: the thing is there, no state knows it, and
 * its name is taken; or a token is there twice. The hooks are the same for all resources, and registered at the program's
 * start: the engine asks for them by name also when a component is gone from the program. On the good path they make no
 * call. Pulumi documentation, "Resource hooks".
 */
import { setTimeout as sleep } from "node:timers/promises";
import { ErrorHook, log, ResourceHook } from "@pulumi/pulumi";
import { afterKeyCreation, type FailureClock, onFailure } from "./creationFailure.ts";
import { KnownRecords } from "./knownRecords.ts";
import { oncePerEngine } from "./oncePerEngine.ts";

export interface CreationHooks {
  /** For all resources. */
  readonly failed: ErrorHook;
  /** Before the creation of what may be there twice. */
  readonly begun: ResourceHook;
  /** After the creation of a bucket's key. */
  readonly minted: ResourceHook;
  readonly records: KnownRecords;
}

const voice = {
  note: async (text: string) => {
    await log.warn(text);
  },
  complain: async (text: string) => {
    await log.error(text);
  },
};

function register(): CreationHooks {
  /** When operations began, by the URN of the resource. */
  const beginnings = new Map<string, number>();
  const clock: FailureClock = {
    elapsed(urn) {
      const begun = beginnings.get(urn) ?? performance.now();
      beginnings.set(urn, begun);
      return performance.now() - begun;
    },
    pause: async (milliseconds) => {
      await sleep(milliseconds);
    },
    ...voice,
  };
  const records = new KnownRecords(clock.pause);
  return {
    records,
    failed: new ErrorHook("tenant-edge-failure", (args) => onFailure(args, records, clock)),
    begun: new ResourceHook("tenant-edge-creation", ({ urn }) => {
      beginnings.set(urn, performance.now());
    }),
    minted: new ResourceHook("tenant-edge-key-creation", (args) => afterKeyCreation(args, clock)),
  };
}

/** Registers the hooks, once for each program. */
export const creationHooks = oncePerEngine(register);
