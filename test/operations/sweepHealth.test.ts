import { expect, it } from "vitest";
import type { InputOf } from "../../operations/contract.ts";
import { ErrorCode, OperationError } from "../../operations/errors.ts";
import { sweepHealthInput, sweepHealthResult } from "../../operations/schemas.ts";
import { sweepHealth } from "../../operations/sweepHealth.ts";
import { readKept } from "../../probes/keptProbes.ts";
import {
  deployList,
  type ProbedClouds,
  probedClouds,
  type TestContext,
  testContext,
} from "../probes/probedClouds.ts";
import { CLOUDFLARE_ACCOUNT } from "../sandbox/hosts/emulatedClouds.ts";

const MINUTE = 60_000;

/** One sweep, four minutes after the one before. */
async function sweep(context: TestContext, input: InputOf<"sweepHealth"> = { act: true }) {
  context.ahead += 4 * MINUTE;
  return sweepHealthResult.parse(await sweepHealth(context, sweepHealthInput.parse(input), {}));
}

async function actions(context: TestContext, input?: InputOf<"sweepHealth">) {
  const { unhealthy } = await sweep(context, input);
  return unhealthy.map(({ tenant, failures, action }) => [tenant, failures, action]);
}

function connected({ clouds, tunnelId }: ProbedClouds): number {
  return clouds.cloudflare.tunnels.connectors(tunnelId).length;
}

/** A connector that the customer runs. Returns its id. */
function connectElsewhere({ clouds, tunnelId }: ProbedClouds): string {
  const { tunnels } = clouds.cloudflare;
  const token = tunnels.tokenOf(tunnels.requireLive(CLOUDFLARE_ACCOUNT, tunnelId));
  const id = "22222222-2222-4222-8222-222222222222";
  tunnels.connect(token, { id, version: "2026.9.3", arch: "linux_amd64", originIp: "198.51.100.7" });
  return id;
}

it("leaves a tenant alone that is well", async () => {
  const { context } = await probedClouds();
  expect(await sweep(context)).toEqual({ checked: 1, notChecked: 0, unhealthy: [] });
  expect((await readKept(context)).tenants.get("acme")?.probe?.condition).toBe("Ready");
});

it("restarts the connector through Run Command at the second failure, and not again at once", async () => {
  const here = await probedClouds({ sessionManager: true });
  const { context, instanceId } = here;
  await here.breakTunnel();
  expect(await actions(context)).toEqual([["acme", 1, "none"]]);
  expect(connected(here)).toBe(0);
  expect(await actions(context, {})).toEqual([["acme", 2, "planned"]]);
  expect(connected(here)).toBe(0);

  const { unhealthy } = await sweep(context);
  expect(unhealthy[0]).toMatchObject({ failures: 3, action: "restart-connector" });
  expect(unhealthy[0]?.detail).toMatch(`${instanceId}: restarted cloudflared@`);
  expect(connected(here)).toBe(1);
  expect(context.brought).toEqual([]);
  expect((await sweep(context)).unhealthy).toEqual([]);

  await here.breakTunnel();
  await sweep(context);
  expect(await actions(context)).toEqual([["acme", 2, "cooling-down"]]);
});

it("leaves a connector with all its connections alone, and starts again what watches it", async () => {
  const here = await probedClouds({ sessionManager: true });
  const { clouds, context, instanceId = "" } = here;
  clouds.cloudflare.tunnels.loseConnections(connectElsewhere(here), 1);
  const before = clouds.report(instanceId).connector;
  await sweep(context);
  const { unhealthy } = await sweep(context);
  expect(unhealthy[0]).toMatchObject({
    action: "restart-connector",
    detail: `${instanceId}: all connections are up: left alone`,
  });
  expect(clouds.report(instanceId).connector).toEqual(before);
});

it("replaces the host where a restart did not help, or cannot be done", async () => {
  const here = await probedClouds({ sessionManager: true });
  const { context, clouds, instanceId = "" } = here;
  await here.breakTunnel();
  clouds.rotateSecret(clouds.cloudflare.tunnels.requireLive(CLOUDFLARE_ACCOUNT, here.tunnelId));
  await sweep(context);
  const { unhealthy } = await sweep(context);
  // Tried first, and Cloudflare lets no connector in.
  expect(unhealthy[0]?.detail).toMatch(`the connector could not be restarted: ${instanceId}: Failed`);
  expect(unhealthy[0]?.action).toBe("replace-host");
  const bring = {
    message: "sweep-health: replace the host of acme",
    tenants: ["acme"],
    replaceHostsOf: ["acme"],
  };
  expect(context.brought).toMatchObject([bring]);
  expect(await actions(context)).toEqual([["acme", 3, "cooling-down"]]);
  context.ahead += 15 * MINUTE;
  const again = (await sweep(context)).unhealthy[0];
  expect(again).toMatchObject({ failures: 4, action: "replace-host", detail: "" });
  expect(context.brought).toHaveLength(2);
});

