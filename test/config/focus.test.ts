import { output } from "@pulumi/pulumi";
import { expect, it } from "vitest";
import { focusedTenants, keptOutputs, tenantsOfRun } from "../../config/focus.ts";

const NOW = new Date("2026-11-22T10:00:00Z");
const focus = (until: string) => ({ tenants: ["acme"], until });

it("a run is for all tenants, or for those of a focus that holds", () => {
  expect(focusedTenants(undefined, NOW)).toBeUndefined();
  expect(focusedTenants(focus("2026-11-22T10:10:00Z"), NOW)).toEqual(["acme"]);
});

it.each([
  ["that somebody has kept", focus("2026-11-22T09:59:59Z")],
  ["that would hold for long", focus("2026-11-22T10:10:01Z")],
  ["without an end", { tenants: ["acme"] }],
  ["of another kind", "acme"],
])("a focus %s is refused, with the way to be rid of it", (_, value) => {
  expect(() => focusedTenants(value, NOW)).toThrow("pulumi config rm tenant-edge:focus");
});

it("tenants that arrive are told in the same way, under their own key", () => {
  expect(tenantsOfRun("arriving", focus("2026-11-22T10:10:00Z"), NOW)).toEqual(["acme"]);
  expect(() => tenantsOfRun("arriving", ["acme"], NOW)).toThrow("pulumi config rm tenant-edge:arriving");
});

it("what is not in focus is told as it was, and its secrets stay secret", async () => {
  const outputs = {
    tenants: { acme: { tunnelId: "1" }, "acme-eu": { tunnelId: "2" }, globex: { tunnelId: "3" } },
    tenantSecrets: {
      acme: { connectorToken: "a" },
      globex: { connectorToken: "g", accessKeyId: null },
    },
  };
  const { tenants, tenantSecrets } = keptOutputs(outputs, ["acme"]);
  expect(tenants).toEqual({ globex: { tunnelId: "3" } });
  expect(Object.keys(tenantSecrets)).toEqual(["globex"]);
  const { connectorToken, accessKeyId } = tenantSecrets["globex"] ?? {};
  expect(accessKeyId).toBeNull();
  const token = output(connectorToken);
  expect(await (token as unknown as { isSecret: Promise<boolean> }).isSecret).toBe(true);
  expect(await (token as unknown as { promise(): Promise<unknown> }).promise()).toBe("g");
});

it("a run for all tells nothing of before", () => {
  expect(keptOutputs({ tenants: { acme: {} }, tenantSecrets: { acme: {} } }, undefined)).toEqual({
    tenants: {},
    tenantSecrets: {},
  });
});
