/** How operations fail: one class, and a code for programs to decide by. */

export const ErrorCode = {
  /** The input is not what the operation takes. */
  InvalidInput: "invalid-input",
  /** The stack file or the tenant list has problems. */
  InvalidConfiguration: "invalid-configuration",
  TenantNotFound: "tenant-not-found",
  /** The tenant is there, with other settings than the ones asked for. */
  TenantDiffers: "tenant-differs",
  /** A hostname, id or quota is taken. */
  NameTaken: "name-taken",
  TenantDisabled: "tenant-disabled",
  /** It has to be disabled first, or its retention is not over. */
  NotAllowedNow: "not-allowed-now",
  BucketNotEmpty: "bucket-not-empty",
  /** The tenant has no bucket, so no keys. */
  NoBucket: "no-bucket",
  /** The preview shows what the operation did not intend. Nothing was done. */
  UnintendedChanges: "unintended-changes",
  /** Another process works on the stack for longer than one wanted to wait. */
  StackLocked: "stack-locked",
  /** Somebody else keeps changing the tenant list. */
  ListConflict: "list-conflict",
  /** Hosts have not taken the new key or token in time; both are valid. Run it again to go on. */
  HostsNotReady: "hosts-not-ready",
  /** The engine failed; the next run goes on. */
  UpdateFailed: "update-failed",
  /** A cloud or the storage did not answer as it should. */
  CloudFailed: "cloud-failed",
  Aborted: "aborted",
  /** A machine, engine or setting lacks something. */
  NotSetUp: "not-set-up",
} as const;
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

export interface ErrorDetails {
  /** What the user can do, one sentence each. */
  ways?: readonly string[] | undefined;
  /** Places of problems, as in ConfigError. */
  problems?: readonly { path: string; message: string }[] | undefined;
  cause?: unknown;
}

/** Why an operation did not do what was asked. The message is for people and holds no secret. */
export class OperationError extends Error {
  readonly code: ErrorCode;
  readonly ways: readonly string[];
  readonly problems: readonly { path: string; message: string }[];

  constructor(code: ErrorCode, message: string, { ways = [], problems = [], cause }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "OperationError";
    this.code = code;
    this.ways = ways;
    this.problems = problems;
  }
}
