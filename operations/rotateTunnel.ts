/** A tunnel gets a new secret: the old token opens no new connections, those that are open stay. */

import { TUNNEL_TOKEN_PARAMETER } from "../host/parameters.ts";
import type { DeployedTenant } from "../lifecycle/deployed.ts";
import { deployedAnswer } from "./answers.ts";
import type { Change } from "./change.ts";
import { dropTunnelConnections } from "./connections.ts";
import type { OperationContext } from "./context.ts";
import type { Call, InputOf, ResultOf } from "./contract.ts";
import { editEntry, withTunnelSecret } from "./entries.ts";
import { ErrorCode, OperationError } from "./errors.ts";
import { type FoundTenant, findTenant } from "./findTenant.ts";
import { awaitReports, readParameters } from "./hosts/awaitReports.ts";
import { entryOf, refuseDisabled } from "./refusals.ts";

type Input = InputOf<"rotateTunnel">;

/** The engine makes a new one and forgets the old one; the tunnel stays. */
const SECRET = "random:index/randomPassword:RandomPassword";

/** Fixed when the operation is asked for: two callers at once mean the same one. */
function targetOf(found: FoundTenant, deployed: DeployedTenant | undefined, { to }: Input): number {
  refuseDisabled(found);
  const current = entryOf(found)?.tunnelSecretGeneration ?? 1;
  if (to !== undefined && to !== current && to !== current + 1) {
    throw new OperationError(
      ErrorCode.NotAllowedNow,
      `${found.id} has generation ${current} of its tunnel secret: ${to} is neither that nor the next`,
      { ways: [`rotate to ${current} (which changes nothing, or ends a rotation) or to ${current + 1}`] },
    );
  }
  // One that the stack does not have yet is a rotation that was interrupted.
  return to ?? (deployed !== undefined && current > deployed.tunnelSecretGeneration ? current : current + 1);
}

function changeTo(found: FoundTenant, target: number, { dropConnections }: Input): Change {
  const { id } = found;
  return {
    tenant: id,
    notes: [
      ...(found.listed?.host === undefined
        ? []
        : ["then waits until every host connects with the new token"]),
      ...(dropConnections === true ? ["then drops all connections of the tunnel"] : []),
    ],
    change: {
      message: `new tunnel secret of ${id}`,
      tenants: [id],
      mayDestroy: (type) => type === SECRET,
      edit: (document, configuration) => {
        refuseDisabled({ configuration, id });
        const { entries } = configuration;
        const present = entries.find((entry) => entry.id === id)?.tunnelSecretGeneration ?? 1;
        if (present < target) editEntry(document, id, (entry) => withTunnelSecret(entry, target));
      },
    },
  };
}

export async function rotateTunnelChange(context: OperationContext, input: Input): Promise<Change> {
  const found = await findTenant(context, input);
  const { tenants } = await context.engine.deployed();
  return changeTo(found, targetOf(found, tenants.get(found.id), input), input);
}

/**
 * Again with the same `to`, it changes nothing, or ends what was interrupted.
 *
 * @throws OperationError tenant-not-found, tenant-disabled; not-allowed-now for a generation that is neither the current
 * one nor the next; hosts-not-ready; cloud-failed; those of the engine.
 */
export async function rotateTunnel(
  context: OperationContext,
  input: Input,
  call: Call,
): Promise<ResultOf<"rotateTunnel">> {
  const found = await findTenant(context, input, call.signal);
  const { id } = found;
  const { tenants } = await context.engine.deployed({ fresh: true, signal: call.signal });
  const target = targetOf(found, tenants.get(id), input);
  await context.bring(changeTo(found, target, input).change, call);
  if (found.listed?.host !== undefined) {
    const name = `${found.listed.names.parameterPath}/${TUNNEL_TOKEN_PARAMETER}`;
    const version = (await readParameters(context, [name], call.signal)).get(name)?.version;
    if (version === undefined) {
      throw new OperationError(ErrorCode.CloudFailed, `the parameter ${name} is not there`, {
        ways: ["`pulumi up --refresh` makes it again"],
      });
    }
    const minutes = found.configuration.settings.lifecycle.hostWaitMinutes;
    await awaitReports(
      context,
      id,
      { what: "the new token", minutes, again: `tenant-edge rotate-tunnel ${id} --to ${target}` },
      ({ tunnelToken }) => tunnelToken >= version,
      call,
    );
  }
  if (input.dropConnections === true) await dropTunnelConnections(context, id, call);
  const { deployed, secrets } = await deployedAnswer(context, id);
  return {
    tenant: id,
    tunnelId: deployed.tunnelId,
    tunnelSecretGeneration: deployed.tunnelSecretGeneration,
    token: secrets.connectorToken ?? "",
  };
}
