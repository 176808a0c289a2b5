/** Errors that have a class of their own below the operations. Their messages are for people. */
import { because } from "../clients/failureText.ts";
import { updateFailed } from "./engine/failures.ts";
import { EngineCommandError } from "./engine/pulumiCommand.ts";
import { ErrorCode, OperationError } from "./errors.ts";

/** By name, so that the modules of the classes need not be loaded. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  ListMovedError: ErrorCode.NotAllowedNow,
  TenantListError: ErrorCode.InvalidConfiguration,
  VersionConflictError: ErrorCode.ListConflict,
  StorageError: ErrorCode.CloudFailed,
  AuditError: ErrorCode.NotSetUp,
  TokensError: ErrorCode.NotSetUp,
};

/** The error as an OperationError, where it is known what it means; else as it is. @param signal of the call. */
export function knownError(error: unknown, signal?: AbortSignal): unknown {
  if (error instanceof OperationError || !(error instanceof Error)) return error;
  if (signal?.aborted === true) {
    return new OperationError(ErrorCode.Aborted, "it was stopped", { ways: ["run it again to complete it"] });
  }
  if (error instanceof EngineCommandError) return updateFailed("the engine", [], error);
  const code = CODES[error.name];
  if (code !== undefined) return new OperationError(code, error.message);
  return isOfCloud(error) ? new OperationError(ErrorCode.CloudFailed, because(error)) : error;
}

const SYSTEM_CODE = /^E[A-Z]{3,}$/;

/** Of the AWS SDK, of Cloudflare's client, or of the way there. */
function isOfCloud(error: Error): boolean {
  if ("$metadata" in error) return true;
  if ("status" in error && "headers" in error) return true;
  const reason = error.cause instanceof Error ? error.cause : error;
  return "code" in reason && "syscall" in reason && SYSTEM_CODE.test(String(reason.code));
}
