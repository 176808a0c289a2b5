/** Calls to the emulated account, with errors in the words of the real provider. */
import { randomUUID } from "node:crypto";
import pRetry from "p-retry";
import { AwsConnectionError } from "../../aws/connectionError.ts";
import { AwsError } from "../../aws/operation.ts";
import type { AwsOperations } from "../../aws/operations.ts";
import type { AwsProviderClient } from "./client.ts";

/** A refused call. `message` is what the real provider prints. */
export class AwsCallError extends Error {
  /** AWS's error code: `DependencyViolation`. */
  readonly code: string;

  constructor(action: string, operation: string, error: AwsError) {
    const [service = "", name = ""] = operation.split(":");
    super(
      `${action}: operation error ${service.toUpperCase()}: ${name}, https response error StatusCode: ` +
        `${error.statusCode}, RequestID: ${randomUUID()}, ${description(service, error)}`,
      { cause: error },
    );
    this.name = "AwsCallError";
    this.code = error.code;
  }
}

/** Codes that no service declares for its operations come as plain "api error". EC2 declares none at all. */
const UNDECLARED = ["ValidationError", "ValidationException", "AccessDeniedException", "MissingParameter"];

function description(service: string, { code, message }: AwsError): string {
  const declared = service !== "ec2" && !UNDECLARED.includes(code);
  return `${declared ? "" : "api error "}${code}: ${message}`;
}

/**
 * How the real provider repeats a call: 25 attempts (its `max_retries`), here with short pauses. AWS documentation,
 * "Retry behavior" of the AWS SDKs and Tools Reference Guide, standard mode.
 */
const RETRY = { retries: 24, minTimeout: 10, factor: 2, maxTimeout: 160, randomize: true };

const THROTTLED = [
  "EC2ThrottledException",
  "LimitExceededException",
  "PriorRequestNotComplete",
  "RequestLimitExceeded",
  "RequestThrottled",
  "RequestThrottledException",
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "TooManyRequestsException",
];

function isRetried(error: unknown): boolean {
  if (error instanceof AwsConnectionError) return true;
  return error instanceof AwsError && (error.statusCode >= 500 || THROTTLED.includes(error.code));
}

function connectionFailure(action: string, operation: string, error: AwsConnectionError): Error {
  const [service = "", name = ""] = operation.split(":");
  return new Error(
    `${action}: operation error ${service.toUpperCase()}: ${name}, exceeded maximum number of attempts, ` +
      `${RETRY.retries + 1}, https response error StatusCode: 0, RequestID: , request send failed, ${error.message}`,
    { cause: error },
  );
}

/** Calls an operation as the deployer. `action` begins the error: "creating EC2 VPC". Throws AwsCallError. */
export async function call<Name extends keyof AwsOperations>(
  client: AwsProviderClient,
  action: string,
  name: Name,
  input: AwsOperations[Name]["input"],
): Promise<AwsOperations[Name]["output"]> {
  try {
    return await pRetry(() => client.aws.call(name, input), {
      ...RETRY,
      shouldRetry: ({ error }) => isRetried(error),
    });
  } catch (error) {
    if (error instanceof AwsConnectionError) throw connectionFailure(action, name, error);
    throw error instanceof AwsError ? new AwsCallError(action, name, error) : error;
  }
}

/** `undefined` when the call was refused with one of these codes: what should go is gone already. */
export async function unless<T>(codes: readonly string[], promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof AwsCallError && codes.includes(error.code)) return undefined;
    throw error;
  }
}
