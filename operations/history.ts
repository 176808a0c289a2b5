import type { z } from "zod";
import type { OperationContext, PastUpdate } from "./context.ts";
import type { Call, ResultOf } from "./contract.ts";
import type { historyInput } from "./schemas.ts";

export const DEFAULT_LIMIT = 20;
/** Updates to look through for those of one tenant. */
const MOST_UPDATES = 1000;

/**
 * The stack's updates and the audit's records, the newest first. With a tenant, the updates whose message names it as a
 * word: those that operations on it made; an `up` by hand changes tenants without naming them. Both may lack what is
 * older than the backend and the audit's place keep.
 */
export async function history(
  context: OperationContext,
  { tenant, limit = DEFAULT_LIMIT }: z.output<typeof historyInput>,
  { signal }: Call,
): Promise<ResultOf<"history">> {
  const updates = await context.engine.history(tenant === undefined ? limit : MOST_UPDATES, signal);
  const records = await context.audited({ tenant, limit });
  return {
    updates: updates.filter((update) => tenant === undefined || names(update, tenant)).slice(0, limit),
    audit: records.map(({ time, actor, operation, tenants, phase, outcome, errorCode, requestId }) => ({
      time,
      actor,
      operation,
      tenants,
      outcome: outcome ?? phase,
      errorCode: errorCode ?? null,
      requestId: requestId ?? null,
    })),
  };
}

/** Ids have hyphens: `acme` is no word of "disable acme-eu". */
function names({ message }: PastUpdate, tenant: string): boolean {
  return message.split(/[^a-z0-9-]+/i).includes(tenant);
}
