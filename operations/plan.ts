/** What an operation would do, by a preview of the engine. */
import { isDeepStrictEqual } from "node:util";
import type { Change } from "./change.ts";
import { SweepAction } from "./choices.ts";
import type { OperationContext } from "./context.ts";
import type { Call, ChangingOperation, InputOf, Plan, ResultOf } from "./contract.ts";
import { disableChange } from "./disable.ts";
import { enableChange } from "./enable.ts";
import type { Changes } from "./engine/changes.ts";
import { enrollChange } from "./enroll.ts";
import { expire } from "./expire.ts";
import { removeChange } from "./remove.ts";
import { mend } from "./repair.ts";
import { rotateKeysChange } from "./rotateKeys.ts";
import { rotateTunnelChange } from "./rotateTunnel.ts";
import { sweepHealth } from "./sweepHealth.ts";
import { sweepOrphans } from "./sweepOrphans.ts";

const CHANGES = {
  enroll: enrollChange,
  rotateKeys: rotateKeysChange,
  rotateTunnel: rotateTunnelChange,
  disable: disableChange,
  enable: enableChange,
  remove: removeChange,
} satisfies { [N in ChangingOperation]?: (context: OperationContext, input: InputOf<N>) => Promise<Change> };

type OnOneTenant = keyof typeof CHANGES;

type Entry = Readonly<Record<string, unknown>> | undefined;

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const show = (value: unknown) => (value === undefined ? "nothing" : JSON.stringify(value));

/** The paths at which two entries differ. */
export function entryDifferences(before: unknown, after: unknown, path = ""): Plan["list"] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isMap(before) || !isMap(after)) return [{ path, before: show(before), after: show(after) }];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) =>
    entryDifferences(before[key], after[key], path === "" ? key : `${path}.${key}`),
  );
}

/** What they would do, from what they have found when they only looked. */
export const FOUND = {
  expire: ({ due }: ResultOf<"expire">) =>
    due.map(({ tenant, kind, since }) => `${kind} ${tenant}, due since ${since}`),
  sweepHealth: ({ unhealthy }: ResultOf<"sweepHealth">) =>
    unhealthy.map(({ tenant, action, detail }) =>
      action === SweepAction.Planned ? `${tenant}: ${detail}` : `${tenant}: ${action}, ${detail}`,
    ),
  sweepOrphans: ({ orphans }: ResultOf<"sweepOrphans">) =>
    orphans.map(({ kind, name: label, tenant }) => `delete ${kind} ${label} of ${tenant}`),
} as const;

/** For what concerns the whole stack: the same operation, told only to look. */
async function planSweep(
  context: OperationContext,
  name: ChangingOperation,
  input: object,
  call: Call,
): Promise<string[]> {
  if (name === "expire") return FOUND.expire(await expire(context, { ...input, act: false }, call));
  if (name === "sweepHealth") {
    return FOUND.sweepHealth(await sweepHealth(context, { ...input, act: false }, call));
  }
  if (name === "repair") {
    const { interrupted, leftovers } = await mend(context, true, call);
    return [
      ...interrupted.map(({ action, name: label }) => `forget that an update was ${action} ${label}`),
      ...leftovers.map(({ kind, name: label, outcome, detail }) =>
        outcome === "found"
          ? `delete ${kind} ${label}, which no state has`
          : `${kind} ${label}: ${outcome}, ${detail}`,
      ),
    ];
  }
  return FOUND.sweepOrphans(await sweepOrphans(context, { ...input, delete: false }, call));
}

/** Changes nothing. @throws what the operation itself would throw before it changes something. */
export async function plan<N extends ChangingOperation>(
  context: OperationContext,
  changes: Changes,
  operation: N,
  input: InputOf<N>,
  call: Call,
): Promise<Plan> {
  if (!(operation in CHANGES)) {
    return {
      operation,
      tenant: "",
      list: [],
      steps: [],
      notes: await planSweep(context, operation, input, call),
    };
  }
  const make = CHANGES[operation as OnOneTenant] as (
    context: OperationContext,
    input: InputOf<N>,
  ) => Promise<Change>;
  const { tenant, change, notes } = await make(context, input);
  const { steps, before, entries } = await changes.plan(change, call);
  const entryOf = (list: readonly Entry[]) => list.find((entry) => entry?.["id"] === tenant);
  return {
    operation,
    tenant,
    list: entryDifferences(entryOf(before), entryOf(entries)),
    steps: steps.map(({ tenant: owner, type, name, action }) => ({ tenant: owner, type, name, action })),
    notes: [...notes],
  };
}
