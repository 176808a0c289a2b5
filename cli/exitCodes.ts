/** How the command tells shells and pipelines what happened. */
import { ErrorCode } from "../operations/errors.ts";

export const ExitCode = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  tryAgain: 5,
  notSetUp: 6,
  found: 7,
  /** 128 + SIGINT. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

const BY_ERROR: Readonly<Record<ErrorCode, ExitCode>> = {
  [ErrorCode.InvalidInput]: ExitCode.usage,
  [ErrorCode.InvalidConfiguration]: ExitCode.usage,
  [ErrorCode.TenantNotFound]: ExitCode.notFound,
  [ErrorCode.TenantDiffers]: ExitCode.refused,
  [ErrorCode.NameTaken]: ExitCode.refused,
  [ErrorCode.TenantDisabled]: ExitCode.refused,
  [ErrorCode.NotAllowedNow]: ExitCode.refused,
  [ErrorCode.BucketNotEmpty]: ExitCode.refused,
  [ErrorCode.NoBucket]: ExitCode.refused,
  [ErrorCode.UnintendedChanges]: ExitCode.refused,
  [ErrorCode.StackLocked]: ExitCode.tryAgain,
  [ErrorCode.ListConflict]: ExitCode.tryAgain,
  [ErrorCode.HostsNotReady]: ExitCode.tryAgain,
  [ErrorCode.UpdateFailed]: ExitCode.failed,
  [ErrorCode.CloudFailed]: ExitCode.failed,
  [ErrorCode.Aborted]: ExitCode.interrupted,
  [ErrorCode.NotSetUp]: ExitCode.notSetUp,
};

export function exitCodeOf(code: ErrorCode): ExitCode {
  return BY_ERROR[code];
}

/** For the end of the help. */
export const EXIT_CODE_HELP = `Exit codes:
  0    done
  1    failed, also in part; run it again
  2    wrong usage, input or configuration
  3    no such tenant
  4    refused: not allowed now, differs, name taken, bucket not empty, unintended changes
  5    locked, changed by somebody else, hosts not ready, or out of time: run it again
  6    something is not set up: \`tenant-edge doctor\` says what
  7    found something: doctor; sweeps, expire, pull and push with --fail-when-found
  130  interrupted`;
