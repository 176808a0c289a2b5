/** The operations on an environment of two stacks. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { parse, stringify } from "yaml";
import type { Operations } from "../../operations/contract.ts";
import { ErrorCode } from "../../operations/errors.ts";
import { openEnvironment } from "../../operations/shards/openEnvironment.ts";
import { watchedOperations } from "../../sandbox/canaries/watchedOperations.ts";
import { leftBehind, type TestStack, testStack } from "./testStack.ts";

const SECOND = "test-2";

interface StackFileText {
  config: Record<string, unknown>;
}

/** Makes a second stack like the first, and gives the operations on both. */
async function twoStacks(stack: TestStack): Promise<Operations> {
  const init = await stack.pulumi(["stack", "init", SECOND, "--no-select"]);
  expect(init.exitCode, init.stderr).toBe(0);
  const read = (name: string) =>
    parse(readFileSync(join(stack.project, `Pulumi.${name}.yaml`), "utf8")) as StackFileText;
  const own = { ...read("staging").config, "tenant-edge:tenants": [] };
  writeFileSync(join(stack.project, `Pulumi.${SECOND}.yaml`), stringify({ ...read(SECOND), config: own }));
  const env = { ...stack.sandbox.env };
  const operations = await openEnvironment({
    directory: stack.project,
    environment: "test",
    env,
    actor: "test",
  });
  onTestFinished(() => operations.close());
  return watchedOperations(operations, stack.canaries);
}

it("tenants go to the first stack with room, and are found in whichever they are", async () => {
  const stack = await testStack({
    tenants: [{ id: "initech", host: { enabled: false }, bucket: { enabled: false }, subdomain: "globex" }],
    settings: { "tenant-edge:limits": { tenantsPerStack: 2 } },
  });
  const operations = await twoStacks(stack);
  const alone = { host: false, bucket: false };

  await operations.enroll({ tenant: "acme", ...alone });
  const globex = await operations.enroll({ tenant: "globex", ...alone });

  // The other stack has its first name.
  expect(globex.hostname).toMatch(/^globex-[0-9a-f]{6}\.example\.com$/);
  const { tenants } = await operations.list({});
  expect(tenants.map(({ tenant, stack: its, pending }) => [tenant, its, pending])).toEqual([
    ["initech", "staging", false],
    ["acme", "staging", false],
    ["globex", SECOND, false],
  ]);
  expect(await operations.status({ tunnelId: globex.tunnelId })).toMatchObject({ tenant: "globex" });
  expect(await operations.enroll({ tenant: "globex", ...alone })).toMatchObject({
    created: false,
    tunnelId: globex.tunnelId,
  });

  expect(await operations.disable({ tenant: "globex" })).toMatchObject({ state: "disabled" });
  await operations.remove({ tenant: "globex", purge: true });
  await expect(operations.status({ tenant: "globex" })).rejects.toMatchObject({
    code: ErrorCode.TenantNotFound,
  });
  const left = JSON.stringify(leftBehind(stack));
  expect(left).not.toContain("globex-");
  expect(left).toContain("acme");
});
