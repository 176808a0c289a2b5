import { expect, it } from "vitest";
import { expectAnswer, leftBehind, type TestStack, testStack } from "./testStack.ts";
import { expectReport, visitorsOf } from "./visitors.ts";

const REPORT = "/tenant-edge/test/acme/host-report";
const SECOND_REPORT = `${REPORT}-2`;
const IMAGE = "ami-0123456789abcdef0";
const CONNECTIONS_CALL = "GET /accounts/:account/cfd_tunnel/:tunnel/connections";
/** A mirror that nobody serves: a host that needs it is never connected. */
const DEAD_MIRROR = "https://mirror.invalid/cloudflared";

const instances = ({ sandbox }: TestStack) =>
  sandbox.aws.runningInstances().map(({ instanceId }) => instanceId);

/** Hosts that are up and have reported. */
async function running(reports: string[], host: object): Promise<TestStack> {
  const stack = await testStack({ tenants: [{ id: "acme", host }] });
  stack.configure({ "cloudflare:baseUrl": stack.sandbox.urls.cloudflare });
  stack.sandbox.aws.ensureImage({ id: IMAGE, architecture: "arm64", name: "al2023-ami-newer-arm64" });
  await stack.up();
  await expectAnswer(stack, "acme.example.com", 200);
  for (const report of reports) await expectReport(stack, report, ({ connectorId }) => connectorId !== "");
  stack.newCalls();
  return stack;
}

it.each([
  ["the image of a host", [REPORT], 1, "ami", { imageId: IMAGE }],
  ["the image of both replicas", [REPORT, SECOND_REPORT], 2, "ami", { imageId: IMAGE }],
  ["a host's type of the same architecture", [REPORT], 1, "instanceType", { instanceType: "t4g.small" }],
])("%s changes and no visitor notices", async (_, reports, replicas, property, change) => {
  const stack = await running(reports, { replicas });
  const old = instances(stack);
  stack.setTenants([{ id: "acme", host: { replicas, ...change } }]);

  const preview = await stack.pulumi(["preview"]);
  expect(preview.stdout).toContain(`acme-instance replace [diff: ~${property}`);
  expect(stack.newCalls()).toEqual([]);

  const { aws, hosts } = stack.sandbox;
  const connectedAtTermination: number[] = [];
  const unfollow = aws.onInstance(({ kind, instanceId }) => {
    if (kind !== "terminated" || !old.includes(instanceId)) return;
    const fresh = instances(stack).filter((id) => !old.includes(id));
    const connected = fresh.filter((id) => hosts.report(id)?.connector !== undefined);
    connectedAtTermination.push(connected.length);
  });
  const visitors = visitorsOf(stack, "acme.example.com");
  const up = await stack.up();
  const { visits, failures } = await visitors.leave();
  unfollow();
  expect(connectedAtTermination).toHaveLength(replicas);
  for (const [index, connected] of connectedAtTermination.entries()) {
    expect(connected).toBeGreaterThan(index);
  }
  expect(failures).toEqual([]);
  expect(visits).toBeGreaterThan(10);
  expect(up.stdout).toMatch(new RegExp(`\\+-\\s*${replicas} replaced\\n\\s+\\d+ unchanged`));

  const calls = stack.newCalls();
  expect(new Set(calls)).toEqual(new Set([CONNECTIONS_CALL]));
  expect(calls.length).toBeLessThanOrEqual(6);

  const now = instances(stack);
  expect(now).toHaveLength(replicas);
  for (const id of old) expect(now).not.toContain(id);
  for (const report of reports) {
    await expectReport(stack, report, ({ instanceId }) => now.includes(instanceId));
  }
  await stack.up("--expect-no-changes");
});

it.each([
  ["never connects", {}, { cloudflaredMirror: DEAD_MIRROR }],
  [
    "has an app that never starts",
    { app: { container: { image: "nginx:1" } } },
    { app: { container: { image: "ghost.invalid/app:1" } } },
  ],
])("a host stays when the new one %s, and goes with the next update that brings a good one", async (_, good, bad) => {
  const stack = await running([REPORT], good);
  const [old = ""] = instances(stack);
  const visitors = visitorsOf(stack, "acme.example.com");
  stack.setTenants([{ id: "acme", host: { ...bad, replacementTimeoutSeconds: 4 } }]);
  const failed = await stack.pulumi(["up", "--yes", "--skip-preview"]);
  expect(failed.exitCode).not.toBe(0);
  expect(failed.stdout).toMatch(/was not seen connected in 4 s/);
  expect(failed.stdout).toContain(`The old host ${old} was not terminated and still serves`);
  expect(instances(stack)).toContain(old);
  expect(instances(stack)).toHaveLength(2);

  stack.setTenants([{ id: "acme", host: { ...good, imageId: IMAGE } }]);
  await stack.up();
  expect((await visitors.leave()).failures).toEqual([]);
  expect(instances(stack)).toHaveLength(1);
  expect(instances(stack)).not.toContain(old);
  await stack.up("--expect-no-changes");
});

it("a destroy waits for no host, not even after a replacement that failed", async () => {
  const stack = await running([REPORT], {});
  const bad = { cloudflaredMirror: DEAD_MIRROR };
  stack.setTenants([{ id: "acme", host: { ...bad, replacementTimeoutSeconds: 1 } }]);
  expect((await stack.pulumi(["up", "--yes", "--skip-preview"])).exitCode).not.toBe(0);
  stack.setTenants([{ id: "acme", host: bad }]);
  const destroy = await stack.pulumi(["destroy", "--yes", "--skip-preview"]);
  expect(destroy.exitCode, destroy.stdout).toBe(0);
  expect(destroy.stdout).not.toMatch(/stays until the new host/);
  expect(leftBehind(stack)).toEqual([]);
});

it("what the host reports is no drift", async () => {
  const stack = await running([REPORT], {});
  for (const command of [
    ["preview", "--refresh"],
    ["refresh", "--yes", "--skip-preview"],
    ["up", "--yes", "--skip-preview"],
  ]) {
    const result = await stack.pulumi([...command, "--expect-no-changes"]);
    expect(result.exitCode, result.stdout).toBe(0);
  }
  await expectReport(stack, REPORT, ({ connectorId }) => connectorId !== "");
});
