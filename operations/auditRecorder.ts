/** Records operations in the audit. */
import type { AuditDetails, AuditSink } from "../audit/audit.ts";
import { type AuditOrigin, auditedWork } from "./auditedWork.ts";
import { type Call, type InputOf, OPERATIONS, type OperationName, type ResultOf } from "./contract.ts";

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
    const asked = "tenant" in input && input.tenant !== undefined ? [input.tenant] : [];
    const about = { ...this.#origin, operation: name, tenants: asked, details: detailsOf(input) };
    return await auditedWork(this.#audit, about, call, work, (result) => ({
      tenants: tenantsOf(result) ?? asked,
      ...(secrets.length > 0 && { details: { secretsRead: [...secrets] } }),
    }));
  }
}

/** Those that something was done to; undefined where the result does not say. */
function tenantsOf(result: object): string[] | undefined {
  if ("tenant" in result) return [String(result.tenant)];
  if (!("due" in result)) return undefined;
  const { due } = result as ResultOf<"expire">;
  return [...new Set(due.filter(({ outcome }) => outcome !== "planned").map(({ tenant }) => tenant))];
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
