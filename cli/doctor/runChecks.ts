import { setTimeout as wait } from "node:timers/promises";
import { printableLine } from "../../naming/printable.ts";
import { type Check, type CheckGroup, type Finding, missing, State, type Verdict } from "./check.ts";

const TIMEOUT = 20_000;
const LONGEST_DETAIL = 300;

/** The first line of an error's message, which is all that fits; longer ones may quote whole answers. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = text.split("\n").find((candidate) => candidate.trim() !== "") ?? "no reason was given";
  return line.trim().slice(0, LONGEST_DETAIL);
}

async function verdictOf(check: Check, group: CheckGroup, signal: AbortSignal): Promise<Verdict> {
  const { timeout = TIMEOUT, explain } = group;
  const ended = new AbortController();
  try {
    // Not every client can be stopped: then it is not waited for.
    const late = wait(timeout, missing(`no answer within ${timeout / 1000} s`), {
      signal: ended.signal,
      ref: true,
    });
    return await Promise.race([check.run(AbortSignal.any([signal, AbortSignal.timeout(timeout)])), late]);
  } catch (error) {
    signal.throwIfAborted();
    return explain?.(error) ?? missing(messageOf(error));
  } finally {
    ended.abort();
  }
}

async function runGroup(group: CheckGroup, signal: AbortSignal): Promise<Finding[]> {
  const find = async (check: Check): Promise<Finding> => {
    const { state, detail, ways } = await verdictOf(check, group, signal);
    return { group: group.name, check: check.name, state, detail: printableLine(detail), ways };
  };
  const first = group.first === undefined ? [] : [await find(group.first)];
  if (first.some(({ state }) => state === State.Missing)) return first;
  return [...first, ...(await Promise.all(group.checks.map(find)))];
}

/** In the order of the groups and of their checks, which run side by side. */
export async function runChecks(groups: readonly CheckGroup[], signal: AbortSignal): Promise<Finding[]> {
  return (await Promise.all(groups.map((group) => runGroup(group, signal)))).flat();
}