it("replaces the host at once without Session Manager, and says why it could not", async () => {
  const here = await probedClouds();
  const { context } = here;
  await here.breakTunnel();
  context.onBring = async () => {
    throw new OperationError(ErrorCode.StackLocked, "ann@laptop works on the stack");
  };
  await sweep(context);
  const { unhealthy } = await sweep(context);
  expect(unhealthy[0]).toMatchObject({
    action: "failed",
    detail: "the host could not be replaced: ann@laptop works on the stack",
  });
  expect(await actions(context)).toEqual([["acme", 3, "cooling-down"]]);
  const types = ["aws:ec2/instance:Instance", "aws:ssm/parameter:Parameter"];
  expect(types.map((type) => context.brought[0]?.mayDestroy?.(type))).toEqual([true, false]);
});

it("only reports what a restart does not mend, and tenants that run their own connector", async () => {
  const here = await probedClouds();
  here.clouds.revokeKey(here.keyId);
  await sweep(here.context);
  expect(await actions(here.context)).toEqual([["acme", 2, "none"]]);

  const own = await probedClouds({ host: false });
  await sweep(own.context);
  const { unhealthy } = await sweep(own.context);
  expect(unhealthy[0]).toMatchObject({
    condition: "Error",
    action: "none",
    detail: "it has no host of ours",
  });
  expect([...here.context.brought, ...own.context.brought]).toEqual([]);
});

it("drops connections that a tenant out of service still has, once that is deployed", async () => {
  const disabled = { since: "2026-11-01T00:00:00Z", keepUntil: "2026-12-01T00:00:00Z" };
  const here = await probedClouds({ entry: { disabled }, host: false });
  const { context } = here;
  connectElsewhere(here);
  await here.redeploy({ disabled: null });
  expect((await sweep(context)).unhealthy[0]?.detail).toBe("it is not deployed as disabled yet");
  await here.redeploy();
  expect(await actions(context, {})).toEqual([["acme", 0, "planned"]]);
  expect(connected(here)).toBe(1);
  expect((await sweep(context)).unhealthy[0]?.detail).toBe("dropped the connections of 1 connectors");
  expect(connected(here)).toBe(0);
  expect((await sweep(context)).unhealthy).toEqual([]);
});

it("acts on a tenant once when two sweeps run at the same time", async () => {
  const here = await probedClouds();
  const { context } = here;
  await here.breakTunnel();
  await sweep(context);
  context.ahead += 4 * MINUTE;
  const input = sweepHealthInput.parse({ act: true });
  const both = await Promise.all([sweepHealth(context, input, {}), sweepHealth(context, input, {})]);
  const found = both.map(({ unhealthy }) => unhealthy[0]?.action).sort();
  expect(found).toEqual(["cooling-down", "replace-host"]);
  expect(context.brought).toHaveLength(1);
});

it("stops when the budget of API calls is nearly used up, and begins with the others the next time", async () => {
  const context = testContext();
  const ids = ["a", "b", "c", "d", "e", "f"];
  context.entries = ids.map((id) => ({ id, bucket: { enabled: false } }));
  await deployList(context);
  expect(await sweep(context, { tenants: ["a", "d"] })).toMatchObject({ checked: 2 });
  // Four probes at a time have three calls each; 240 of our 960 are kept for operations.
  while (context.cloudflare.budget.left() > 240 + 4 * 3) await context.cloudflare.budget.spend();
  const notes: string[] = [];
  const call = { onProgress: ({ message }: { message: string }) => void notes.push(message) };
  const { checked, notChecked, unhealthy } = await sweepHealth(context, {}, call);
  expect([1, 2, 3, 4]).toContain(checked);
  expect(unhealthy.map(({ tenant }) => tenant)).toEqual(["b", "c", "e", "f"].slice(0, checked));
  expect(notChecked).toBe(6 - checked);
  expect(notes.at(-1)).toMatch(/tenants were not probed: what is left of Cloudflare's calls is kept/);
});

it("acts on nobody when it cannot note it, and refuses what it does not know", async () => {
  const here = await probedClouds();
  const { context } = here;
  await here.breakTunnel();
  await sweep(context);
  await expect(sweep(context, { tenants: ["acme", "nobody"] })).rejects.toMatchObject({
    code: "tenant-not-found",
    message: "not in the tenant list: nobody",
  });
  context.documents.write = () => Promise.reject(new Error("the disk is full"));
  await expect(sweep(context)).rejects.toMatchObject({ code: "cloud-failed" });
  expect(context.brought).toEqual([]);
});

it("does not wait for an agent that is out of reach", async () => {
  const here = await probedClouds({ sessionManager: true });
  await here.clouds.systemctl(here.instanceId ?? "", "stop amazon-ssm-agent");
  await here.breakTunnel();
  await sweep(here.context);
  const { unhealthy } = await sweep(here.context);
  expect(unhealthy[0]).toMatchObject({
    action: "replace-host",
    detail: `the connector could not be restarted: ${here.instanceId}: its agent is out of reach (ConnectionLost)`,
  });
});
