import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse, stringify } from "yaml";
import type { PulumiResult } from "../../sandbox/engine/runPulumi.ts";
import { leftBehind, type TestStack, testStack } from "./testStack.ts";

const OWNER = "staging";

/** Makes a second stack of the project, whose hosts live in the network of the first, and gives what runs its commands and changes its file. */
async function shardOf(stack: TestStack, tenants: unknown[]) {
  const fileOf = (name: string) => join(stack.project, `Pulumi.${name}.yaml`);
  const read = (path: string) => parse(readFileSync(path, "utf8")) as { config: object };
  const init = await stack.pulumi(["stack", "init", "shard", "--no-select"]);
  expect(init.exitCode, init.stderr).toBe(0);
  const own = { "tenant-edge:network": { stack: OWNER }, "tenant-edge:tenants": tenants };
  const { config } = read(fileOf(OWNER));
  const file = fileOf("shard");
  writeFileSync(file, stringify({ ...read(file), config: { ...config, ...own } }));
  return {
    run: (command: string, ...args: string[]): Promise<PulumiResult> =>
      stack.pulumi([command, "--stack", "shard", ...args]),
    setNetwork: (network: unknown) => {
      const { config: present, ...rest } = read(file);
      writeFileSync(file, stringify({ ...rest, config: { ...present, "tenant-edge:network": network } }));
    },
  };
}

const UP = ["--yes", "--skip-preview"];

async function expectKept(stack: TestStack): Promise<void> {
  const before = leftBehind(stack);
  const refused = await stack.pulumi(["destroy", "--yes"]);
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stdout).toMatch(
    /hosts of other stacks live in [\s\S]+nothing was changed\.\s+shard: globex\s/,
  );
  expect(leftBehind(stack)).toEqual(before);
}

it("a shard's hosts live in the network of the stack that it names, which keeps it for them", async () => {
  const stack = await testStack({ tenants: [{ id: "acme", host: { enabled: false } }] });
  const { run: shard, setNetwork } = await shardOf(stack, [{ id: "globex" }]);

  const early = await shard("up", ...UP);
  expect(early.exitCode).not.toBe(0);
  expect(early.stdout).toMatch(
    /Pulumi\.shard\.yaml.*\s+tenant-edge:network\.stack\s+found +staging, which does not exist[\s\S]+pulumi up --stack staging/,
  );
  expect(leftBehind(stack)).toEqual([]);

  // It has no hosts itself.
  await stack.up();
  const { network } = await stack.outputs();
  const created = await shard("up", ...UP);
  expect(created.exitCode, created.stdout).toBe(0);
  expect(stack.sandbox.aws.inventory().filter(({ kind }) => kind === "ec2:vpc")).toHaveLength(1);
  const [host] = stack.sandbox.aws.runningInstances();
  expect(network?.["privateSubnetIds"]).toContain(host?.subnetId);
  const unchanged = await shard("up", ...UP, "--expect-no-changes");
  expect(unchanged.exitCode, unchanged.stdout).toBe(0);
  await stack.up("--expect-no-changes");

  await expectKept(stack);

  // As long as a zone is taken away.
  setNetwork({ vpcId: network?.["vpcId"], privateSubnetIds: network?.["privateSubnetIds"] });
  const byIds = await shard("up", ...UP);
  expect(byIds.exitCode, byIds.stdout).toBe(0);
  await stack.up("--expect-no-changes");
  await expectKept(stack);

  for (const destroy of [() => shard("destroy", ...UP), () => stack.pulumi(["destroy", ...UP])]) {
    const { exitCode, stdout } = await destroy();
    expect(exitCode, stdout).toBe(0);
  }
  expect(leftBehind(stack)).toEqual([]);
});
