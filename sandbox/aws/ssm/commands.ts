/**
 * Run Command: shell scripts that the agents of managed instances carry out.
 *
 * Commands are forgotten when the sandbox is stopped. One for an instance whose agent is out of reach at that moment is
 * not delivered later, but times out.
 */
import { randomUUID } from "node:crypto";
import type {
  Command,
  GetCommandInvocationCommand,
  ListCommandInvocationsCommand,
  SendCommandCommand,
  SendCommandCommandInput,
} from "@aws-sdk/client-ssm";
import { noteDocument } from "../../canaries/documents.ts";
import { AwsError, type Handlers, type OperationOf } from "../operation.ts";
import { pageOf } from "../page.ts";
import { refuseUnmodelled } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import {
  type CommandRecord,
  DOCUMENT_NAME,
  describeInvocation,
  InvocationStatus,
  listedInvocation,
} from "./commandRecord.ts";
import type { ManagedInstances } from "./managedInstances.ts";

export type CommandOperations = {
  "ssm:SendCommand": OperationOf<SendCommandCommand>;
  "ssm:GetCommandInvocation": OperationOf<GetCommandInvocationCommand>;
  "ssm:ListCommandInvocations": OperationOf<ListCommandInvocationsCommand>;
};

const MOST_INSTANCES = 50;
const MOST_RESULTS = 50;
/** Commands that are kept. */
const CAPACITY = 1000;
const MODELLED = ["DocumentName", "InstanceIds", "Parameters", "TimeoutSeconds", "Comment"];
const PARAMETERS = ["commands", "executionTimeout", "workingDirectory"];
/** Seconds. */
const DELIVERY_TIMEOUT = { default: 3600, least: 30, most: 2_592_000 };
const EXECUTION_TIMEOUT = { default: 3600, most: 172_800 };

