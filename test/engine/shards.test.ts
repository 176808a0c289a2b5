/** Two stacks of one environment. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { stringify } from "yaml";
import { ErrorCode } from "../../operations/errors.ts";
import { scratchConfig } from "../../sandbox/scratchConfig.ts";
import { operationsOf } from "./operations.ts";
import { type TestStack, testStack } from "./testStack.ts";

const alone = (id: string, more: object = {}) => ({ id, host: { enabled: false }, ...more });

const FILE = "Pulumi.second.yaml";

function writeSecond(stack: TestStack, tenants: unknown[]): void {
  const config = { ...scratchConfig("test"), "tenant-edge:tenants": tenants };
  writeFileSync(join(stack.project, FILE), stringify({ config }));
}

it("a tenant that another stack has is refused before anything is created", async () => {
  const shop = "shop.example.com";
  const stack = await testStack({ tenants: [alone("acme", { hostnames: [shop] })] });
  await stack.up();
  writeSecond(stack, [alone("acme"), alone("globex", { subdomain: "shop" })]);
  await stack.pulumi(["stack", "init", "second", "--no-select"]);
  const before = stack.sandbox.cloudflare.inventory();
  stack.newCalls();

  const refused = await stack.pulumi(["up", "--yes", "--skip-preview", "--stack", "second"]);

  expect(refused.exitCode).not.toBe(0);
  expect(refused.stdout).toContain(`${FILE} has 2 problems; nothing was changed.`);
  expect(refused.stdout).toContain(
    "tenant-edge:tenants[0].id of Pulumi.staging.yaml is the same: remove one of the two entries",
  );
  expect(refused.stdout).toContain(
    "it belongs to tenant acme (tenant-edge:tenants[0].hostnames[0] of Pulumi.staging.yaml)",
  );
  expect(stack.newCalls()).toEqual([]);
  expect(stack.sandbox.cloudflare.inventory()).toEqual(before);

  writeSecond(stack, [alone("globex")]);
  const operations = await operationsOf(stack, { stack: "second" });
  await expect(operations.enroll({ tenant: "acme", subdomain: "other", host: false })).rejects.toMatchObject({
    code: ErrorCode.NameTaken,
    message: expect.stringContaining("tenant-edge:tenants[0].id of Pulumi.staging.yaml is the same"),
  });
  expect(stack.newCalls()).toEqual([]);
});
