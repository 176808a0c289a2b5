/** Every kind of problem that the service answers with: its status, and a title for people. */
import { ErrorCode } from "../../operations/errors.ts";

/** Problems that the service itself finds; operations have their own codes. */
export const ServiceCode = {
  MalformedRequest: "malformed-request",
  InvalidRequest: "invalid-request",
  Unauthenticated: "unauthenticated",
  ScopeMissing: "scope-missing",
  NotFound: "not-found",
  MethodNotAllowed: "method-not-allowed",
  BodyTooLarge: "body-too-large",
  UnsupportedMediaType: "unsupported-media-type",
  IdempotencyKeyReused: "idempotency-key-reused",
  TooManyRequests: "too-many-requests",
  TooManyOperations: "too-many-operations",
  InternalError: "internal-error",
  StorageUnavailable: "storage-unavailable",
  NotReady: "not-ready",
  ShuttingDown: "shutting-down",
  TimedOut: "timed-out",
} as const;
export type ServiceCode = (typeof ServiceCode)[keyof typeof ServiceCode];

export type ProblemCode = ErrorCode | ServiceCode;

export type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 422 | 429 | 500 | 502 | 503 | 504;

export interface ProblemType {
  status: ProblemStatus;
  title: string;
  /** After how many seconds the same request may well succeed. Undefined: as it is, never. */
  retryAfterSeconds?: number;
}

/** The one table from codes to statuses. */
export const PROBLEM_TYPES: Readonly<Record<ProblemCode, ProblemType>> = {
  [ErrorCode.InvalidInput]: { status: 422, title: "The input is not what the operation takes" },
  [ErrorCode.InvalidConfiguration]: {
    status: 500,
    title: "The configuration of the environment has problems",
  },
  [ErrorCode.TenantNotFound]: { status: 404, title: "There is no such tenant" },
  [ErrorCode.TenantDiffers]: { status: 409, title: "The tenant is there, with other settings" },
  [ErrorCode.NameTaken]: { status: 409, title: "The name is taken" },
  [ErrorCode.TenantDisabled]: { status: 409, title: "The tenant is disabled" },
  [ErrorCode.NotAllowedNow]: { status: 409, title: "Not allowed in the tenant's present state" },
  [ErrorCode.BucketNotEmpty]: { status: 409, title: "The bucket is not empty" },
  [ErrorCode.NoBucket]: { status: 409, title: "The tenant has no bucket" },
  [ErrorCode.UnintendedChanges]: { status: 409, title: "The operation would change what it does not intend" },
  [ErrorCode.StackLocked]: {
    status: 503,
    title: "Somebody else works on the environment",
    retryAfterSeconds: 30,
  },
  [ErrorCode.ListConflict]: { status: 503, title: "The tenant list keeps changing", retryAfterSeconds: 5 },
  [ErrorCode.HostsNotReady]: {
    status: 504,
    title: "Hosts have not taken the change yet",
    retryAfterSeconds: 60,
  },
  [ErrorCode.UpdateFailed]: { status: 502, title: "The update failed", retryAfterSeconds: 30 },
  [ErrorCode.CloudFailed]: {
    status: 502,
    title: "A cloud did not answer as it should",
    retryAfterSeconds: 30,
  },
  [ErrorCode.Aborted]: { status: 503, title: "The operation was stopped", retryAfterSeconds: 5 },
  [ErrorCode.NotSetUp]: { status: 500, title: "The service lacks something it needs" },
  [ServiceCode.MalformedRequest]: { status: 400, title: "The request cannot be read" },
  [ServiceCode.InvalidRequest]: { status: 422, title: "The request is not what the route takes" },
  [ServiceCode.Unauthenticated]: { status: 401, title: "A valid bearer token is needed" },
  [ServiceCode.ScopeMissing]: { status: 403, title: "The token lacks a scope" },
  [ServiceCode.NotFound]: { status: 404, title: "There is nothing here" },
  [ServiceCode.MethodNotAllowed]: { status: 405, title: "Not with this method" },
  [ServiceCode.BodyTooLarge]: { status: 413, title: "The body is too large" },
  [ServiceCode.UnsupportedMediaType]: { status: 415, title: "The body has to be JSON" },
  [ServiceCode.IdempotencyKeyReused]: {
    status: 422,
    title: "The idempotency key belongs to another request",
  },
  [ServiceCode.TooManyRequests]: { status: 429, title: "Too many requests" },
  [ServiceCode.TooManyOperations]: {
    status: 429,
    title: "Too many operations wait already",
    retryAfterSeconds: 30,
  },
  [ServiceCode.InternalError]: { status: 500, title: "Something went wrong inside the service" },
  [ServiceCode.StorageUnavailable]: {
    status: 503,
    title: "The service's storage cannot be used",
    retryAfterSeconds: 5,
  },
  [ServiceCode.NotReady]: { status: 503, title: "The service is not ready", retryAfterSeconds: 5 },
  [ServiceCode.ShuttingDown]: { status: 503, title: "The service is shutting down", retryAfterSeconds: 5 },
  [ServiceCode.TimedOut]: { status: 504, title: "The answer took too long", retryAfterSeconds: 30 },
};

export const PROBLEM_CODES = Object.keys(PROBLEM_TYPES) as ProblemCode[];
