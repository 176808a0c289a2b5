/** Restarts the connectors of hosts through AWS Systems Manager Run Command, one host after another. */
import type { SSMClient } from "@aws-sdk/client-ssm";
import { because, plain } from "../../clients/failureText.ts";

/** The agent has to take the command within this; AWS takes no less than 30. */
const DELIVERY_SECONDS = 60;
/** How long the result is waited for: a connector that does not connect fails after two minutes. */
const RESULT_SECONDS = 300;
/** Between two looks at the result. */
const FIRST_PAUSE_SECONDS = 1;
const LONGEST_PAUSE_SECONDS = 5;

/**
 * The gentlest thing first. A connector with all four connections is left alone: the other host is the one with the
 * trouble. Timers that were stopped are started; a sync fetches a token that has changed, and starts a connector where
 * there is none. Only when that did not help the connector is restarted, which waits for its first connection. Run
 * Command uses sh.
 */
export const RESTART_CONNECTOR = `
ready() {
  port=$(cat /run/tenant-edge/state/port 2>/dev/null) || return 1
  curl --silent --max-time 5 "http://127.0.0.1:$port/ready" | grep -q '"readyConnections":4'
}
if ready; then echo "all connections are up: left alone"; exit 0; fi
systemctl start tenant-edge-sync.timer tenant-edge-watch.timer
systemctl start tenant-edge-sync.service
if ready; then echo "connected after a sync"; exit 0; fi
port=$(cat /run/tenant-edge/state/port) || exit 1
systemctl restart "cloudflared@$port.service" || exit 1
echo "restarted cloudflared@$port"
`.trimStart();

export interface RestartOutcome {
  succeeded: boolean;
  /** What each host said. */
  detail: string;
}

/** Stops at the first host where it fails. Never rejects. */
export async function restartConnectors(
  client: SSMClient,
  instanceIds: readonly string[],
  signal: AbortSignal | undefined,
): Promise<RestartOutcome> {
  const details: string[] = [];
  for (const instanceId of instanceIds) {
    try {
      details.push(`${instanceId}: ${await restartOne(client, instanceId, signal)}`);
    } catch (error) {
      return { succeeded: false, detail: [...details, `${instanceId}: ${because(error)}`].join("; ") };
    }
  }
  return { succeeded: true, detail: details.join("; ") };
}

async function restartOne(
  client: SSMClient,
  instanceId: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { SendCommandCommand, GetCommandInvocationCommand, waitUntilCommandExecuted } = await import(
    "@aws-sdk/client-ssm"
  );
  const options = signal === undefined ? {} : { abortSignal: signal };
  await requireAgent(client, instanceId, options);
  const { Command } = await client.send(
    new SendCommandCommand({
      DocumentName: "AWS-RunShellScript",
      InstanceIds: [instanceId],
      Parameters: { commands: [RESTART_CONNECTOR] },
      TimeoutSeconds: DELIVERY_SECONDS,
      Comment: "tenant-edge: health sweep",
    }),
    options,
  );
  const invocation = { CommandId: Command?.CommandId ?? "", InstanceId: instanceId };
  const waiter = {
    client,
    minDelay: FIRST_PAUSE_SECONDS,
    maxDelay: LONGEST_PAUSE_SECONDS,
    maxWaitTime: RESULT_SECONDS,
    ...options,
  };
  try {
    await waitUntilCommandExecuted(waiter, invocation);
  } catch (error) {
    if (signal?.aborted === true) throw error;
    // The waiter's own error is the whole answer as JSON.
    const answer = await client.send(new GetCommandInvocationCommand(invocation), options);
    const told = answer.StandardErrorContent || answer.StandardOutputContent || "";
    throw new Error(`${answer.StatusDetails ?? answer.Status}${told ? `: ${plain(told.trim())}` : ""}`);
  }
  const { StandardOutputContent = "" } = await client.send(
    new GetCommandInvocationCommand(invocation),
    options,
  );
  return plain(StandardOutputContent.trim().split("\n").at(-1) ?? "");
}

/** A command for an agent that is out of reach would only wait. */
async function requireAgent(
  client: SSMClient,
  instanceId: string,
  options: { abortSignal?: AbortSignal },
): Promise<void> {
  const { DescribeInstanceInformationCommand } = await import("@aws-sdk/client-ssm");
  const filter = { Key: "InstanceIds", Values: [instanceId] };
  const { InstanceInformationList: [agent] = [] } = await client.send(
    new DescribeInstanceInformationCommand({ Filters: [filter] }),
    options,
  );
  if (agent === undefined) throw new Error("its agent has not registered with AWS Systems Manager");
  if (agent.PingStatus !== "Online") throw new Error(`its agent is out of reach (${agent.PingStatus})`);
}
