/** Faults in the calls that operations make themselves. */
import pMap from "p-map";
import type { DeepOptions, DeepResult } from "../part.ts";
import { chosenCases, type OwnCase, ownCaseText, recordOwnCalls } from "./operationCalls.ts";
import { OWN_LIFE, type OwnStep } from "./operationLife.ts";
import { OperationStack } from "./operationStack.ts";
import { isWell, type Life, live, type OwnVerdict, planLives } from "./operationTrial.ts";

/** In a deep run: every call comes once, and every kind of fault more than twice. */
const CASES = 30;
/** Stacks at a time. */
const CONCURRENCY = 2;

async function liveAlone({ engine, seed, report }: DeepOptions, life: Life) {
  const target = await OperationStack.open(engine);
  try {
    return await live(target, life, (verdict) => report(summary(verdict, seed)));
  } finally {
    await target.close();
  }
}

function summary(verdict: OwnVerdict, seed: number): string {
  if (!isWell(verdict)) return `FAILS: ${failureText(verdict, seed)}`;
  const { tried, runs, wasInjected } = verdict;
  return `${ownCaseText(tried)}: all is well after ${runs}${wasInjected ? "" : " (not reached)"}`;
}

function failureText({ tried, lost, orphans, wrong }: OwnVerdict, seed: number): string {
  const lines = [
    ...lost.map((one) => `  lost: ${one}`),
    ...orphans.map((one) => `  left behind: ${one}`),
    ...wrong.map((one) => `  ${one}`),
  ];
  return [`${ownCaseText(tried)} (seed ${seed})`, ...lines].join("\n");
}

export interface OwnFaultOptions extends DeepOptions {
  /** Whose calls are tried. Default: those of all operations. */
  steps?: readonly OwnStep[];
}

export async function tryOwnCalls(options: OwnFaultOptions): Promise<DeepResult> {
  const { engine, seed, cases: limit = CASES, report, steps = OWN_LIFE } = options;
  const known = await recordOwnCalls(engine, steps);
  const calls = [...known.values()].flat().length;
  const all: OwnVerdict[] = [];
  // What was stopped by another case's failure is tried once more, among others.
  for (let left: readonly OwnCase[] = chosenCases(known, seed, limit); left.length > 0; ) {
    const lives = planLives(left);
    report(`${left.length} cases in calls of operations, in ${lives.length} lives`);
    const results = await pMap(lives, (life) => liveAlone(options, life), { concurrency: CONCURRENCY });
    all.push(...results.flatMap(({ verdicts }) => verdicts));
    left = results.flatMap(({ untried }) => untried);
  }
  const failed = all.filter((verdict) => !isWell(verdict)).map((verdict) => failureText(verdict, seed));
  // What was not reached is no case, but must be right as well.
  const reached = all.filter((verdict) => verdict.wasInjected || !isWell(verdict));
  const most = Math.max(0, ...all.map(({ runs }) => runs));
  return {
    rows: [
      {
        name: "in calls of operations",
        cases: reached.length,
        survived: reached.filter(isWell).length,
        lost: all.flatMap(({ lost }) => lost).length,
        orphans: all.flatMap(({ orphans }) => orphans).length,
      },
    ],
    figures: [
      `Faults in calls of operations: ${reached.length} cases at ${calls} calls; all was well after ${most} runs at most`,
    ],
    failures: [
      ...failed,
      // A call that polls is made as often as it takes, so that a further one may not come.
      ...all
        .filter(({ wasInjected, tried: { number = 1 } }) => !wasInjected && number === 1)
        .map(({ tried }) => `not reached: ${ownCaseText(tried)}`),
    ],
  };
}
