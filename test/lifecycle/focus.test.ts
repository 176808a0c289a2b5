import fc from "fast-check";
import { expect, it } from "vitest";
import { isInFocus, targetsOf } from "../../lifecycle/focus.ts";

/** As the engine reads its targets: `*` is all but a colon, `**` is everything. Source: pulumi, `pkg/resource/deploy/deployment.go`. */
function matcher(glob: string): RegExp {
  const parts = glob.split("**").map((part) => part.replaceAll(/[.$+?()[\]{}|\\^]/g, "\\$&"));
  return new RegExp(`^${parts.map((part) => part.replaceAll("*", "[^:]*")).join(".*")}$`);
}

const isTarget = (urn: string, tenants: readonly string[]) =>
  targetsOf(tenants).some((glob) => matcher(glob).test(urn));

/** Of words that parts of tenants are called by, too. */
const id = fc
  .array(fc.constantFrom("acme", "record", "secret", "eu", "a"), { minLength: 1, maxLength: 3 })
  .map((words) => words.join("-"));
const part = fc.constantFrom(
  "",
  "-secret",
  "-record",
  "-record-www.example.com",
  "-token-1",
  "--2",
  "--2-host",
);

const urnOf = (tenant: string, name: string) =>
  `urn:pulumi:prod::tenant-edge::tenant-edge:index:Tenant$tenant-edge:index:TenantTunnel$x:y/z:Z::${tenant}${name}`;

it("the engine's targets are all parts of the tenants in focus", () => {
  fc.assert(
    fc.property(fc.array(id, { minLength: 1, maxLength: 3 }), part, (tenants, name) => {
      for (const tenant of tenants) expect(isTarget(urnOf(tenant, name), tenants)).toBe(true);
    }),
  );
});

it("whatever is a target, the program registers: else the engine would delete it", () => {
  fc.assert(
    fc.property(fc.array(id, { minLength: 1, maxLength: 3 }), id, part, (tenants, other, name) => {
      if (isTarget(urnOf(other, name), tenants)) expect(isInFocus(other, tenants)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

it.each([
  ["globex", false],
  ["acmes", false],
  ["ac", false],
  ["acme", true],
  ["acme-eu", true],
])("a run for acme registers %s: %s", (other, expected) => {
  expect(isInFocus(other, ["acme"])).toBe(expected);
});

it("the network and the stack are no targets", () => {
  expect(isTarget("urn:pulumi:prod::tenant-edge::pulumi:pulumi:Stack::tenant-edge-prod", ["acme"])).toBe(
    false,
  );
  expect(isTarget("urn:pulumi:prod::tenant-edge::tenant-edge:index:Network::network", ["acme"])).toBe(false);
});
