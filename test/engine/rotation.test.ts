import { describe, expect, it } from "vitest";
import { ACCOUNT_ID, changes, expectAnswer, leftBehind, type TestStack, testStack } from "./testStack.ts";
import { expectReport, visitorsOf } from "./visitors.ts";

const REPORT = "/tenant-edge/test/acme/host-report";
const BUCKET = "/bucket";

const withKeys = (...keyGenerations: number[]) => [{ id: "acme", bucket: { keyGenerations } }];

function keys({ sandbox }: TestStack): string[] {
  return sandbox.cloudflare.tokens
    .list(ACCOUNT_ID)
    .map(({ name }) => name)
    .filter((name) => name !== "deploy");
}

/** A host that is up and runs with the first generation. */
async function running(): Promise<TestStack> {
  const stack = await testStack({ tenants: withKeys(1) });
  await stack.up();
  await expectAnswer(stack, "acme.example.com", 200);
  await expectReport(stack, REPORT, ({ keyGeneration }) => keyGeneration === 1);
  return stack;
}

describe("a bucket's key", () => {
  it("is rotated with both generations alive meanwhile, and no request of the app fails", async () => {
    const stack = await running();
    const visitors = visitorsOf(stack, "acme.example.com", BUCKET);
    stack.setTenants(withKeys(1, 2));
    expect(changes(await stack.up())).toEqual({ created: 1, updated: 1 });
    expect(keys(stack)).toEqual(["te-test-acme-key-1", "te-test-acme-key-2"]);
    await expectReport(stack, REPORT, ({ keyGeneration }) => keyGeneration === 2);

    stack.setTenants(withKeys(2));
    expect(changes(await stack.up())).toEqual({ deleted: 1 });
    expect(keys(stack)).toEqual(["te-test-acme-key-2"]);
    const { body } = await stack.get("acme.example.com", BUCKET);
    expect(JSON.parse(body)).toEqual({ generation: 2, status: 200 });
    const { visits, failures } = await visitors.leave();
    expect(failures).toEqual([]);
    expect(visits).toBeGreaterThan(10);
  });

  it("is not revoked while a host runs with it: in the preview, and in an update without one", async () => {
    // A host that does not look by itself while the updates run.
    const slow = (...keyGenerations: number[]) => [
      { id: "acme", host: { pollSeconds: 3600 }, bucket: { keyGenerations } },
    ];
    const stack = await testStack({ tenants: slow(1) });
    await stack.up();
    await expectReport(stack, REPORT, ({ keyGeneration }) => keyGeneration === 1);
    const [host] = stack.sandbox.aws.runningInstances();
    stack.setTenants(slow(2));
    for (const command of [["preview"], ["up", "--yes"], ["up", "--yes", "--skip-preview"]]) {
      const refused = await stack.pulumi(command);
      expect(refused.exitCode, refused.stdout).not.toBe(0);
      expect(refused.stdout).toContain(
        `acme: generation 1 of the bucket's key was not deleted: by its last report, ${host?.instanceId} still runs with it.`,
      );
      expect(refused.stdout).toContain("Keep 1 in bucket.keyGenerations");
      expect(keys(stack)).toContain("te-test-acme-key-1");
    }
    // The last one has made and delivered the second generation: once the host has it, the same update goes through.
    await stack.sandbox.hosts.systemctl(host?.instanceId ?? "", ["start", "tenant-edge-sync.service"]);
    await expectReport(stack, REPORT, ({ keyGeneration }) => keyGeneration === 2);
    await stack.up();
    expect(keys(stack)).toEqual(["te-test-acme-key-2"]);
  });

  it("goes with its tenant, with its host and with its stack, whatever hosts report", async () => {
    const stack = await running();
    const other = { id: "globex", host: { enabled: false }, bucket: { enabled: false } };
    stack.setTenants([...withKeys(1), other]);
    await stack.up();
    await stack.letGo("acme");
    expect(keys(stack)).toEqual([]);

    stack.setTenants([...withKeys(1), other]);
    await stack.up();
    await expectReport(stack, REPORT, ({ keyGeneration }) => keyGeneration === 1);
    // Given up halfway: the generation is refused, and then all of it is destroyed.
    stack.setTenants([...withKeys(2), other]);
    expect((await stack.pulumi(["preview"])).exitCode).not.toBe(0);
    const destroy = await stack.pulumi(["destroy", "--yes"]);
    expect(destroy.exitCode, destroy.stdout).toBe(0);
    expect(leftBehind(stack)).toEqual([]);
  });
});

it("a tunnel's secret is rotated on the connections that are up, and no visitor notices", async () => {
  const stack = await running();
  const visitors = visitorsOf(stack, "acme.example.com");
  stack.setTenants([{ id: "acme", tunnelSecretGeneration: 2 }]);
  await stack.up();
  const { tunnelToken, connectorId } = await expectReport(
    stack,
    REPORT,
    (report) => report.tunnelToken === 2,
  );
  expect(tunnelToken).toBe(2);
  expect(connectorId).not.toBe("");
  await expectAnswer(stack, "acme.example.com", 200);
  expect((await visitors.leave()).failures).toEqual([]);
});
