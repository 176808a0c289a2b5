/** Records operations in the audit. */
import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { type AuditDetails, AuditOutcome, AuditPhase, type AuditSink } from "../audit/audit.ts";
import { type Call, type InputOf, OPERATIONS, type OperationName, type ResultOf } from "./contract.ts";
import { ErrorCode, OperationError } from "./errors.ts";

export interface AuditOrigin {
  environment: string;
  stack: string;
  /** Who acts, where the call does not say. Default: the user of this process and the machine. */
  actor?: string | undefined;
  /** Default `library`. */
  surface?: string | undefined;
}

/** Writes the audit around an operation. What only looks, and gives no secret, is not recorded. */
export class AuditRecorder {
  readonly #audit: AuditSink;
  readonly #origin: AuditOrigin;

  constructor(audit: AuditSink, origin: AuditOrigin) {
    this.#audit = audit;
    this.#origin = origin;
  }

  async around<N extends OperationName>(
    name: N,
    input: InputOf<N>,
    call: Call,
    work: () => Promise<ResultOf<N>>,
  ): Promise<ResultOf<N>> {
    const { changes, secrets } = OPERATIONS[name];
    if (!changes && secrets.length === 0) return await work();
    const { environment, stack, surface = "library" } = this.#origin;
    const { actor = `${userInfo().username}@${hostname()}` } = this.#origin;
    const begun = performance.now();
    const append = (phase: AuditPhase, tenants: string[], more: object = {}) =>
      this.#audit.append({
        id: randomUUID(),
        time: new Date().toISOString(),
        actor: call.actor ?? actor,
        operation: name,
        environment,
        stack,
        tenants,
        phase,
        requestId: call.requestId,
        surface,
        ...more,
      });
    const asked = "tenant" in input && input.tenant !== undefined ? [input.tenant] : [];
    await append(AuditPhase.started, asked, { details: detailsOf(input) });
    const finish = (tenants: string[], more: object) =>
      append(AuditPhase.finished, tenants, {
        durationMilliseconds: Math.round(performance.now() - begun),
        ...more,
      });
    try {
      const result = await work();
      const tenants = tenantsOf(result) ?? asked;
      const details = secrets.length === 0 ? {} : { details: { secretsRead: [...secrets] } };
      await finish(tenants, { outcome: AuditOutcome.succeeded, ...details });
      return result;
    } catch (error) {
      await finish(asked, outcomeOf(error, call));
      throw error;
    }
  }
}

/** Those that something was done to; undefined where the result does not say. */
function tenantsOf(result: object): string[] | undefined {
  if ("tenant" in result) return [String(result.tenant)];
  if (!("due" in result)) return undefined;
  const { due } = result as ResultOf<"expire">;
  return [...new Set(due.filter(({ outcome }) => outcome !== "planned").map(({ tenant }) => tenant))];
}

const FAILURES = new Set<ErrorCode>([ErrorCode.UpdateFailed, ErrorCode.CloudFailed, ErrorCode.HostsNotReady]);

function outcomeOf(error: unknown, { signal }: Call): { outcome: AuditOutcome; errorCode?: string } {
  if (!(error instanceof OperationError)) {
    return { outcome: signal?.aborted === true ? AuditOutcome.aborted : AuditOutcome.failed };
  }
  const outcome =
    error.code === ErrorCode.Aborted
      ? AuditOutcome.aborted
      : FAILURES.has(error.code)
        ? AuditOutcome.failed
        : AuditOutcome.refused;
  return { outcome, errorCode: error.code };
}

/** What of an input the audit may know: none of it can be a secret. */
function detailsOf(input: object): AuditDetails {
  const { to, ...settings } = input as Record<string, never>;
  const known = [
    "hubId",
    "accountId",
    "hostname",
    "tunnelId",
    "retentionDays",
    "deleteBucket",
    "purge",
  ] as const;
  const details = known.flatMap((key) => (settings[key] === undefined ? [] : [[key, settings[key]]]));
  return { ...Object.fromEntries(details), ...(to !== undefined && { generation: to }) };
}
