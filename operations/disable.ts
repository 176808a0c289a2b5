/** A tenant is taken out of service; its bucket is kept for a time, or deleted now. */
import { BucketFate, type Disabled, type State } from "../lifecycle/states.ts";
import type { ListDocument } from "../tenantList/tenantList.ts";
import { emptyTenantBucket } from "./buckets.ts";
import type { Change } from "./change.ts";
import { dropTunnelConnections } from "./connections.ts";
import type { BringOptions, Configuration, OperationContext } from "./context.ts";
import type { Call, InputOf, ResultOf } from "./contract.ts";
import { BUCKET_TYPES, KEPT_WHILE_DISABLED } from "./engine/steps.ts";
import { editEntry, withDisabled, withTunnelSecret } from "./entries.ts";
import { findTenant } from "./findTenant.ts";
import { after, stateOf } from "./refusals.ts";

const DAY = 86_400_000;

/** Writes the state into the entry; one that was active gets a new tunnel secret, so that no old token connects. */
export function writeDisabled(
  document: ListDocument,
  configuration: Configuration,
  id: string,
  next: Disabled,
): void {
  const before = configuration.entries.find((entry) => entry.id === id);
  editEntry(document, id, (entry) => {
    const disabled = withDisabled(entry, next);
    return before?.disabled === undefined
      ? withTunnelSecret(disabled, (before?.tunnelSecretGeneration ?? 1) + 1)
      : disabled;
  });
}

function entryState({ entries }: Configuration, id: string): State {
  return stateOf(entries.find((entry) => entry.id === id));
}

function asDisabled(state: State): Disabled {
  if (state.kind !== "disabled") throw new Error("a disabled tenant is not disabled");
  const { kind: _, ...disabled } = state;
  return disabled;
}

/** The state after disabling; a bucket that is to be deleted loses its protection in the same update. */
function next(
  context: OperationContext,
  configuration: Configuration,
  id: string,
  input: InputOf<"disable">,
): Disabled {
  const now = context.now().toISOString();
  const { retentionDays = configuration.settings.lifecycle.retentionDays, deleteBucket = false } = input;
  const state = entryState(configuration, id);
  const since = Date.parse(state.kind === "disabled" ? state.since : now);
  const event = {
    kind: "disable",
    now,
    keepUntil: new Date(since + retentionDays * DAY).toISOString(),
    renew: input.retentionDays !== undefined,
  } as const;
  return asDisabled(after(id, state, event, ...(deleteBucket ? [{ kind: "release-bucket" } as const] : [])));
}

export async function disableChange(context: OperationContext, input: InputOf<"disable">): Promise<Change> {
  const { id } = await findTenant(context, input);
  return {
    tenant: id,
    notes: [
      "then drops the tunnel's connections",
      ...(input.deleteBucket === true ? ["then deletes every object of its bucket, and the bucket"] : []),
    ],
    change: {
      message: `disable ${id}`,
      tenants: [id],
      mayDestroy: (type) => !KEPT_WHILE_DISABLED.has(type),
      edit: (document, configuration) =>
        writeDisabled(document, configuration, id, next(context, configuration, id, input)),
    },
  };
}

/** For a bucket that was emptied: deletes it while the entry still says which one it is. */
export function deleteBucketChange(id: string): BringOptions {
  return {
    message: `delete the bucket of ${id}`,
    tenants: [id],
    mayDestroy: (type) => BUCKET_TYPES.has(type),
    edit: (document, configuration) => {
      const state = after(id, entryState(configuration, id), { kind: "delete-bucket" });
      writeDisabled(document, configuration, id, asDisabled(state));
    },
  };
}

async function deleteBucket(context: OperationContext, id: string, call: Call): Promise<number> {
  const objects = await emptyTenantBucket(context, id, call);
  await context.bring(deleteBucketChange(id), call);
  return objects;
}

/**
 * Again, it changes nothing; but another `retentionDays` counts from the first time on, and `deleteBucket` deletes a
 * bucket that was kept.
 *
 * @throws OperationError tenant-not-found; cloud-failed when connections could not be dropped or objects not be deleted;
 * those of the engine. Running it again goes on.
 */
export async function disable(
  context: OperationContext,
  input: InputOf<"disable">,
  call: Call,
): Promise<ResultOf<"disable">> {
  const { tenant: id, change } = await disableChange(context, input);
  const before = entryState(await context.configuration(), id);
  // A deletion that has begun is part of the next update already, which fails as long as there is an object.
  const isBegun = before.kind === "disabled" && before.bucket === BucketFate.Deleted;
  const late = input.deleteBucket === true && isBegun ? await emptyTenantBucket(context, id, call) : 0;
  await context.bring(change, call);
  await dropTunnelConnections(context, id, call);
  const objectsDeleted = late + (input.deleteBucket === true ? await deleteBucket(context, id, call) : 0);

  const configuration = await context.configuration(call.signal);
  const { since, keepUntil, purge, bucket } = asDisabled(entryState(configuration, id));
  return {
    tenant: id,
    state: "disabled",
    disabled: { since, keepUntil, purge, bucketDeleted: bucket === BucketFate.Deleted },
    bucket: configuration.tenants.find((tenant) => tenant.id === id)?.bucket?.name ?? null,
    objectsDeleted,
  };
}
