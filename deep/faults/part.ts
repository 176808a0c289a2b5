/** Faults at every call of a tenant's life, one by one and in pairs, and at those that operations make themselves. */
import pMap from "p-map";
import type { Engine } from "../../sandbox/engine/engine.ts";
import { FaultKind } from "../../sandbox/faults/kinds.ts";
import type { DeepOptions, DeepPart, DeepResult, DeepRow } from "../part.ts";
import { pairsOfFaults, shuffled, singleFaults } from "./cases.ts";
import { caseText, type FaultCase } from "./faultCase.ts";
import { Operation } from "./life.ts";
import { tryOwnCalls } from "./operationFaults.ts";
import { planStacks, type StackPlan } from "./plan.ts";
import { recordCalls } from "./record.ts";
import { isWell, Trial, type TrialResult, type Verdict } from "./trial.ts";
import { openTrialStack } from "./trialStack.ts";

/** Stacks at a time. */
const CONCURRENCY = 2;

/** How often a case is tried that others leave without a chance. */
const ROUNDS = 3;

const PAIRS = "two faults";

const rowOf = ({ faults }: FaultCase) => (faults.length > 1 ? PAIRS : (faults[0]?.kind ?? ""));

function rows(verdicts: readonly Verdict[]): DeepRow[] {
  return [...Object.values(FaultKind), PAIRS].flatMap((name) => {
    const own = verdicts.filter(({ tried, wasInjected }) => wasInjected && rowOf(tried) === name);
    if (own.length === 0) return [];
    const sum = (count: (verdict: Verdict) => number) => own.reduce((all, one) => all + count(one), 0);
    return [
      {
        name,
        cases: own.length,
        survived: own.filter(isWell).length,
        lost: sum(({ lost }) => lost.length),
        orphans: sum(({ orphans }) => orphans.length),
      },
    ];
  });
}

function failureText({ tried, lost, orphans, problems }: Verdict, seed: number): string {
  const parts = [
    ...lost.map((one) => `  lost: ${one}`),
    ...orphans.map((one) => `  left behind: ${one}`),
    ...problems.map((one) => `  ${one}`),
  ];
  return [`${caseText(tried)} (seed ${seed})`, ...parts].join("\n");
}

async function tryStack(engine: Engine, plan: StackPlan): Promise<TrialResult> {
  const stack = await openTrialStack(engine);
  try {
    return await new Trial(stack, plan).run();
  } finally {
    await stack.close();
  }
}

/** At most `limit` cases, of every kind of fault at least one as far as they go. */
function chosen(cases: readonly FaultCase[], seed: number, limit = Number.POSITIVE_INFINITY): FaultCase[] {
  const inOrder = shuffled(cases, seed);
  if (inOrder.length <= limit) return inOrder;
  const firsts = new Map(inOrder.toReversed().map((one) => [rowOf(one), one]));
  const rest = inOrder.filter((one) => firsts.get(rowOf(one)) !== one);
  return [...firsts.values(), ...rest].slice(0, limit);
}

export interface FaultOptions extends DeepOptions {
  /** What is tried of a tenant's life; creation and an end of it have to be among them. Default: all of it. */
  operations?: readonly Operation[];
  /** Whether hosts are tried too. Default true. */
  hosts?: boolean;
}

export async function tryFaults(options: FaultOptions): Promise<DeepResult> {
  const { engine, seed, cases: limit, report, isTimeUp = () => false } = options;
  const { operations = Object.values(Operation), hosts = true } = options;
  const known = await recordCalls(engine, operations);
  const singles = singleFaults(known).filter(({ hasHost }) => hosts || !hasHost);
  const cases = chosen([...singles, ...pairsOfFaults(known, seed)], seed, limit);
  const all: Verdict[] = [];
  // A case that another one's failure left without its chance is tried once more, among others.
  let left = cases;
  let omitted = 0;
  for (let round = 0; round < ROUNDS && left.length > 0; round += 1) {
    // Whatever the time is up for, some of each kind was tried before.
    const plans = shuffled(planStacks(left), seed);
    report(`${left.length} cases in ${plans.length} stacks`);
    const results = await pMap(
      plans,
      async (plan, index) => {
        if (isTimeUp()) {
          omitted += plan.steps.reduce((sum, { cases: planned }) => sum + planned.size, 0);
          return { verdicts: [], untried: [] };
        }
        const { verdicts, untried } = await tryStack(engine, plan);
        const well = verdicts.filter(isWell).length;
        for (const verdict of verdicts) if (!isWell(verdict)) report(failureText(verdict, seed));
        report(
          `stack ${index + 1}: ${well} of ${verdicts.length} cases well, ${untried.length} to be tried again`,
        );
        return { verdicts, untried };
      },
      { concurrency: CONCURRENCY },
    );
    all.push(...results.flatMap(({ verdicts }) => verdicts));
    left = results.flatMap(({ untried }) => untried);
  }
  const most = Math.max(0, ...all.map(({ runs }) => runs));
  return {
    rows: rows(all),
    figures: [
      `Faults: ${all.filter(({ wasInjected }) => wasInjected).length} cases at ${calls(singles)} calls; all was well after ${most} runs at most`,
      ...(omitted === 0 ? [] : [`Faults: ${omitted} further cases were not tried: the time was up`]),
    ],
    failures: [
      ...all.filter((verdict) => !isWell(verdict)).map((verdict) => failureText(verdict, seed)),
      ...[...unreached(all), ...left].map((tried) => `not reached: ${caseText(tried)}`),
    ],
  };
}

/** A call that polls is made as often as it takes, so that a further one may not come. */
function unreached(verdicts: readonly Verdict[]): FaultCase[] {
  return verdicts
    .filter(({ wasInjected, tried }) => !wasInjected && tried.faults.every(({ at }) => at.number === 1))
    .map(({ tried }) => tried);
}

function calls(singles: readonly FaultCase[]): number {
  return new Set(singles.map(({ step, faults }) => JSON.stringify([step, faults[0]?.at]))).size;
}

async function run(options: DeepOptions): Promise<DeepResult> {
  const ofOperations = await tryOwnCalls(options);
  const ofProviders = await tryFaults(options);
  return {
    rows: [...ofProviders.rows, ...ofOperations.rows],
    figures: [...ofProviders.figures, ...ofOperations.figures],
    failures: [...ofProviders.failures, ...ofOperations.failures],
  };
}

export const part: DeepPart = { title: "Faults", run };
