/** What has fallen due: disabled tenants whose retention is over, and old keys whose overlap is over. */
import type { TenantConfig } from "../config/schema.ts";
import { isDue } from "../lifecycle/states.ts";
import type { OperationContext } from "./context.ts";
import type { Call, InputOf, ResultOf } from "./contract.ts";
import { remove } from "./remove.ts";
import { dropChange } from "./rotateKeys.ts";
import { DueKind } from "./schemas.ts";

type Due = ResultOf<"expire">["due"][number];

/** @param now RFC 3339. */
export function dueAt(
  entries: readonly TenantConfig[],
  now: string,
): Pick<Due, "tenant" | "kind" | "since">[] {
  return entries.flatMap(({ id, disabled, bucket }): Pick<Due, "tenant" | "kind" | "since">[] => {
    if (disabled !== undefined) {
      // One that may go already is a removal that was interrupted.
      const over = disabled.purge || isDue(disabled, now);
      return over ? [{ tenant: id, kind: DueKind.Remove, since: disabled.keepUntil }] : [];
    }
    const { oldKeysUntil, keyGenerations } = bucket;
    if (oldKeysUntil === undefined || keyGenerations.length < 2 || Date.parse(oldKeysUntil) > Date.parse(now))
      return [];
    return [{ tenant: id, kind: DueKind.RevokeKeys, since: oldKeysUntil }];
  });
}

async function settle(
  context: OperationContext,
  due: Pick<Due, "tenant" | "kind">,
  input: InputOf<"expire">,
  call: Call,
) {
  const { tenant, kind } = due;
  if (kind === DueKind.Remove) {
    await remove(context, { tenant, emptyBucket: input.emptyBuckets }, call);
    return;
  }
  const { entries } = await context.configuration(call.signal);
  const current = entries.find(({ id }) => id === tenant)?.bucket.keyGenerations.at(-1) ?? 1;
  await context.bring(dropChange(tenant, current), call);
}

/** One failure does not keep the others: each one's outcome is in the result. */
export async function expire(
  context: OperationContext,
  input: InputOf<"expire">,
  call: Call,
): Promise<ResultOf<"expire">> {
  const { entries } = await context.configuration(call.signal);
  const due: Due[] = [];
  for (const one of dueAt(entries, context.now().toISOString())) {
    if (input.act !== true) {
      due.push({ ...one, outcome: "planned", error: null });
      continue;
    }
    call.signal?.throwIfAborted();
    try {
      await settle(context, one, input, call);
      due.push({ ...one, outcome: "done", error: null });
    } catch (error) {
      due.push({ ...one, outcome: "failed", error: error instanceof Error ? error.message : String(error) });
    }
  }
  return { due };
}
