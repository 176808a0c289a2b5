import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Event, type State, type Transition, transition } from "../../lifecycle/states.ts";

const DAY = 86_400_000;
const START = Date.parse("2026-11-22T10:00:00Z");
const at = (day: number) => new Date(START + day * DAY).toISOString();

/** What somebody would note down about a tenant, without the words of the machine. */
interface Notes {
  exists: boolean;
  serves: boolean;
  since: number;
  until: number;
  /** 0 protected, 1 unprotected, 2 gone. */
  bucket: number;
  mayGo: boolean;
}

const NOTHING: Notes = { exists: false, serves: false, since: 0, until: 0, bucket: 0, mayGo: false };

/** Events with days in the place of times. */
type Asked =
  | { kind: "enroll" | "enable" | "release-bucket" | "delete-bucket" | "remove" }
  | { kind: "disable"; day: number; days: number; renew: boolean }
  | { kind: "purge"; day: number; waived: boolean };

/** The notes afterwards; undefined when it must be refused. */
function noted(notes: Notes, asked: Asked): Notes | undefined {
  const isOut = notes.exists && !notes.serves;
  switch (asked.kind) {
    case "enroll":
      return isOut ? undefined : { ...NOTHING, exists: true, serves: true };
    case "enable":
      return notes.exists ? { ...NOTHING, exists: true, serves: true } : undefined;
    case "disable":
      if (!notes.exists) return undefined;
      if (isOut) return asked.renew ? { ...notes, until: asked.day + asked.days } : notes;
      return { ...NOTHING, exists: true, since: asked.day, until: asked.day + asked.days };
    case "release-bucket":
      return isOut ? { ...notes, bucket: Math.max(notes.bucket, 1) } : undefined;
    case "delete-bucket":
      return isOut && notes.bucket >= 1 ? { ...notes, bucket: 2 } : undefined;
    case "purge": {
      const allowed = notes.mayGo || asked.waived || notes.until <= asked.day;
      return isOut && allowed ? { ...notes, bucket: Math.max(notes.bucket, 1), mayGo: true } : undefined;
    }
    case "remove":
      if (!notes.exists) return notes;
      return isOut && notes.mayGo ? NOTHING : undefined;
  }
}

function eventOf(asked: Asked): Event {
  if (asked.kind === "disable") {
    const { renew } = asked;
    return { kind: "disable", now: at(asked.day), keepUntil: at(asked.day + asked.days), renew };
  }
  return asked.kind === "purge"
    ? { kind: "purge", now: at(asked.day), waived: asked.waived }
    : { kind: asked.kind };
}

function asState(notes: Notes): State {
  if (!notes.exists) return { kind: "absent" };
  if (notes.serves) return { kind: "active" };
  return {
    kind: "disabled",
    since: at(notes.since),
    keepUntil: at(notes.until),
    bucket: (["kept", "released", "deleted"] as const)[notes.bucket] ?? "kept",
    purge: notes.mayGo,
  };
}

const day = fc.integer({ min: 0, max: 60 });
const asked: fc.Arbitrary<Asked> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("enroll", "enable", "release-bucket", "delete-bucket", "remove" as const),
  }),
  fc.record({
    kind: fc.constant("disable" as const),
    day,
    days: fc.integer({ min: 0, max: 40 }),
    renew: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("purge" as const), day, waived: fc.boolean() }),
);

/** Every state that a run of events passes, with what led there. */
function walk(
  events: readonly Asked[],
  step: (before: State, event: Event, result: Transition) => void,
): State {
  let state: State = { kind: "absent" };
  for (const event of events.map(eventOf)) {
    const result = transition(state, event);
    step(state, event, result);
    state = result.state ?? state;
  }
  return state;
}

const RUNS = fc.array(asked, { maxLength: 25 });

describe("the states of a tenant", () => {
  it("are those of the model, and what the model refuses is refused", () => {
    fc.assert(
      fc.property(RUNS, (events) => {
        let notes = NOTHING;
        let state: State = { kind: "absent" };
        for (const each of events) {
          const next = noted(notes, each);
          const result = transition(state, eventOf(each));
          expect(result.refusal === undefined).toBe(next !== undefined);
          notes = next ?? notes;
          state = result.state ?? state;
          expect(state).toEqual(asState(notes));
        }
      }),
    );
  });

  it("do not change by the same event again, even at a later time", () => {
    fc.assert(
      fc.property(RUNS, asked, day, (events, last, later) => {
        const reached = transition(
          walk(events, () => {}),
          eventOf(last),
        ).state;
        fc.pre(reached !== undefined);
        // What renews says itself until when.
        const again =
          "day" in last && !("renew" in last && last.renew) ? { ...last, day: last.day + later } : last;
        expect(transition(reached, eventOf(again))).toEqual({ state: reached });
      }),
    );
  });

  it("lead to absent from a disabled tenant that may go, and from nowhere else", () => {
    fc.assert(
      fc.property(RUNS, (events) => {
        walk(events, (before, event, { state }) => {
          if (state?.kind !== "absent" || before.kind === "absent") return;
          expect(event.kind).toBe("remove");
          expect(before).toMatchObject({ kind: "disabled", purge: true });
        });
      }),
    );
  });

  it("let a tenant go only when its time is over or when somebody has said so", () => {
    fc.assert(
      fc.property(RUNS, (events) => {
        walk(events, (before, event, { state }) => {
          const mayGoNow = state?.kind === "disabled" && state.purge;
          const mightBefore = before.kind === "disabled" && before.purge;
          if (!mayGoNow || mightBefore) return;
          if (event.kind !== "purge") throw new Error(`${event.kind} lets it go`);
          expect(event.waived || Date.parse(state.keepUntil) <= Date.parse(event.now)).toBe(true);
        });
      }),
    );
  });

  it("take a bucket's protection before they take the bucket, and give neither back without enabling", () => {
    const order = ["kept", "released", "deleted"];
    fc.assert(
      fc.property(RUNS, (events) => {
        walk(events, (before, _, { state }) => {
          if (state?.kind !== "disabled" || before.kind !== "disabled") return;
          const [from, to] = [order.indexOf(before.bucket), order.indexOf(state.bucket)];
          expect(to === from || to === from + 1).toBe(true);
        });
      }),
    );
  });
});

it.each([
  ["enroll", { kind: "disabled" }, { kind: "enroll" }, "disabled"],
  [
    "disable what is not there",
    { kind: "absent" },
    { kind: "disable", now: at(0), keepUntil: at(1) },
    "not-there",
  ],
  ["purge an active one", { kind: "active" }, { kind: "purge", now: at(0), waived: true }, "not-disabled"],
  ["remove an active one", { kind: "active" }, { kind: "remove" }, "not-disabled"],
  [
    "purge too early",
    { kind: "disabled" },
    { kind: "purge", now: at(1), waived: false },
    "retention-not-over",
  ],
  ["remove before purge", { kind: "disabled" }, { kind: "remove" }, "not-purged"],
  ["delete a protected bucket", { kind: "disabled" }, { kind: "delete-bucket" }, "not-released"],
] as const)("says why it does not %s", (_, { kind }, event, refusal) => {
  const out = { since: at(0), keepUntil: at(2), bucket: "kept", purge: false } as const;
  const state: State = kind === "disabled" ? { kind, ...out } : { kind };
  expect(transition(state, event)).toEqual({ refusal });
});
