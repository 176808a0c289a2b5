/** A disabled tenant comes back: the same tunnel, hostname and bucket, a new key and a new token. */
import { nextGeneration } from "../lifecycle/keyGenerations.ts";
import { enrolled } from "./answers.ts";
import type { Change } from "./change.ts";
import type { OperationContext } from "./context.ts";
import type { Call, InputOf, ResultOf } from "./contract.ts";
import { editEntry, withKeys, withoutDisabled } from "./entries.ts";
import { findTenant } from "./findTenant.ts";
import { after, stateOf } from "./refusals.ts";

export async function enableChange(context: OperationContext, input: InputOf<"enable">): Promise<Change> {
  const { id } = await findTenant(context, input);
  return {
    tenant: id,
    notes: [],
    change: {
      message: `enable ${id}`,
      tenants: [id],
      edit: (document, { entries }) => {
        const before = entries.find((entry) => entry.id === id);
        after(id, stateOf(before), { kind: "enable" });
        if (before?.disabled === undefined) return;
        const { bucket } = before;
        // The keys were revoked, also of a bucket that is made anew.
        editEntry(document, id, (entry) =>
          bucket.enabled
            ? withKeys(withoutDisabled(entry), [nextGeneration(bucket.keyGenerations)])
            : withoutDisabled(entry),
        );
      },
    },
  };
}

/**
 * A bucket that was deleted meanwhile is made anew, empty. Again, it gives the same answer.
 * @throws OperationError tenant-not-found, those of the engine.
 */
export async function enable(
  context: OperationContext,
  input: InputOf<"enable">,
  call: Call,
): Promise<ResultOf<"enable">> {
  const { tenant, change } = await enableChange(context, input);
  await context.bring(change, call);
  return await enrolled(context, tenant, false);
}
