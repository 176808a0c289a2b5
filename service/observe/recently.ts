/** Answers for those who look often and do not need the newest: metrics and readiness. */
import type { ResultOf } from "../../operations/contract.ts";

const FRESH_MILLISECONDS = 5000;

export type RecentList = () => Promise<ResultOf<"list">>;

/** Asks at most every five seconds, however many look. */
export function recently<T>(ask: () => Promise<T>, now: () => Date): () => Promise<T> {
  let asked: { at: number; answer: Promise<T> } | undefined;
  return () => {
    const at = now().getTime();
    if (asked === undefined || at - asked.at >= FRESH_MILLISECONDS) asked = { at, answer: ask() };
    return asked.answer;
  };
}
