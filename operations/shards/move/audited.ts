/** Records a move in the audit. */
import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { AuditOutcome, AuditPhase, type AuditRecord, type AuditSink } from "../../../audit/audit.ts";
import type { Call } from "../../contract.ts";
import { ErrorCode, OperationError } from "../../errors.ts";

export interface AuditedMove {
  tenant: string;
  /** Undefined when the target has it already. */
  from: string | undefined;
  to: string;
  environment: string;
  /** Who acts, where the call does not say. Default: the user of this process and the machine. */
  actor: string | undefined;
  surface: string;
}

/** Of what failed the engine may have done a part; all else was refused before, or taken back. */
const FAILURES: ReadonlySet<ErrorCode> = new Set([ErrorCode.UpdateFailed, ErrorCode.CloudFailed]);

function outcomeOf(error: unknown): Partial<AuditRecord> {
  if (!(error instanceof OperationError)) return { outcome: AuditOutcome.failed };
  const { code } = error;
  if (code === ErrorCode.Aborted) return { outcome: AuditOutcome.aborted, errorCode: code };
  return { outcome: FAILURES.has(code) ? AuditOutcome.failed : AuditOutcome.refused, errorCode: code };
}

/** @throws AuditError before anything is done, when it cannot be kept; whatever the work throws. */
export async function audited<T>(
  sink: AuditSink,
  { tenant, from, to, environment, actor, surface }: AuditedMove,
  call: Call,
  work: () => Promise<T>,
): Promise<T> {
  const begun = performance.now();
  const append = (phase: AuditPhase, more: Partial<AuditRecord>) =>
    sink.append({
      id: randomUUID(),
      time: new Date().toISOString(),
      actor: call.actor ?? actor ?? `${userInfo().username}@${hostname()}`,
      operation: "move",
      environment,
      stack: from ?? to,
      tenants: [tenant],
      phase,
      requestId: call.requestId,
      surface,
      details: { reason: `to the stack ${to}` },
      ...more,
    });
  const finish = (more: Partial<AuditRecord>) =>
    append(AuditPhase.finished, { durationMilliseconds: Math.round(performance.now() - begun), ...more });
  await append(AuditPhase.started, {});
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await finish(outcomeOf(error));
    throw error;
  }
  await finish({ outcome: AuditOutcome.succeeded });
  return result;
}
