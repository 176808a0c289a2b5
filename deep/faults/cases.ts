/** Which cases there are: every call with every fault, and pairs of faults. */
import { createRequire } from "node:module";
import { chance } from "../../sandbox/faults/faults.ts";
import { FaultKind, FaultPlace } from "../../sandbox/faults/kinds.ts";
import { type FaultCase, type KnownCall, kindsFor } from "./faultCase.ts";
import { Operation } from "./life.ts";
import type { KnownCalls } from "./record.ts";

/** A CommonJS package whose exports the test runner and Node see differently. */
const { make } = createRequire(import.meta.url)("covertable") as typeof import("covertable");

export type CallsByOperation = ReadonlyMap<Operation, KnownCalls>;

/** Every call with every fault that it can have. */
export function singleFaults(known: CallsByOperation): FaultCase[] {
  return [...known].flatMap(([step, { bare, host }]) =>
    [false, true].flatMap((hasHost) =>
      (hasHost ? host : bare).flatMap((at) =>
        kindsFor(at).map((kind): FaultCase => ({ step, hasHost, faults: [{ at, kind }] })),
      ),
    ),
  );
}

/** The same order for the same seed. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  return items
    .map((item, index) => ({ item, order: chance(seed, index) }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

function pick<T>(items: readonly T[], ...words: (string | number)[]): T | undefined {
  return items[Math.floor(chance(...words) * items.length)];
}

/**
 * Two faults in one operation on one tenant: each operation, kind and place of the one meets each of the other in some
 * case. Which call of a place it is, chance decides.
 */
export function pairsOfFaults(known: CallsByOperation, seed: number): FaultCase[] {
  const places = [FaultPlace.cloudflare, FaultPlace.aws] as const;
  const kinds = Object.values(FaultKind).filter((kind) => kind !== FaultKind.staleRead);
  const rows = make({
    step: Object.values(Operation),
    firstPlace: [...places],
    firstKind: kinds,
    secondPlace: [...places],
    secondKind: kinds,
  });
  return rows.flatMap((row, index) => {
    const { bare = [] } = known.get(row.step) ?? {};
    const faultAt = (place: FaultPlace, kind: FaultKind, other?: KnownCall) => {
      const calls = bare.filter(
        (call) => call.where === place && call !== other && kindsFor(call).includes(kind),
      );
      const at = pick(calls, seed, index, other === undefined ? 1 : 2);
      return at === undefined ? [] : [{ at, kind }];
    };
    const first = faultAt(row.firstPlace, row.firstKind);
    const faults = [...first, ...faultAt(row.secondPlace, row.secondKind, first[0]?.at)];
    return faults.length < 2 ? [] : [{ step: row.step, hasHost: false, faults }];
  });
}
