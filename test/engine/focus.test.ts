import { expect, it, vi } from "vitest";
import { AutomationStack } from "../../operations/engine/automationStack.ts";
import { operationsOf } from "./operations.ts";
import { type TestStack, testStack } from "./testStack.ts";

async function secretsOf(stack: TestStack): Promise<Record<string, unknown>> {
  const { stdout } = await stack.pulumi(["stack", "output", "tenantSecrets", "--json", "--show-secrets"]);
  return JSON.parse(stdout);
}

it("operations run for their tenants alone, and leave the stack as a run for all would have made it", async () => {
  const stack = await testStack({
    tenants: [
      { id: "acme", host: { enabled: false } },
      // Could be parts of acme, by their names.
      { id: "acme-token", host: { enabled: false } },
      { id: "globex" },
    ],
  });
  await stack.up();
  const before = { outputs: await stack.outputs(), secrets: await secretsOf(stack) };
  const update = vi.spyOn(AutomationStack.prototype, "update");
  const operations = await operationsOf(stack);

  await operations.enroll({ tenant: "initech", host: false });
  await operations.disable({ tenant: "acme" });
  await operations.remove({ tenant: "acme", purge: true });
  expect(update.mock.calls.map(([{ focus }]) => focus)).toEqual(
    expect.arrayContaining([["initech"], ["acme"]]),
  );
  expect(update.mock.calls.every(([{ focus }]) => focus !== undefined)).toBe(true);
  // By this a success for one tenant is not taken for one for all.
  const { stdout: history } = await stack.pulumi(["stack", "history", "--json", "--page-size", "1"]);
  expect(Object.keys(JSON.parse(history)[0].config)).toContain("tenant-edge:focus");

  const full = await stack.pulumi(["preview", "--expect-no-changes", "--diff"]);
  expect(full.exitCode, full.stdout + full.stderr).toBe(0);
  const after = { outputs: await stack.outputs(), secrets: await secretsOf(stack) };
  expect(Object.keys(after.secrets).sort()).toEqual(["acme-token", "globex", "initech"]);
  for (const id of ["acme-token", "globex"]) {
    expect(after.outputs["tenants"]?.[id]).toEqual(before.outputs["tenants"]?.[id]);
    expect(after.secrets[id]).toEqual(before.secrets[id]);
  }
  const { stdout: shown } = await stack.pulumi(["stack", "output", "tenantSecrets", "--json"]);
  expect(Object.values(JSON.parse(shown)["globex"])).toEqual(["[secret]", "[secret]", "[secret]"]);

  const { records, zones } = stack.sandbox.cloudflare;
  const hostnames = () => zones.list().flatMap(({ id }) => records.list(id).map(({ name }) => name));
  const there = hostnames();
  for (const zone of zones.list()) {
    const gone = records.list(zone.id).find(({ name }) => name.startsWith("globex."));
    if (gone !== undefined) records.delete(zone, gone.id);
  }
  expect((await stack.pulumi(["refresh", "--yes", "--skip-preview"])).exitCode).toBe(0);
  await operations.enroll({ tenant: "hooli", host: false });
  expect(update.mock.calls.at(-1)?.[0].focus).toBeUndefined();
  expect(hostnames().sort()).toEqual([...there, "hooli.example.com"].sort());

  // Whoever brings a focus without the engine's targets deletes nobody's things.
  stack.configure({
    "tenant-edge:focus": { tenants: ["globex"], until: new Date(Date.now() + 300_000).toISOString() },
  });
  const careless = await stack.pulumi(["preview"]);
  expect(careless.exitCode).not.toBe(0);
  expect(careless.stdout + careless.stderr).toContain("nothing was changed");
  stack.configure({ "tenant-edge:focus": { tenants: ["globex"], until: "2026-01-01T00:00:00Z" } });
  const kept = await stack.pulumi(["preview"]);
  expect(kept.stdout + kept.stderr).toContain("pulumi config rm tenant-edge:focus");
});
