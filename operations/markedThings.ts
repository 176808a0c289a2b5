/** Everything in the accounts that carries the environment's mark. */
import { inBackground } from "../clients/apiWork.ts";
import type { Candidate } from "../orphans/decide.ts";
import type { Accounts } from "../orphans/source.ts";
import { ORPHAN_SOURCES } from "../orphans/sources.ts";
import type { OperationContext } from "./context.ts";

export interface MarkedThings {
  accounts: Accounts;
  candidates: Candidate[];
}

/**
 * To be called before states are read: what is made from now on is not seen, and what was made before is known by then.
 */
export async function markedThings(
  context: OperationContext,
  signal: AbortSignal | undefined,
): Promise<MarkedThings> {
  const { settings } = await context.configuration(signal);
  const { accountId, zoneId } = settings.cloudflare;
  const { cloudflare, aws } = context;
  const accounts = { environment: settings.environment, cloudflare, accountId, zoneId, aws, signal };
  const candidates: Candidate[] = [];
  for (const source of ORPHAN_SOURCES) {
    signal?.throwIfAborted();
    candidates.push(...(await inBackground(() => source.list(accounts))));
  }
  return { accounts, candidates };
}
