/** Drops the connections of a tenant that is out of service: what its connector has opened before survives a new secret. */

import { because } from "../../clients/failureText.ts";
import type { Probe, ProbedTenant } from "../../probes/probe.ts";
import { SweepAction } from "../choices.ts";
import { dropTunnelConnections } from "../connections.ts";
import type { OperationContext } from "../context.ts";
import type { Call } from "../contract.ts";

/** Only once the disabled tenant was deployed as such: before that, its secret is the old one and it connects anew. */
export async function dropConnections(
  context: OperationContext,
  { target: { id, deployed }, probe }: { target: ProbedTenant; probe: Probe },
  act: boolean,
  call: Call,
): Promise<{ action: SweepAction; detail: string }> {
  const words = `connections of ${probe.connectors.length} connectors`;
  if (deployed.disabled === null) {
    return { action: SweepAction.None, detail: "it is not deployed as disabled yet" };
  }
  if (!act) return { action: SweepAction.Planned, detail: `would drop the ${words}` };
  try {
    await dropTunnelConnections(context, id, call);
    return { action: SweepAction.DropConnections, detail: `dropped the ${words}` };
  } catch (error) {
    return { action: SweepAction.Failed, detail: because(error, [context.cloudflare.apiToken]) };
  }
}
