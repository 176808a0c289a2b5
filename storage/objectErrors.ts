/** What the answers of S3 and R2 mean, and what to do about them. */
import { StorageError } from "./documentStore.ts";

/** The parts of the SDK's exceptions that are looked at, so that the SDK need not be loaded for them. */
interface ServiceError extends Error {
  readonly $metadata: {
    readonly httpStatusCode?: number | undefined;
    readonly attempts?: number | undefined;
  };
}

export function hasStatus(error: unknown, status: number): error is ServiceError {
  return (error as Partial<ServiceError> | undefined)?.$metadata?.httpStatusCode === status;
}

/**
 * A conditional write that was not made: 412 when the object is another, 409 when another conditional write was under
 * way, 404 when the object is gone. Source: AWS, "How to prevent object overwrites with conditional writes".
 */
export function isConflict(error: unknown): error is ServiceError {
  if (hasStatus(error, 412)) return true;
  if (hasStatus(error, 409)) return error.name === "ConditionalRequestConflict";
  return hasStatus(error, 404) && error.name === "NoSuchKey";
}

const CREDENTIALS =
  "Check TENANT_EDGE_STORAGE_ACCESS_KEY_ID and TENANT_EDGE_STORAGE_SECRET_ACCESS_KEY, or AWS's credentials when these are not set.";

/** By the name of the error, as S3, R2 or the SDK give it. */
const ACTIONS: Record<string, string> = {
  AccessDenied:
    "The credentials need s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket there; on R2, Object Read & Write for the bucket.",
  NoSuchBucket: "Create the bucket, or correct its name, the region or the endpoint in the location.",
  PermanentRedirect: "The bucket is in another region: write it into the location as ?region=.",
  AuthorizationHeaderMalformed: "The bucket is in another region: write it into the location as ?region=.",
  InvalidAccessKeyId: CREDENTIALS,
  SignatureDoesNotMatch: CREDENTIALS,
  Unauthorized: CREDENTIALS,
  ExpiredToken: "The credentials have expired: log in again.",
  CredentialsProviderError:
    "No credentials were found: set TENANT_EDGE_STORAGE_ACCESS_KEY_ID and TENANT_EDGE_STORAGE_SECRET_ACCESS_KEY, or log in to AWS.",
  NotImplemented: "The store behind the endpoint does not support conditional writes; S3 and R2 do.",
};

/** Never carries the text of the answer: that of a refused signature repeats what was signed. */
export function explainObjectError(
  error: unknown,
  { action, location, endpoint }: { action: string; location: string; endpoint: string | undefined },
): StorageError {
  const { name, code, message } = error as Error & { code?: string };
  const kind = code ?? name;
  const at = endpoint === undefined ? "" : ` at ${endpoint}`;
  const advice =
    ACTIONS[name] ??
    (message === "Region is missing" ? "Write the region into the location as ?region=." : "");
  return new StorageError(`${location}${at}: could not ${action} (${kind}). ${advice}`.trimEnd(), {
    cause: error,
  });
}