function read(state: AwsState, input: SendCommandCommandInput, instanceIds: string[]): CommandRecord {
  const { Parameters: parameters = {}, TimeoutSeconds = DELIVERY_TIMEOUT.default } = input;
  if (input.DocumentName !== DOCUMENT_NAME) {
    throw new AwsError("InvalidDocument", `The sandbox has no document ${input.DocumentName}`);
  }
  const unknown = Object.keys(parameters).find((name) => !PARAMETERS.includes(name));
  const { commands = [], executionTimeout: [seconds] = [], workingDirectory: [folder] = [] } = parameters;
  const executionTimeout = Number(seconds ?? EXECUTION_TIMEOUT.default);
  const isTimeout = Number.isInteger(executionTimeout) && executionTimeout >= 1;
  if (
    unknown !== undefined ||
    commands.length === 0 ||
    !isTimeout ||
    executionTimeout > EXECUTION_TIMEOUT.most
  ) {
    throw new AwsError("InvalidParameters", `Parameters of ${DOCUMENT_NAME} are wrong or missing`);
  }
  if (TimeoutSeconds < DELIVERY_TIMEOUT.least || TimeoutSeconds > DELIVERY_TIMEOUT.most) {
    const { least, most } = DELIVERY_TIMEOUT;
    throw new AwsError("ValidationException", `timeoutSeconds must be between ${least} and ${most}`);
  }
  // Who may read the account's log of calls may read this.
  noteDocument("aws.ssm.commands", input);
  const requestedAt = state.now();
  const cd = folder === undefined ? [] : [`cd '${folder.replaceAll("'", `'\\''`)}' || exit 1`];
  return {
    commandId: randomUUID(),
    comment: input.Comment ?? "",
    script: [...cd, ...commands, ""].join("\n"),
    requestedAt,
    deliverUntil: new Date(requestedAt.getTime() + TimeoutSeconds * 1000),
    executionTimeout,
    parameters,
    invocations: new Map(),
    instanceIds,
  };
}

async function checkedInstances(
  { accountId }: AwsState,
  instances: ManagedInstances,
  ids: string[],
): Promise<string[]> {
  if (ids.length === 0 || ids.length > MOST_INSTANCES) {
    throw new AwsError("ValidationException", `instanceIds must name 1 to ${MOST_INSTANCES} instances`);
  }
  const found = await Promise.all(ids.map((id) => instances.find(id)));
  const unmanaged = ids.filter((_, index) => found[index] === undefined);
  if (unmanaged.length === 0) return [...new Set(ids)];
  throw new AwsError(
    "InvalidInstanceId",
    `Instances [[${unmanaged.join(", ")}]] not in a valid state for account ${accountId}`,
  );
}

/** Hands the command to the instance's agent, and notes what becomes of it. */
async function deliver(
  state: AwsState,
  instances: ManagedInstances,
  command: CommandRecord,
  instanceId: string,
): Promise<void> {
  const { invocations, script, executionTimeout } = command;
  const pending = {
    instanceId,
    status: InvocationStatus.pending,
    statusDetails: InvocationStatus.pending,
  };
  invocations.set(instanceId, pending);
  const instance = await instances.find(instanceId);
  if (instance === undefined || !(await instances.isOnline(instance))) return;
  const status = InvocationStatus.inProgress;
  const running = { instanceId, status, statusDetails: status, startedAt: state.now() };
  invocations.set(instanceId, running);
  const result = await state.agents()?.run(instanceId, script, executionTimeout);
  noteDocument("aws.ssm.commands", result ?? {});
  const endedAt = state.now();
  if (result === undefined) {
    const statusDetails = "ExecutionTimedOut";
    invocations.set(instanceId, { ...running, status: InvocationStatus.timedOut, statusDetails, endedAt });
    return;
  }
  const ended = result.exitCode === 0 ? InvocationStatus.success : InvocationStatus.failed;
  invocations.set(instanceId, { ...running, status: ended, statusDetails: ended, endedAt, result });
}

function fail({ invocations }: CommandRecord, instanceId: string, error: unknown): void {
  const status = InvocationStatus.failed;
  const result = { stdout: "", stderr: `fault of the sandbox: ${String(error)}`, exitCode: 1 };
  invocations.set(instanceId, { instanceId, status, statusDetails: status, result });
}

/** A command that was not delivered in time never will be. */
function expire(state: AwsState, { invocations, deliverUntil }: CommandRecord): void {
  if (state.now() < deliverUntil) return;
  for (const [instanceId, one] of invocations) {
    if (one.status !== InvocationStatus.pending) continue;
    const status = InvocationStatus.timedOut;
    invocations.set(instanceId, { ...one, status, statusDetails: "DeliveryTimedOut", endedAt: deliverUntil });
  }
}

function describe(command: CommandRecord): Command {
  return {
    CommandId: command.commandId,
    Comment: command.comment,
    DocumentName: DOCUMENT_NAME,
    DocumentVersion: "$DEFAULT",
    ExpiresAfter: new Date(command.deliverUntil.getTime() + command.executionTimeout * 1000),
    Parameters: command.parameters,
    InstanceIds: command.instanceIds,
    RequestedDateTime: command.requestedAt,
    Status: "Pending",
    StatusDetails: "Pending",
    TargetCount: command.instanceIds.length,
  };
}

export function commandHandlers(state: AwsState, instances: ManagedInstances): Handlers<CommandOperations> {
  const commands = new Map<string, CommandRecord>();

  return {
    async "ssm:SendCommand"(input) {
      refuseUnmodelled(input, MODELLED);
      const command = read(state, input, await checkedInstances(state, instances, input.InstanceIds ?? []));
      commands.set(command.commandId, command);
      const [oldest] = commands.keys();
      if (commands.size > CAPACITY && oldest !== undefined) commands.delete(oldest);
      state.transitions.after(() => {
        for (const id of command.instanceIds) {
          deliver(state, instances, command, id).catch((error: unknown) => fail(command, id, error));
        }
      });
      return { Command: describe(command) };
    },

    "ssm:GetCommandInvocation"({ CommandId = "", InstanceId = "" }) {
      const command = commands.get(CommandId);
      if (command === undefined) throw new AwsError("InvalidCommandId", "");
      expire(state, command);
      const invocation = command.invocations.get(InstanceId);
      if (invocation === undefined) throw new AwsError("InvocationDoesNotExist", "");
      return describeInvocation(command, invocation);
    },

    "ssm:ListCommandInvocations"(input) {
      refuseUnmodelled(input, ["CommandId", "InstanceId", "Details", "MaxResults", "NextToken"]);
      const { CommandId, InstanceId, Details = false } = input;
      const asked = [...commands.values()].filter(
        ({ commandId }) => CommandId === undefined || commandId === CommandId,
      );
      const found = asked.flatMap((command) => {
        expire(state, command);
        return [...command.invocations.values()]
          .filter(({ instanceId }) => InstanceId === undefined || instanceId === InstanceId)
          .map((one) => listedInvocation(command, one, Details));
      });
      const { items, NextToken } = pageOf(found, input, MOST_RESULTS);
      return { CommandInvocations: items, ...(NextToken !== undefined && { NextToken }) };
    },
  };
}
