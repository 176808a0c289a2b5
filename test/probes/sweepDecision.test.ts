import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Condition, SweepAction } from "../../operations/choices.ts";
import type { SweepState } from "../../probes/keptProbes.ts";
import {
  acted,
  coolDownEnd,
  counted,
  decide,
  FAILURES_BEFORE_ACTION,
  Remedy,
  type Swept,
} from "../../probes/sweepDecision.ts";

const NOW = new Date("2026-11-22T12:00:00Z");
const MINUTE = 60_000;

const probe = fc.record({
  condition: fc.constantFrom(...Object.values(Condition)),
  tunnelStatus: fc.constantFrom(null, "healthy", "degraded", "down", "inactive"),
});
const state = fc.record({
  failures: fc.integer({ min: 0, max: 5 }),
  tunnelFailures: fc.integer({ min: 0, max: 5 }),
  countedAt: fc.constant(NOW.toISOString()),
  actions: fc.integer({ min: 0, max: 8 }),
  actedAt: fc.option(
    fc
      .integer({ min: 0, max: 600 })
      .map((minutes) => new Date(NOW.getTime() - minutes * MINUTE).toISOString()),
  ),
});
const swept: fc.Arbitrary<Swept> = fc.record({
  probe,
  hasHosts: fc.boolean(),
  sessionManager: fc.boolean(),
  state,
});
const limits = fc.record({
  act: fc.boolean(),
  maxActions: fc.integer({ min: 0, max: 4 }),
  coolDownMinutes: fc.integer({ min: 1, max: 60 }),
  now: fc.constant(NOW),
});

