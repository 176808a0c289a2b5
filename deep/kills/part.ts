/** Kills of the engine, the program and operations at moments that a seed decides, and a full disk under the state. */
import pMap from "p-map";
import { chance } from "../../sandbox/faults/faults.ts";
import type { DeepOptions, DeepPart, DeepResult, DeepRow } from "../part.ts";
import { FULL_DISK_ENTRIES, FullDiskRun, fullDisk } from "./fullDisk.ts";
import { killedOperation } from "./killedOperation.ts";
import { killedUpdate, Way } from "./killedUpdate.ts";
import { KillStack } from "./killStack.ts";
import { drawMoment, type Measured, type Moment } from "./moments.ts";
import { OPERATIONS_LIFE } from "./operations.ts";
import { failureText, isSurvived, type Outcome } from "./outcome.ts";
import { Role } from "./processes.ts";
import { LIFE } from "./updates.ts";

/** Kills of each kind in a deep run. */
const KILLS = 20;
const FULL_DISKS = 2;
/** Bytes: an update that makes a tenant writes more. */
const MOST_ROOM = 150_000;
/** Stacks at the same time. */
const AT_ONCE = 2;
/** A moment may come after the end of its run: so many runs are tried for a kill, at most. */
const TRIES = 3;

interface Outcomes {
  name: string;
  outcomes: Outcome[];
}

interface Lane {
  name: string;
  /** What happens to a stack, over and over. */
  steps: readonly Measured[];
  run(target: KillStack, step: number, moment: Moment, kill: number): Promise<Outcome>;
}

const updates = (name: string, role: Role): Lane => ({
  name,
  steps: LIFE,
  run: (target, step, moment, kill) =>
    killedUpdate(target, at(LIFE, step), role, moment, kill % 2 === 0 ? Way.Repair : Way.Cancel),
});

const LANES: readonly Lane[] = [
  {
    name: "kill of the operation",
    steps: OPERATIONS_LIFE,
    run: (target, step, moment, kill) =>
      // As a process is killed, and as a machine loses its power.
      killedOperation(
        target,
        at(OPERATIONS_LIFE, step),
        kill % 2 === 0 ? [Role.Operation] : Object.values(Role),
        moment,
      ),
  },
  updates("kill of the engine", Role.Engine),
  updates("kill of the program", Role.Program),
];

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new Error(`there is no step ${index}`);
  return found;
}

/** So many kills that hit, one after another on the same stack; on a new one after a failure. */
async function killsOf({ name, steps, run }: Lane, cases: number, options: DeepOptions): Promise<Outcomes> {
  const { engine, seed, report } = options;
  const outcomes: Outcome[] = [];
  const hits = () => outcomes.filter(({ isHit }) => isHit).length;
  let target: KillStack | undefined;
  let step = 0;
  try {
    for (let tries = 0; hits() < cases && tries < cases * TRIES; tries += 1) {
      target ??= await KillStack.open(engine, []);
      const outcome = await run(target, step, drawMoment(at(steps, step), seed, name, tries), tries);
      outcomes.push(outcome);
      report(summary(outcome));
      step = (step + 1) % steps.length;
      if (isSurvived(outcome)) continue;
      step = 0;
      await target.close();
      target = undefined;
    }
  } finally {
    await target?.close();
  }
  return { name, outcomes };
}

async function fullDisks(cases: number, { engine, seed, report }: DeepOptions): Promise<Outcomes> {
  const outcomes: Outcome[] = [];
  for (let index = 0; index < cases; index += 1) {
    const target = await KillStack.open(engine, FULL_DISK_ENTRIES);
    const run = index % 2 === 0 ? FullDiskRun.Update : FullDiskRun.Operation;
    try {
      const room = Math.round(chance(seed, run, index) * MOST_ROOM);
      const outcome = await fullDisk(target, engine, run, room);
      outcomes.push(outcome);
      report(summary(outcome));
    } finally {
      await target.close();
    }
  }
  return { name: "full disk", outcomes };
}

function summary(outcome: Outcome): string {
  if (!isSurvived(outcome)) return `FAILS: ${failureText(outcome)}`;
  return `${outcome.name}: ends right${outcome.isHit ? "" : " (not hit)"}`;
}

/** What was not hit is no case, but must be right as well. */
function rowOf({ name, outcomes }: Outcomes): DeepRow {
  const cases = outcomes.filter((outcome) => outcome.isHit || !isSurvived(outcome));
  return {
    name,
    cases: cases.length,
    survived: cases.filter(isSurvived).length,
    lost: outcomes.flatMap(({ lost }) => lost).length,
    orphans: outcomes.flatMap(({ orphans }) => orphans).length,
  };
}

async function run(options: DeepOptions): Promise<DeepResult> {
  const began = performance.now();
  const kills = options.cases === undefined ? KILLS : Math.ceil(options.cases / LANES.length);
  const jobs = [
    ...LANES.map((lane) => () => killsOf(lane, kills, options)),
    () => fullDisks(FULL_DISKS, options),
  ];
  const all = await pMap(jobs, (job) => job(), { concurrency: AT_ONCE });
  const seconds = Math.round((performance.now() - began) / 1000);
  return {
    rows: all.map(rowOf),
    figures: [`${kills * LANES.length} kills and ${FULL_DISKS} full disks took ${seconds} s.`],
    failures: all.flatMap(({ outcomes }) =>
      outcomes
        .filter((outcome) => !isSurvived(outcome))
        .map((outcome) => `${failureText(outcome)}\n  seed ${options.seed}`),
    ),
  };
}

export const part: DeepPart = { title: "Kills", run };
