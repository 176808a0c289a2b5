/** A tenant goes for good. */
import type { Event } from "../lifecycle/states.ts";
import { emptyTenantBucket, refuseObjects } from "./buckets.ts";
import type { Change } from "./change.ts";
import { dropTunnelConnections } from "./connections.ts";
import type { BringOptions, Configuration, OperationContext } from "./context.ts";
import type { Call, InputOf, ResultOf } from "./contract.ts";
import { deleteBucketChange, writeDisabled } from "./disable.ts";
import { ErrorCode, OperationError } from "./errors.ts";
import { findTenant } from "./findTenant.ts";
import { after, entryOf, stateOf } from "./refusals.ts";

/** What makes it removable: it is disabled, unprotected, and may go. */
function purgeEvents(
  context: OperationContext,
  configuration: Configuration,
  id: string,
  purge: boolean,
): Event[] {
  const now = context.now().toISOString();
  const isActive = stateOf(entryOf({ configuration, id })).kind === "active";
  return [
    ...(isActive && purge ? [{ kind: "disable", now, keepUntil: now } as const] : []),
    { kind: "purge", now, waived: purge },
  ];
}

/** The first update; the others delete the bucket and drop the entry. */
function purgeChange(context: OperationContext, id: string, purge: boolean): BringOptions {
  return {
    message: `let ${id} go`,
    tenants: [id],
    mayDestroy: () => true,
    edit: (document, configuration) => {
      const entry = entryOf({ configuration, id });
      // Gone from the list already: the last update is what is left to do.
      if (entry === undefined) return;
      const next = after(id, stateOf(entry), ...purgeEvents(context, configuration, id, purge));
      if (next.kind !== "disabled") throw new Error("a tenant that may go is not disabled");
      const { kind: _, ...disabled } = next;
      writeDisabled(document, configuration, id, disabled);
    },
  };
}

function dropChange(id: string): BringOptions {
  return {
    message: `remove ${id}`,
    tenants: [id],
    mayDestroy: () => true,
    edit: (document, configuration) => {
      // Somebody may have enabled it again in the meantime.
      after(id, stateOf(entryOf({ configuration, id })), { kind: "remove" });
      document.remove(id);
    },
  };
}

/** A tenant that was never deployed well may fail in the first update, too, for the reason for which it is removed. */
async function letGo(context: OperationContext, id: string, purge: boolean, call: Call): Promise<void> {
  try {
    await context.bring(purgeChange(context, id, purge), call);
  } catch (error) {
    if (!(error instanceof OperationError) || error.code !== ErrorCode.UpdateFailed) throw error;
    const { tenants } = await context.engine.deployed({ fresh: true, signal: call.signal });
    if (tenants.get(id)?.disabled?.purge !== true) throw error;
  }
}

/**
 * While the entry still says which bucket it is: an object that came late stops this, and the next try goes on here. What
 * cannot be created fails here, too, and goes with the entry.
 */
async function deleteBucket(context: OperationContext, id: string, call: Call): Promise<void> {
  try {
    await context.bring(deleteBucketChange(id), call);
  } catch (error) {
    if (!(error instanceof OperationError) || error.code !== ErrorCode.UpdateFailed) throw error;
    await refuseObjects(context, id, call);
  }
}

export async function removeChange(context: OperationContext, input: InputOf<"remove">): Promise<Change> {
  const found = await findTenant(context, input);
  const hasBucket = found.listed?.bucket !== undefined;
  return {
    tenant: found.id,
    notes: [
      "then drops the tunnel's connections",
      ...(hasBucket
        ? [
            input.emptyBucket === true
              ? "then deletes every object of its bucket"
              : "then stops if its bucket has objects",
          ]
        : []),
      `then deletes everything of ${found.id}: tunnel, records, bucket, keys, parameters and hosts`,
    ],
    change: purgeChange(context, found.id, input.purge === true),
  };
}

/** Undefined when neither the list nor the stack has it, by the id that the caller gave. */
async function idOf(
  context: OperationContext,
  input: InputOf<"remove">,
  call: Call,
): Promise<string | undefined> {
  try {
    return (await findTenant(context, input, call.signal)).id;
  } catch (error) {
    const isGone = error instanceof OperationError && error.code === ErrorCode.TenantNotFound;
    if (isGone && input.tenant !== undefined) return undefined;
    throw error;
  }
}

/** One that is not in the list any more, and was never let go: its line was deleted by accident. */
async function refuseLost(context: OperationContext, id: string): Promise<void> {
  const deployed = (await context.engine.deployed({ fresh: true })).tenants.get(id);
  if (deployed === undefined || deployed.disabled?.purge === true) return;
  throw new OperationError(
    ErrorCode.NotAllowedNow,
    `${id} is deployed, and its entry is gone from ${context.list.location} though it was not to be removed`,
    { ways: [`put its entry back; then tenant-edge remove ${id} --purge removes it`] },
  );
}

/**
 * Needs a disabled tenant whose retention is over, or `purge`. Again, after it is gone, it changes nothing.
 *
 * @throws OperationError not-allowed-now; bucket-not-empty, before anything is changed; cloud-failed; those of the engine.
 * Running it again goes on.
 */
export async function remove(
  context: OperationContext,
  input: InputOf<"remove">,
  call: Call,
): Promise<ResultOf<"remove">> {
  const id = await idOf(context, input, call);
  if (id === undefined) {
    // What a removal that was interrupted has left is in no list and in no outputs; when there is none, this is quick.
    const tenant = input.tenant ?? "";
    await context.bring(dropChange(tenant), call);
    return { tenant, state: "absent", changed: false, objectsDeleted: 0 };
  }
  const mayEmpty = input.emptyBucket === true;
  const configuration = await context.configuration(call.signal);
  const entry = entryOf({ configuration, id });
  if (entry === undefined) {
    await refuseLost(context, id);
  } else {
    after(id, stateOf(entry), ...purgeEvents(context, configuration, id, input.purge === true));
    if (!mayEmpty) await refuseObjects(context, id, call);
    await letGo(context, id, input.purge === true, call);
  }
  await dropTunnelConnections(context, id, call);
  // Its keys are revoked by now: what is in it stays the same.
  if (!mayEmpty) await refuseObjects(context, id, call);
  const objectsDeleted = mayEmpty ? await emptyTenantBucket(context, id, call) : 0;
  if (entry?.bucket.enabled === true) await deleteBucket(context, id, call);
  await context.bring(dropChange(id), call);
  return { tenant: id, state: "absent", changed: true, objectsDeleted };
}
