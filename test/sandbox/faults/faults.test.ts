import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FaultCall, Faults } from "../../../sandbox/faults/faults.ts";
import { FaultKind } from "../../../sandbox/faults/kinds.ts";

const URN =
  "urn:pulumi:staging::tenant-edge::tenant-edge:index:Tenant$aws:ec2/instance:Instance::acme-instance";
const run: FaultCall = {
  where: "aws",
  call: "ec2:RunInstances",
  writes: true,
  resource: URN,
  operation: "create",
};
const list: FaultCall = { where: "cloudflare", call: "GET /client/v4/accounts/0/tokens", writes: false };
const kindOf = (faults: Faults, call: FaultCall) => faults.decide(call)?.kind;

describe("a rule", () => {
  it("fits by place, call, resource and operation", () => {
    for (const [rule, fits] of [
      [{}, [true, true]],
      [{ where: "aws" }, [true, false]],
      [{ call: "^GET .*/tokens$" }, [false, true]],
      [{ resource: "::acme-" }, [true, false]],
      [{ resource: "::globex-" }, [false, false]],
      [{ operation: "create" }, [true, false]],
      [{ operation: "delete" }, [false, false]],
    ] as const) {
      const faults = new Faults([{ kind: FaultKind.internalError, ...rule }]);
      expect(
        [run, list].map((call) => kindOf(faults, call) !== undefined),
        JSON.stringify(rule),
      ).toEqual(fits);
    }
  });

  it("can name the calls that go wrong by their number among those that fit", () => {
    const faults = new Faults([{ kind: FaultKind.conflict, where: "aws", calls: [2, 3] }]);
    const kinds = [list, run, list, run, run, run].map((call) => kindOf(faults, call));
    expect(kinds).toEqual([undefined, undefined, undefined, "409", "409", undefined]);
    expect(faults.log).toMatchObject([
      { rule: 0, number: 2, kind: "409", call: "ec2:RunInstances", resource: URN },
      { rule: 0, number: 3 },
    ]);
  });

  it("that comes first wins, and the others count the call too", () => {
    const faults = new Faults([
      { kind: FaultKind.slow, calls: [1] },
      { kind: FaultKind.badGateway, calls: [2] },
    ]);
    expect([run, run, run].map((call) => kindOf(faults, call))).toEqual(["slow", "502", undefined]);
  });

  it("about stale reads concerns no write", () => {
    const faults = new Faults([{ kind: FaultKind.staleRead }]);
    expect([kindOf(faults, run), kindOf(faults, list)]).toEqual([undefined, "stale-read"]);
  });

  it("with a probability lets about that share go wrong, the same ones for a seed, whatever comes between", () => {
    const names = Array.from({ length: 400 }, (_, index) => `${URN}-${index}`);
    const wrong = (seed: number, order: readonly string[]) => {
      const faults = new Faults([{ kind: FaultKind.slow, probability: 0.25, seed }]);
      return new Set(order.filter((resource) => kindOf(faults, { ...run, resource }) !== undefined));
    };
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (seed, other) => {
        const found = wrong(seed, names);
        expect(found.size).toBeGreaterThan(40);
        expect(found.size).toBeLessThan(170);
        expect(wrong(seed, names.toReversed())).toEqual(found);
        fc.pre(other !== seed);
        expect(wrong(other, names)).not.toEqual(found);
      }),
      { seed: 6, numRuns: 15 },
    );
  });

  it("never goes wrong at 0 and always does at 1", () => {
    fc.assert(
      fc.property(fc.nat(), fc.string(), (seed, resource) => {
        const faults = (probability: number) => new Faults([{ kind: FaultKind.slow, probability, seed }]);
        expect(kindOf(faults(0), { ...run, resource })).toBeUndefined();
        expect(kindOf(faults(1), { ...run, resource })).toBe("slow");
      }),
      { seed: 6 },
    );
  });
});
