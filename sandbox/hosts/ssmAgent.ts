/** The SSM agent of a host: Run Command's end on the machine. */
import type { ShellResult } from "../aws/ssm/agents.ts";
import { egressOf, HTTPS, UnreachableError } from "./egress.ts";
import { HostClock } from "./hostClock.ts";
import { UnitState } from "./hostReport.ts";
import { SSM_AGENT } from "./imageFiles.ts";
import type { Machine } from "./machine.ts";
import { rootInvocation } from "./programs/rootInvocation.ts";
import { shellResult } from "./shell/interpreter.ts";

/** Whether the agent runs, and its instance reaches the service. */
export async function isAgentOnline(machine: Machine): Promise<boolean> {
  const { stdout } = await machine.systemctl(["is-active", SSM_AGENT], new AbortController().signal);
  if (stdout.trim() !== UnitState.active || machine.network.isCut) return false;
  try {
    await egressOf(machine.aws, machine.instanceId, HTTPS);
    return true;
  } catch (error) {
    if (error instanceof UnreachableError) return false;
    throw error;
  }
}

export interface AgentCommand {
  script: string;
  /** Seconds of the host. */
  timeoutSeconds: number;
  millisecondsPerSecond: number;
  /** Aborted when the machine is switched off. */
  power: AbortSignal;
}

/** Undefined when the script was not over in time, or the machine was switched off. */
export async function runAgentCommand(
  machine: Machine,
  { script, timeoutSeconds, millisecondsPerSecond, power }: AgentCommand,
): Promise<ShellResult | undefined> {
  const over = new AbortController();
  const signal = AbortSignal.any([power, over.signal]);
  const clock = new HostClock(millisecondsPerSecond);
  // What a command prints goes to the service, and not into the journal.
  const invocation = rootInvocation(SSM_AGENT, { machine, clock, signal, log: () => {} });
  const stopped = new HostClock(millisecondsPerSecond).wait(timeoutSeconds, signal).catch(() => {});
  const ended = shellResult(invocation, script).catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  try {
    const result = await Promise.race([ended, stopped.then(() => undefined)]);
    return signal.aborted ? undefined : result;
  } finally {
    over.abort();
  }
}
