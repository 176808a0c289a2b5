/** The calls that operations make themselves, and which of them meet which faults. */
import type { Engine } from "../../sandbox/engine/engine.ts";
import { chance, type FaultCall } from "../../sandbox/faults/faults.ts";
import { FaultKind, FaultPlace } from "../../sandbox/faults/kinds.ts";
import type { FaultRuleInput } from "../../sandbox/faults/rule.ts";
import { shuffled } from "./cases.ts";
import { type OwnStep, stepsWith } from "./operationLife.ts";
import { OperationStack } from "./operationStack.ts";

/** `<id>` stands for what a cloud has chosen. */
export interface OwnCall extends Pick<FaultCall, "where" | "call"> {
  /** How often the operation makes it. */
  times: number;
}

export interface OwnCase {
  step: OwnStep;
  at: OwnCall;
  kind: FaultKind;
  /** Which of these calls goes wrong, from 1. Default: all of them. */
  number?: number;
}

const CHOSEN_ID = /[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** A life without further faults is watched. @param wanted what is asked about. */
export async function recordOwnCalls(
  engine: Engine,
  wanted: readonly OwnStep[],
): Promise<Map<OwnStep, OwnCall[]>> {
  const target = await OperationStack.open(engine);
  const known = new Map<OwnStep, OwnCall[]>();
  try {
    for (const step of stepsWith(wanted)) {
      const calls = new Map<string, OwnCall>();
      target.before();
      const isWanted = wanted.includes(step);
      target.faults.use(isWanted ? step.causes : []);
      const stop = target.faults.onCall(({ where, call, resource }) => {
        if (resource !== undefined) return;
        const made = { where, call: call.replace(CHOSEN_ID, "<id>") };
        const key = `${made.where} ${made.call}`;
        calls.set(key, { ...made, times: (calls.get(key)?.times ?? 0) + 1 });
      });
      await step.run(target.operations, {});
      stop();
      // What is asked for side by side comes in any order.
      if (isWanted)
        known.set(
          step,
          [...calls].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, call]) => call),
        );
    }
  } finally {
    await target.close();
  }
  return known;
}

/** A stale read is what the next look finds; it is tried with what providers read. */
const KINDS = Object.values(FaultKind).filter((kind) => kind !== FaultKind.staleRead);

/** The share of faults that last as long as the operation: the clients try again after a single one. */
const LASTING = 0.5;

/** AWS never says how long to wait. */
function kindsFor({ where }: OwnCall): FaultKind[] {
  return KINDS.filter(
    (kind) => where === FaultPlace.cloudflare || kind !== FaultKind.tooManyRequestsRetryAfter,
  );
}

/**
 * At most `limit` cases: every call once, then each once more, and so on, always with another kind of fault. The kinds
 * take turns, so that all of them come as often.
 */
export function chosenCases(
  known: ReadonlyMap<OwnStep, readonly OwnCall[]>,
  seed: number,
  limit: number,
): OwnCase[] {
  const targets = shuffled(
    [...known].flatMap(([step, calls]) => calls.map((at) => ({ step, at, kinds: kindsFor(at) }))),
    seed,
  );
  const uses = new Map<FaultKind, number>();
  const cases: OwnCase[] = [];
  while (cases.length < limit && targets.some(({ kinds }) => kinds.length > 0)) {
    for (const { step, at, kinds } of targets) {
      if (cases.length >= limit) break;
      const [kind] = shuffled(kinds, seed + cases.length).toSorted(
        (one, other) => (uses.get(one) ?? 0) - (uses.get(other) ?? 0),
      );
      if (kind === undefined) continue;
      kinds.splice(kinds.indexOf(kind), 1);
      uses.set(kind, (uses.get(kind) ?? 0) + 1);
      const lasts = chance(seed, "lasts", cases.length) < LASTING;
      const number = 1 + Math.floor(chance(seed, "number", cases.length) * at.times);
      cases.push({ step, at, kind, ...(lasts ? {} : { number }) });
    }
  }
  return cases;
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** The rules by which a case happens; the last one is its own. */
export function rulesOf({ step, at, kind, number }: OwnCase): FaultRuleInput[] {
  const call = `^${escaped(at.call).replaceAll("<id>", "[0-9a-f-]+")}$`;
  return [...step.causes, { kind, where: at.where, call, ...(number !== undefined && { calls: [number] }) }];
}

/** For people, with all that is needed to try it again. */
export function ownCaseText({ step, at, kind, number }: OwnCase): string {
  return `${step.name}: ${kind} at its own ${at.where} ${at.call}${number === undefined ? ", every time" : ` #${number}`}`;
}
