/** What becomes of a command on one instance. AWS Systems Manager documentation, "Understanding command statuses". */
import type { CommandInvocation, GetCommandInvocationResult } from "@aws-sdk/client-ssm";
import type { ShellResult } from "./agents.ts";

export const DOCUMENT_NAME = "AWS-RunShellScript";
/** The one step of that document. */
const PLUGIN_NAME = "aws:runShellScript";
/** Longer output is cut, unless it goes to a bucket. */
const MOST_OUTPUT = 24_000;
const MOST_LISTED_OUTPUT = 2500;
const NO_RESPONSE = -1;

export const InvocationStatus = {
  pending: "Pending",
  inProgress: "InProgress",
  success: "Success",
  failed: "Failed",
  timedOut: "TimedOut",
} as const;
export type InvocationStatus = (typeof InvocationStatus)[keyof typeof InvocationStatus];

export interface InvocationRecord {
  instanceId: string;
  status: InvocationStatus;
  /** Why it was timed out: never delivered, or not over in time. Elsewhere the status itself. */
  statusDetails: string;
  startedAt?: Date;
  endedAt?: Date;
  result?: ShellResult;
}

export interface CommandRecord {
  commandId: string;
  comment: string;
  script: string;
  requestedAt: Date;
  /** One that was not delivered by then never runs. */
  deliverUntil: Date;
  /** Seconds that the script may take. */
  executionTimeout: number;
  parameters: Record<string, string[]>;
  /** By instance. Empty at first: what was sent is not to be seen at once. */
  invocations: Map<string, InvocationRecord>;
  instanceIds: string[];
}

export function describeInvocation(
  { commandId, comment }: CommandRecord,
  one: InvocationRecord,
): GetCommandInvocationResult {
  const { startedAt, endedAt } = one;
  const seconds = startedAt === undefined ? 0 : (Number(endedAt ?? startedAt) - Number(startedAt)) / 1000;
  return {
    CommandId: commandId,
    InstanceId: one.instanceId,
    Comment: comment,
    DocumentName: DOCUMENT_NAME,
    DocumentVersion: "$DEFAULT",
    PluginName: PLUGIN_NAME,
    ResponseCode: one.result?.exitCode ?? NO_RESPONSE,
    ExecutionStartDateTime: startedAt?.toISOString() ?? "",
    ExecutionElapsedTime: startedAt === undefined ? "" : `PT${seconds}S`,
    ExecutionEndDateTime: endedAt?.toISOString() ?? "",
    Status: one.status,
    StatusDetails: one.statusDetails,
    StandardOutputContent: one.result?.stdout.slice(0, MOST_OUTPUT) ?? "",
    StandardOutputUrl: "",
    StandardErrorContent: one.result?.stderr.slice(0, MOST_OUTPUT) ?? "",
    StandardErrorUrl: "",
  };
}

export function listedInvocation(
  { commandId, comment, requestedAt }: CommandRecord,
  { instanceId, status, statusDetails, startedAt, endedAt, result }: InvocationRecord,
  withDetails: boolean,
): CommandInvocation {
  const output = `${result?.stdout ?? ""}${result?.stderr ? `\n----------ERROR-------\n${result.stderr}` : ""}`;
  return {
    CommandId: commandId,
    InstanceId: instanceId,
    InstanceName: "",
    Comment: comment,
    DocumentName: DOCUMENT_NAME,
    DocumentVersion: "$DEFAULT",
    RequestedDateTime: requestedAt,
    Status: status,
    StatusDetails: statusDetails,
    CommandPlugins: withDetails
      ? [
          {
            Name: PLUGIN_NAME,
            Status: status,
            StatusDetails: statusDetails,
            ResponseCode: result?.exitCode ?? NO_RESPONSE,
            ResponseStartDateTime: startedAt,
            ResponseFinishDateTime: endedAt,
            Output: output.slice(0, MOST_LISTED_OUTPUT),
          },
        ]
      : [],
  };
}