describe("whom a sweep acts on", () => {
  it("is bounded, and never a tenant that it must leave alone", () => {
    fc.assert(
      fc.property(fc.array(swept, { maxLength: 12 }), limits, (all, given) => {
        const decided = decide(all, given);
        expect(decided).toHaveLength(all.length);
        const actedOn = decided.filter(({ remedy }) => remedy !== undefined);
        expect(actedOn.length).toBeLessThanOrEqual(given.act ? given.maxActions : 0);
        for (const { probe, hasHosts, state, action, remedy } of actedOn) {
          expect(action).toBe(remedy);
          expect(hasHosts).toBe(true);
          expect([Condition.Error, Condition.Degraded]).toContain(probe.condition);
          expect(["degraded", "down", "inactive"]).toContain(probe.tunnelStatus);
          expect(state.tunnelFailures).toBeGreaterThanOrEqual(FAILURES_BEFORE_ACTION);
          const end = coolDownEnd(state, given.coolDownMinutes)?.getTime() ?? 0;
          expect(end).toBeLessThanOrEqual(NOW.getTime());
          if (state.actedAt !== null) {
            expect(NOW.getTime() - Date.parse(state.actedAt)).toBeGreaterThanOrEqual(
              given.coolDownMinutes * MINUTE,
            );
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("is the same when it only looks, in other words", () => {
    fc.assert(
      fc.property(fc.array(swept, { maxLength: 12 }), limits, (all, given) => {
        const acting = decide(all, { ...given, act: true }).map(({ action, remedy }) =>
          remedy === undefined ? action : SweepAction.Planned,
        );
        expect(decide(all, { ...given, act: false }).map(({ action }) => action)).toEqual(acting);
      }),
    );
  });

  it("is each of them as long as the bound is not reached", () => {
    const down: Swept = {
      probe: { condition: Condition.Error, tunnelStatus: "down" },
      hasHosts: true,
      sessionManager: true,
      state: { failures: 2, tunnelFailures: 2, countedAt: NOW.toISOString(), actions: 0, actedAt: null },
    };
    const given = { act: true, maxActions: 2, coolDownMinutes: 15, now: NOW };
    const actions = decide([down, { ...down, hasHosts: false }, down, down], given).map(
      ({ action }) => action,
    );
    expect(actions).toEqual(["restart-connector", "none", "restart-connector", "postponed"]);
    const [again] = decide([{ ...down, state: acted(down.state, NOW) }], given);
    expect(again).toMatchObject({ action: "cooling-down", remedy: undefined });
    expect(again?.detail).toContain("2026-11-22T12:15:00.000Z");
  });

  it("begins with the connector where that can be restarted, goes on with the host, and takes ever longer", () => {
    let state: SweepState | undefined;
    const remedies: [string, number][] = [];
    let now = NOW.getTime();
    for (let sweep = 0; sweep < 12 * 24; sweep += 1, now += 5 * MINUTE) {
      const at = new Date(now);
      const down = { condition: Condition.Error, tunnelStatus: "down" };
      state = counted(state, down, { startedAt: at, now: at });
      const given = { act: true, maxActions: 1, coolDownMinutes: 15, now: at };
      const [decision] = decide([{ probe: down, hasHosts: true, sessionManager: true, state }], given);
      if (decision?.remedy === undefined) continue;
      remedies.push([decision.remedy, (now - NOW.getTime()) / MINUTE]);
      state = acted(state, at);
    }
    expect(remedies).toEqual([
      [Remedy.RestartConnector, 5],
      [Remedy.ReplaceHost, 20],
      [Remedy.ReplaceHost, 50],
      [Remedy.ReplaceHost, 110],
      [Remedy.ReplaceHost, 230],
      [Remedy.ReplaceHost, 470],
      [Remedy.ReplaceHost, 710],
      [Remedy.ReplaceHost, 950],
      [Remedy.ReplaceHost, 1190],
      [Remedy.ReplaceHost, 1430],
    ]);
  });
});

describe("what a sweep counts", () => {
  const times = (minute: number) => {
    const at = new Date(NOW.getTime() + minute * MINUTE);
    return { startedAt: at, now: at };
  };
  const run = (...found: [string, string | null][]) => {
    let state: SweepState | undefined;
    for (const [minute, [condition, tunnelStatus]] of found.entries()) {
      state = counted(state, { condition: condition as Condition, tunnelStatus }, times(minute));
    }
    return [state?.failures, state?.tunnelFailures];
  };

  it("is failures in a row", () => {
    expect(run(["Error", "down"], ["Degraded", "degraded"])).toEqual([2, 2]);
    expect(run(["Error", "down"], ["Ready", "healthy"], ["Error", "down"])).toEqual([1, 1]);
    expect(run(["Error", "down"], ["Disabled", "down"])).toEqual([0, 0]);
  });

  it("is not another trouble of the tenant before its tunnel went down", () => {
    expect(run(["Degraded", "healthy"], ["Degraded", "healthy"], ["Error", "down"])).toEqual([3, 1]);
  });

  it("is neither more nor less by a sweep that could not ask", () => {
    expect(run(["Error", "down"], ["Unknown", null])).toEqual([1, 1]);
    expect(run(["Error", "down"], ["Error", null], ["Error", "down"])).toEqual([3, 2]);
  });

  it("is one failure for two sweeps at the same time, or one right after the other", () => {
    const down = { condition: Condition.Error, tunnelStatus: "down" };
    const at = (second: number) => new Date(NOW.getTime() + second * 1000);
    let state: SweepState | undefined;
    const counts: (number | undefined)[] = [];
    for (const [begin, end] of [
      [0, 2],
      [0, 3],
      [10, 12],
      [31, 33],
      [40, 41],
      [65, 66],
    ] as const) {
      state = counted(state, down, { startedAt: at(begin), now: at(end) });
      counts.push(state.tunnelFailures);
    }
    expect(counts).toEqual([1, 1, 1, 1, 2, 2]);
  });

  it("forgets its actions once the tunnel is healthy, and not when they were", () => {
    const state = acted(counted(undefined, { condition: "Error", tunnelStatus: "down" }, times(0)), NOW);
    const healed = counted(state, { condition: "Degraded", tunnelStatus: "healthy" }, times(1));
    expect([state.actions, healed.actions, healed.actedAt]).toEqual([1, 0, NOW.toISOString()]);
  });
});
