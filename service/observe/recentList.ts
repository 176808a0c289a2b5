/** The list of tenants for those who look at it often and do not need the newest: metrics and readiness. */
import type { Operations, ResultOf } from "../../operations/contract.ts";

const FRESH_MILLISECONDS = 5000;
const LONGEST_MILLISECONDS = 10_000;

export type RecentList = () => Promise<ResultOf<"list">>;

/** Asks at most every five seconds, however many look. */
export function createRecentList(operations: Operations, now: () => Date): RecentList {
  let asked: { at: number; list: Promise<ResultOf<"list">> } | undefined;
  return () => {
    const at = now().getTime();
    if (asked === undefined || at - asked.at >= FRESH_MILLISECONDS) {
      asked = {
        at,
        list: operations.list({}, { signal: AbortSignal.timeout(LONGEST_MILLISECONDS), actor: "service" }),
      };
    }
    return asked.list;
  };
}
