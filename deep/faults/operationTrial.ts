/** Tries cases in the life of one tenant. */
import { setTimeout as sleep } from "node:timers/promises";
import { OperationError } from "../../operations/errors.ts";
import type { Findings } from "../kills/killStack.ts";
import { type OwnCase, rulesOf } from "./operationCalls.ts";
import { OWN_LIFE, type OwnStep, REPAIR, stepsWith } from "./operationLife.ts";
import type { OperationStack } from "./operationStack.ts";

export interface OwnVerdict extends Findings {
  tried: OwnCase;
  /** Whether its fault happened: a call that was not made cannot fail. */
  wasInjected: boolean;
  /** Runs until all was well, the one with the faults included. */
  runs: number;
}

export function isWell({ lost, orphans, wrong }: Findings): boolean {
  return lost.length + orphans.length + wrong.length === 0;
}

/** After the one with the faults. */
const MORE_RUNS = 2;
/** Far longer than any operation takes that ends, on a busy machine too. Milliseconds. */
const LONGEST = 300_000;

/** What is tried in one life: a step that changes the tenant has one case at most. */
export type Life = ReadonlyMap<OwnStep, readonly OwnCase[]>;

/** All cases, in as few lives as they fit in. */
export function planLives(cases: readonly OwnCase[]): Life[] {
  const queues = new Map(OWN_LIFE.map((step) => [step, cases.filter((one) => one.step === step)]));
  const changing = [...queues].map(([{ onlyLooks }, { length }]) => (onlyLooks ? 1 : length));
  const count = cases.length === 0 ? 0 : Math.max(...changing);
  return Array.from({ length: count }, (_, index) => {
    const share = (queue: OwnCase[]) => queue.splice(0, Math.ceil(queue.length / (count - index)));
    return new Map([...queues].map(([step, queue]) => [step, share(queue)]));
  });
}

interface Ended {
  /** Undefined when it succeeded. */
  error?: OperationError | undefined;
  /** It says that a repair is needed. */
  wantsRepair?: boolean;
  /** What no operation may do, whatever happens to it. */
  offence?: string | undefined;
}

const REPAIR_COMMAND = "tenant-edge repair";

async function run({ operations }: OperationStack, step: OwnStep): Promise<Ended> {
  const stop = new AbortController();
  const hung = sleep(LONGEST, `it did not end in ${LONGEST / 1000} s`, { signal: stop.signal });
  const told: string[] = [];
  const wantsRepair = () => told.some((text) => text.includes(REPAIR_COMMAND));
  const ended = step
    .run(operations, { signal: stop.signal, onProgress: ({ message }) => told.push(message) })
    .then((): Ended => ({ wantsRepair: wantsRepair() }))
    .catch((error: unknown): Ended => {
      if (!(error instanceof OperationError)) {
        return { offence: `it failed with ${error instanceof Error ? error.stack : String(error)}` };
      }
      told.push(error.message, ...error.ways);
      return { error, wantsRepair: wantsRepair() };
    });
  try {
    const first = await Promise.race([ended, hung]);
    return typeof first === "string" ? { offence: first } : first;
  } finally {
    stop.abort();
    await hung.catch(() => {});
  }
}

/** As an operator does it: what is told, and then the same again. */
async function again(target: OperationStack, step: OwnStep, { wantsRepair }: Ended): Promise<Ended> {
  if (wantsRepair === true && step !== REPAIR) await run(target, REPAIR);
  return run(target, step);
}

/** Runs the operation again until it succeeds and all is as it should be. */
async function attempt(target: OperationStack, tried: OwnCase): Promise<OwnVerdict> {
  const { faults } = target;
  const before = target.before();
  const rules = rulesOf(tried);
  const mark = faults.log.length;
  faults.use(rules);
  let ended = await run(target, tried.step);
  faults.use([]);
  const wasInjected = faults.log.slice(mark).some(({ rule }) => rule === rules.length - 1);
  for (let runs = 1; ; runs += 1) {
    const { error, offence } = ended;
    const verdict = { tried, wasInjected, runs };
    if (offence !== undefined) return { ...verdict, lost: [], orphans: [], wrong: [offence] };
    const isLast = runs > MORE_RUNS;
    if (error === undefined || isLast) {
      const found = await target.look(before, target.listed());
      if (error === undefined && isWell(found)) return { ...verdict, ...found };
      const complaint = error === undefined ? [] : [`it still fails: ${error.message}`];
      if (isLast) return { ...verdict, ...found, wrong: [...found.wrong, ...complaint] };
    }
    ended = await again(target, tried.step, ended);
  }
}

/** Ends with the first case that does not end well: those that are left are given back. */
export async function live(
  target: OperationStack,
  life: Life,
  onVerdict: (verdict: OwnVerdict) => void,
): Promise<{ verdicts: OwnVerdict[]; untried: OwnCase[] }> {
  const verdicts: OwnVerdict[] = [];
  const left = OWN_LIFE.flatMap((step) => life.get(step) ?? []);
  for (const step of stepsWith(left.map((tried) => tried.step))) {
    const cases = life.get(step) ?? [];
    if (cases.length === 0) {
      const { error, offence } = await run(target, step);
      const problem = error?.message ?? offence;
      if (problem !== undefined) throw new Error(`${step.name} failed without any fault: ${problem}`);
    }
    for (const tried of cases) {
      left.shift();
      const verdict = await attempt(target, tried);
      verdicts.push(verdict);
      onVerdict(verdict);
      if (!isWell(verdict)) return { verdicts, untried: left };
    }
  }
  return { verdicts, untried: [] };
}
