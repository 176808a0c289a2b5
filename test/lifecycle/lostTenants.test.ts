import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDeployed } from "../../lifecycle/deployed.ts";
import { heldLosses, losses } from "../../lifecycle/lostTenants.ts";
import { output } from "./outputs.ts";

const OUT = {
  since: "2026-11-22T10:00:00Z",
  keepUntil: "2026-12-22T10:00:00Z",
  bucket: "kept",
  purge: false,
};

describe("a list of tenants", () => {
  it("loses every deployed tenant that it lacks, unless that one may go", () => {
    const fate = fc.constantFrom("active", "disabled", "purged", "old", "unreadable");
    const deployed = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fate);
    fc.assert(
      fc.property(deployed, fc.subarray(["a", "b", "c", "d", "e"]), (fates, ids) => {
        const outputs = Object.fromEntries(
          Object.entries(fates).map(([id, kind]) => {
            if (kind === "unreadable") return [id, { tunnelId: 7 }];
            if (kind === "old" || kind === "active")
              return [id, output(id, kind === "old" ? {} : { disabled: null })];
            return [id, output(id, { disabled: { ...OUT, purge: kind === "purged" } })];
          }),
        );
        const listed = ids.map((id) => ({ id, hasBucket: true }));
        const lost = Object.keys(fates).filter((id) => !ids.includes(id) && fates[id] !== "purged");
        expect(losses(listed, parseDeployed(outputs)).map(({ tenant }) => tenant)).toEqual(lost.sort());
      }),
    );
  });

  it("says what would be destroyed, and both ways on", () => {
    const deployed = parseDeployed({
      acme: output("acme"),
      globex: output("globex", { disabled: OUT }),
      odd: {},
    });
    const [acme, globex, odd] = losses([], deployed);
    expect(acme?.what).toBe("tenant acme (active, acme.example.com) is not in the list any more");
    expect(acme?.action).toContain("tenant-edge remove acme --purge");
    expect(acme?.action).toContain("put its entry back");
    expect(globex?.what).toContain("(disabled, kept until 2026-12-22T10:00:00Z, globex.example.com)");
    expect(odd?.what).toContain("tenant odd (deployed)");
  });

  it.each([
    ["protected and no longer listed", { bucketProtected: true }, false, true],
    ["of an older program, which said nothing of protection", {}, false, true],
    ["not protected", { bucketProtected: false }, false, false],
    ["still listed", { bucketProtected: true }, true, false],
    ["that never was", { bucket: null, bucketProtected: true }, false, false],
  ])("and a bucket %s", (_, changes, hasBucket, isLost) => {
    const found = losses([{ id: "acme", hasBucket }], parseDeployed({ acme: output("acme", changes) }));
    expect(found.length === 1).toBe(isLost);
    if (isLost) expect(found[0]?.what).toContain("te-prod-acme");
  });

  it("has nothing to lose on a stack that was never deployed", () => {
    expect(losses([], parseDeployed(undefined))).toEqual([]);
  });
});

it("a tenant that comes from another stack is lost like any other one, as soon as the state has it", () => {
  const deployed = parseDeployed({ globex: output("globex") });
  const found = losses([{ id: "globex", hasBucket: true }], deployed, ["acme", "globex"]);
  expect(found.map(({ what }) => what)).toEqual([
    "tenant acme was moved here from another stack, and is not in the list",
  ]);
  expect(found[0]?.action).toContain("tenant-edge move acme --to <stack>");
  const listed = new Set(["globex"]);
  expect(heldLosses(found, listed, ["urn:pulumi:prod::p::tenant-edge:index:Tenant::acme"])).toEqual(found);
  expect(heldLosses(found, listed, [])).toEqual([]);
  expect(losses([{ id: "acme", hasBucket: false }], parseDeployed({}), ["acme"])).toEqual([]);
});

it("a tenant that was moved to another stack is no loss: this one's state has nothing of it", () => {
  const deployed = parseDeployed({ acme: output("acme"), "acme-two": output("acme-two") });
  const urns = [
    "urn:pulumi:prod::p::pulumi:pulumi:Stack::p-prod",
    "urn:pulumi:prod::p::tenant-edge:index:Tenant::acme-two",
    "urn:pulumi:prod::p::tenant-edge:index:Tenant$tenant-edge:index:TenantTunnel::acme-two",
  ];
  const lost = heldLosses(losses([], deployed), new Set(), urns);
  expect(lost.map(({ tenant }) => tenant)).toEqual(["acme-two"]);
});
