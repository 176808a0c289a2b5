import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALLOWANCE, allowanceText, parseAllowance } from "../../lifecycle/allowance.ts";
import { addChanges, BlastRadius, freeTenants } from "../../lifecycle/blastRadius.ts";
import { parseDeployed } from "../../lifecycle/deployed.ts";
import { casualties, type Holdings, Kind } from "../../lifecycle/holdings.ts";
import { output } from "./outputs.ts";

const bucket = (jurisdiction: string): Holdings => ({ bucket: { b: { jurisdiction } } });
const ids = (count: number) => Array.from({ length: count }, (_, index) => `t${index}`);

function deployedOf(count: number, changes: (id: string) => object = () => ({})) {
  return parseDeployed(
    Object.fromEntries(
      ids(count).map((id) => [id, output(id, { holdings: bucket("default"), ...changes(id) })]),
    ),
  );
}

/** Ids that a change of the jurisdiction of these tenants is refused for. */
function refusedFor(count: number, changed: readonly string[], allow = "", deployed = deployedOf(count)) {
  const radius = new BlastRadius(deployed, parseAllowance(allow));
  addChanges(
    radius,
    deployed,
    changed.map((id) => [id, bucket("eu")]),
  );
  return radius.excess().map(({ tenant }) => tenant);
}

describe("what a change takes away", () => {
  it("is what is gone or differs in a value that both sides know", () => {
    const before: Holdings = {
      record: { "shop.example.com": {} },
      bucket: { b: { jurisdiction: "default" } },
      token: { 1: {}, 2: {} },
      host: { 1: { image: "ami-1", type: "a" }, 2: { image: "ami-1", old: 1 } },
    };
    const after: Holdings = {
      bucket: { b: { jurisdiction: "eu" }, c: {} },
      token: { 2: {}, 3: {} },
      host: { 1: { image: "ami-2", type: "b" }, 2: { image: "ami-1", volumeGiB: 8 } },
    };
    expect(casualties("acme", before, after).map(({ what }) => what)).toEqual([
      "record shop.example.com deleted",
      "bucket b replaced: jurisdiction default -> eu",
      "token 1 deleted",
      "host 1 replaced: image ami-1 -> ami-2, type a -> b",
    ]);
    expect(casualties("acme", null, after)).toEqual([]);
    expect(casualties("acme", before, before)).toEqual([]);
  });
});

describe("the blast radius of a run", () => {
  it("is one tenant, or a twentieth of the stack's", () => {
    expect([0, 1, 39, 40, 59, 60, 500].map(freeTenants)).toEqual([1, 1, 1, 2, 2, 3, 25]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 80 }), fc.integer({ min: 0, max: 80 }), (count, some) => {
        const changed = ids(count).slice(0, some);
        const isTooMuch = changed.length > Math.max(1, Math.floor(count / 20));
        expect(refusedFor(count, changed)).toEqual(isTooMuch ? changed : []);
      }),
    );
  });

  it.each([
    ["all by their number", "buckets of 3 tenants", []],
    ["more than there are", "buckets of 9 tenants", []],
    ["fewer than there are", "buckets of 2 tenants", ["t0", "t1", "t2"]],
    ["another kind", "hosts of 3 tenants", ["t0", "t1", "t2"]],
    ["all but one by name", "t0, t1", []],
    ["one by name", "t0", ["t1", "t2"]],
    ["some by name and the rest by number", "t0,buckets of 2 tenants", []],
  ])("lets go what was named: %s", (_, allow, refused) => {
    expect(refusedFor(20, ["t0", "t1", "t2"], allow)).toEqual(refused);
  });

  it.each([
    ["may go", { disabled: { since: "", keepUntil: "", bucket: "kept", purge: true } }, []],
    [
      "has a released bucket",
      { disabled: { since: "", keepUntil: "", bucket: "released", purge: false } },
      [],
    ],
    ["is only disabled", { disabled: { since: "", keepUntil: "", bucket: "kept", purge: false } }, ids(3)],
    ["was deployed by an older version", { holdings: undefined }, []],
    ["has holdings that nobody can read", { holdings: 7 }, []],
  ])("takes the last update's word for a tenant that %s", (_, more, refused) => {
    expect(
      refusedFor(
        3,
        ids(3),
        "",
        deployedOf(3, () => more),
      ),
    ).toEqual(refused);
  });

  it("prints words that allow exactly what was refused", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 30 }),
        fc.constantFrom("", "hosts of 2 tenants", "t0"),
        (count, given) => {
          const deployed = deployedOf(30);
          const radius = new BlastRadius(deployed, parseAllowance(given));
          const changes = ids(count).map((id): [string, Holdings] => [id, bucket("eu")]);
          addChanges(radius, deployed, changes);
          const excess = radius.excess();
          if (excess.length === 0) return;
          const words = [...radius.refusal(excess, "nothing was changed").matchAll(/='(.*)'/g)].map(
            ([, text = ""]) => text,
          );
          expect(words.length).toBeGreaterThan(0);
          for (const text of words) {
            expect(text).toMatch(ALLOWANCE);
            expect(refusedFor(30, ids(count), text, deployed)).toEqual([]);
          }
        },
      ),
    );
  });

  it("tells whose a resource is by the longest id that its name begins with", () => {
    const radius = new BlastRadius(
      parseDeployed({ acme: output("acme"), "acme-eu": output("acme-eu") }),
      parseAllowance(""),
    );
    expect(
      ["acme-bucket", "acme--2-instance", "acme-eu-key-1", "network-vpc"].map((name) =>
        radius.tenantOf(name),
      ),
    ).toEqual(["acme", "acme", "acme-eu", undefined]);
  });
});

describe("an allowance", () => {
  it("means the same when it is written out again", () => {
    const part = fc.oneof(
      fc.constantFrom("acme", "acme-2", "hosts"),
      fc
        .tuple(fc.constantFrom(...Object.values(Kind)), fc.nat(99))
        .map(([kind, n]) => `${kind}s of ${n} tenants`),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const text = parts.join(", ");
        expect(text).toMatch(ALLOWANCE);
        expect(parseAllowance(allowanceText(parseAllowance(text)))).toEqual(parseAllowance(text));
      }),
    );
  });

  it.each([
    "everything!",
    "hosts of all tenants",
    "Acme",
    "hosts of 1",
    ",",
    "acme globex",
  ])("that means nothing is none: %s", (text) => {
    expect(text).not.toMatch(ALLOWANCE);
  });
});
