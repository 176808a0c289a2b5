/** Faults in a provider itself: between the engine and the operation on a resource. */
import { STATUS_CODES } from "node:http";
import { type Attribution, attributed } from "./attribution.ts";
import type { Faults } from "./faults.ts";
import { inject } from "./inject.ts";
import { FaultKind } from "./kinds.ts";

const STATUS: Partial<Record<FaultKind, number>> = {
  [FaultKind.tooManyRequests]: 429,
  [FaultKind.tooManyRequestsRetryAfter]: 429,
  [FaultKind.internalError]: 500,
  [FaultKind.badGateway]: 502,
  [FaultKind.conflict]: 409,
};

/** Runs the operation; whatever it calls is called for this resource. `token` is the resource's type. */
export function withFaults<T>(
  faults: Faults | undefined,
  about: Attribution & { token: string },
  work: () => Promise<T>,
): Promise<T> {
  const { urn, operation, token } = about;
  return attributed({ urn, operation }, async () => {
    const call = { where: "provider", call: `${operation} ${token}`, resource: urn, operation } as const;
    const writes = operation !== "read";
    const rule = faults?.decide({ ...call, writes }, ({ kind }) => kind !== FaultKind.staleRead);
    if (rule === undefined) return work();
    return inject<T>(rule, {
      proceed: work,
      proceedStale: work,
      refuse({ kind }) {
        const status = STATUS[kind] ?? 500;
        throw new Error(`${operation} failed: ${status} ${STATUS_CODES[status]}`);
      },
      // What the engine sees of a plugin that ended.
      drop() {
        throw new Error("rpc error: code = Unavailable desc = error reading from server: EOF");
      },
    });
  });
}
