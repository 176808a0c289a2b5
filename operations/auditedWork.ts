/** Keeps in the audit what is done: one record before it begins, one with how it went. */
import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { AuditOutcome, AuditPhase, type AuditRecord, type AuditSink } from "../audit/audit.ts";
import { ErrorCode, OperationError } from "./errors.ts";

/** Who acts, and from where. */
export interface AuditOrigin {
  environment: string;
  stack: string;
  /** Where the call does not say. Default: the user of this process and the machine. */
  actor?: string | undefined;
  /** Default `library`. */
  surface?: string | undefined;
}

/** What is done. */
export interface AuditedWork extends AuditOrigin, Pick<AuditRecord, "operation" | "tenants" | "details"> {}

/** How it went: what is not said is as of the work that was begun, and that it succeeded. */
export type AuditedEnd = Partial<Pick<AuditRecord, "tenants" | "outcome" | "errorCode" | "details">>;

/** By whom it was asked for, and whether they want it no more. */
export interface AuditedCall {
  actor?: string | undefined;
  requestId?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** Of what failed the engine or a cloud may have done a part; all else was refused before, or taken back. */
const FAILURES: ReadonlySet<ErrorCode> = new Set([
  ErrorCode.UpdateFailed,
  ErrorCode.CloudFailed,
  ErrorCode.HostsNotReady,
]);

export function endWith(code: ErrorCode): AuditedEnd {
  if (code === ErrorCode.Aborted) return { outcome: AuditOutcome.aborted, errorCode: code };
  return { outcome: FAILURES.has(code) ? AuditOutcome.failed : AuditOutcome.refused, errorCode: code };
}

function endOf(error: unknown, signal: AbortSignal | undefined): AuditedEnd {
  if (error instanceof OperationError) return endWith(error.code);
  return { outcome: signal?.aborted === true ? AuditOutcome.aborted : AuditOutcome.failed };
}

/**
 * @param told how it went, by the work's result.
 * @throws AuditError when it cannot be kept, at first before anything is done; whatever the work throws.
 */
export async function auditedWork<T>(
  sink: AuditSink,
  { operation, environment, stack, tenants, details, actor, surface = "library" }: AuditedWork,
  call: AuditedCall,
  work: () => Promise<T>,
  told: (result: T) => AuditedEnd = () => ({}),
): Promise<T> {
  const begun = performance.now();
  const append = (phase: AuditPhase, more: Partial<AuditRecord>) =>
    sink.append({
      id: randomUUID(),
      time: new Date().toISOString(),
      actor: call.actor ?? actor ?? `${userInfo().username}@${hostname()}`,
      operation,
      environment,
      stack,
      tenants,
      phase,
      requestId: call.requestId,
      surface,
      ...more,
    });
  const finish = (end: AuditedEnd) =>
    append(AuditPhase.finished, { durationMilliseconds: Math.round(performance.now() - begun), ...end });
  await append(AuditPhase.started, { details });
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await finish(endOf(error, call.signal));
    throw error;
  }
  await finish({ outcome: AuditOutcome.succeeded, ...told(result) });
  return result;
}
