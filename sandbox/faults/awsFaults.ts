/** Faults in front of the emulated AWS, in the words of its services. */
import type { AwsInterceptor } from "../aws/cloud.ts";
import { AwsConnectionError } from "../aws/connectionError.ts";
import { AwsError } from "../aws/operation.ts";
import type { Store } from "../store.ts";
import { attribution } from "./attribution.ts";
import type { Faults } from "./faults.ts";
import { inject } from "./inject.ts";
import { FaultKind } from "./kinds.ts";
import { StaleReads } from "./staleReads.ts";

const READ = /^\w+:(?:Describe|Get|List)/;

interface Refusal {
  code: string;
  message: string;
  status: number;
}

interface Refusals {
  throttled: Refusal;
  internal: Refusal;
  conflict: Refusal;
}

/**
 * AWS documentation: "Error codes for the Amazon EC2 API", "Common Errors" of IAM and of Systems Manager, and the errors
 * of their operations. EC2 knows no 409; what it says of a resource that is being changed is "IncorrectState".
 */
const EC2: Refusals = {
  throttled: { code: "RequestLimitExceeded", message: "Request limit exceeded.", status: 503 },
  internal: { code: "InternalError", message: "An internal error has occurred", status: 500 },
  conflict: { code: "IncorrectState", message: "The resource is in an incorrect state", status: 400 },
};
const IAM: Refusals = {
  throttled: { code: "Throttling", message: "Rate exceeded", status: 400 },
  internal: { code: "ServiceFailure", message: "Service failure", status: 500 },
  conflict: {
    code: "ConcurrentModification",
    message: "The request was rejected because multiple requests to change this object were submitted",
    status: 409,
  },
};
const SSM: Refusals = {
  throttled: { code: "ThrottlingException", message: "Rate exceeded", status: 400 },
  internal: { code: "InternalServerError", message: "An error occurred on the server side.", status: 500 },
  conflict: {
    code: "TooManyUpdates",
    message: "There are concurrent updates for this parameter",
    status: 400,
  },
};
const REFUSALS: Record<string, Refusals> = { ec2: EC2, iam: IAM, sts: IAM, ssm: SSM };

/** A gateway's page is no error of the service; the SDK calls it so. */
const BAD_GATEWAY: Refusal = { code: "UnknownError", message: "UnknownError", status: 502 };

function refusalOf(kind: FaultKind, service: string): AwsError {
  const { throttled, internal, conflict } = REFUSALS[service] ?? EC2;
  const refusals: Partial<Record<FaultKind, Refusal>> = {
    [FaultKind.tooManyRequests]: throttled,
    // AWS says nothing of the time to wait.
    [FaultKind.tooManyRequestsRetryAfter]: throttled,
    [FaultKind.internalError]: internal,
    [FaultKind.conflict]: conflict,
  };
  const { code, message, status } = refusals[kind] ?? BAD_GATEWAY;
  return new AwsError(code, message, status);
}

export function awsFaults(faults: Faults, store: Store): AwsInterceptor {
  const stale = new StaleReads(store, faults);
  return async ({ operation }, call) => {
    const [service = ""] = operation.split(":");
    const made = attribution();
    const writes = !READ.test(operation);
    const key = made?.urn ?? service;
    const proceed = async () => {
      if (writes && faults.needHistory) stale.beforeWrite([key, service]);
      return call();
    };
    const rule = faults.decide(
      { where: "aws", call: operation, writes, resource: made?.urn, operation: made?.operation },
      (candidate) => candidate.kind !== FaultKind.staleRead || stale.isStale(key, candidate),
    );
    if (rule === undefined) return proceed();
    return inject<object>(rule, {
      proceed,
      proceedStale: async () => stale.read(key, rule, proceed),
      refuse({ kind }) {
        throw refusalOf(kind, service);
      },
      drop() {
        throw new AwsConnectionError("read: connection reset by peer");
      },
    });
  };
}
