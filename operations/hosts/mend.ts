/** Does what a health sweep has decided about a tenant's hosts. */

import { because } from "../../clients/failureText.ts";
import { ResourceType } from "../../naming/resourceTypes.ts";
import type { ProbedTenant } from "../../probes/probe.ts";
import { type Decision, Remedy } from "../../probes/sweepDecision.ts";
import { SweepAction } from "../choices.ts";
import type { OperationContext } from "../context.ts";
import { type Call, ProgressKind } from "../contract.ts";
import { ErrorCode, OperationError } from "../errors.ts";
import { restartConnectors } from "./restartConnector.ts";

type Done = Pick<Decision, "action" | "detail">;

/** A connector that could not be restarted is replaced with its host at once. @throws OperationError aborted */
export async function mend(
  context: OperationContext,
  { id, deployed }: ProbedTenant,
  { action, remedy, detail }: Decision,
  call: Call,
): Promise<Done> {
  if (remedy === undefined) return { action, detail };
  if (remedy === Remedy.ReplaceHost) return replaceHost(context, id, "", call);
  context.report(call, { kind: ProgressKind.Hosts, message: `restarts the connector of ${id}`, tenant: id });
  const restarted = await restartConnectors(await context.aws.ssm(), deployed.instanceIds, call.signal);
  if (restarted.succeeded) return { action, detail: restarted.detail };
  if (call.signal?.aborted === true) throw new OperationError(ErrorCode.Aborted, "the sweep was aborted");
  return replaceHost(context, id, `the connector could not be restarted: ${restarted.detail}`, call);
}

async function replaceHost(
  context: OperationContext,
  tenant: string,
  before: string,
  call: Call,
): Promise<Done> {
  context.report(call, { kind: ProgressKind.Hosts, message: `replaces the host of ${tenant}`, tenant });
  const message = `sweep-health: replace the host of ${tenant}`;
  try {
    await context.bring(
      {
        message,
        tenants: [tenant],
        replaceHostsOf: [tenant],
        mayDestroy: (type) => type === ResourceType.instance,
      },
      call,
    );
  } catch (error) {
    if (error instanceof OperationError && error.code === ErrorCode.Aborted) throw error;
    const why = `the host could not be replaced: ${because(error)}`;
    return { action: SweepAction.Failed, detail: [before, why].filter(Boolean).join("; ") };
  }
  return { action: SweepAction.ReplaceHost, detail: before };
}
