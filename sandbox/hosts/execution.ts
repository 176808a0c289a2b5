/** Runs the commands of a service's unit: what they are told, what they may, and how long they may take. */
import { ROOT } from "./account.ts";
import type { HostClock } from "./hostClock.ts";
import type { Machine } from "./machine.ts";
import { accountOf } from "./processContext.ts";
import { findProgram } from "./programs/findProgram.ts";
import { ExitError, Failure, type Invocation } from "./programs/program.ts";
import type { RunRecord } from "./runRecord.ts";
import type { ExecCommand, ServiceUnit } from "./serviceUnit.ts";
import { networkProblem } from "./unitNetwork.ts";
import { mayWrite } from "./unitPaths.ts";
import { expandVariables } from "./unitValues.ts";

/** One start of a service, or one command beside it. */
export interface Execution {
  unit: ServiceUnit;
  machine: Machine;
  environment: Record<string, string>;
  clock: HostClock;
  signal: AbortSignal;
  /** The processes were there before the sandbox was last stopped. */
  resumed: boolean;
  record: RunRecord;
  /** On the clock; no longer counts once the service is ready. */
  deadline: number;
  isReady: boolean;
  log(line: string): void;
  /** Called when the service is up. */
  ready(): void;
  trouble(reason: string): void;
}

function becomeReady(execution: Execution): void {
  execution.isReady = true;
  execution.ready();
}

async function sleep(
  seconds: number,
  { clock, signal, deadline, isReady, record }: Execution,
): Promise<void> {
  if (!isReady && clock.elapsedSeconds + seconds > deadline) {
    await clock.wait(Math.max(0, deadline - clock.elapsedSeconds), signal);
    const why = `start operation timed out. Terminating. ${record.trouble ?? ""}`.trim();
    throw new ExitError(why, Failure.timeout);
  }
  await clock.wait(seconds, signal);
}

function invocationOf(
  command: ExecCommand,
  words: readonly string[],
  execution: Execution,
  notifies: boolean,
): Invocation {
  const { unit, machine, record } = execution;
  return {
    machine,
    unit: unit.name,
    arguments: words,
    environment: execution.environment,
    account: command.privileged ? ROOT : accountOf(unit, machine),
    umask: unit.umask,
    resumed: execution.resumed,
    networkProblem: (cidrBlock) => networkProblem(unit.network, cidrBlock, command.sandboxed),
    mayWrite: (path) => !command.sandboxed || mayWrite(unit.writablePaths, path),
    signal: execution.signal,
    log: (line) => {
      record.hasOutput = true;
      execution.log(line);
    },
    ready: () => {
      if (notifies) becomeReady(execution);
    },
    trouble: (reason) => {
      record.trouble = reason;
      execution.trouble(reason);
    },
    sleep: (seconds) => sleep(seconds, execution),
    readClock: () => {
      record.hasReadClock = true;
    },
    saw: (parameter, version) => record.parameters.set(parameter, version),
  };
}

/** @param isMain it is the service's own process, whose readiness is the service's. Throws ExitError. */
export async function execute(command: ExecCommand, execution: Execution, isMain: boolean): Promise<void> {
  const { type } = execution.unit;
  const words = command.expandsVariables
    ? command.arguments.flatMap((word) => expandVariables(word, execution.environment))
    : command.arguments;
  try {
    const program = findProgram(execution.machine, command.program);
    if (isMain && (type === "simple" || type === "exec")) becomeReady(execution);
    const isNotified = isMain && type === "notify";
    await program(invocationOf(command, words, execution, isNotified));
    if (isNotified && !execution.isReady) throw new ExitError("the main process ended before it was ready");
  } catch (error) {
    if (!command.ignoreFailure || !(error instanceof ExitError)) throw error;
    execution.log(`${error.message} (ignored)`);
  }
}
