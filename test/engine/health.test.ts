import { expect, it } from "vitest";
import { operationsOf } from "./operations.ts";
import { expectAnswer, testStack } from "./testStack.ts";

const HOSTNAME = "acme.example.com";

it("probes a tenant, restarts its connector, and replaces its host when that does not help", async () => {
  const stack = await testStack({
    tenants: [
      { id: "acme", host: { sessionManager: true } },
      { id: "own", host: { enabled: false } },
    ],
  });
  await stack.up();
  await expectAnswer(stack, HOSTNAME, 200);
  const { sandbox } = stack;
  let ahead = 0;
  const operations = await operationsOf(stack, { now: () => new Date(Date.now() + ahead) });
  const sweep = async () => {
    ahead += 5 * 60_000;
    const { unhealthy } = await operations.sweepHealth({ act: true, tenants: ["acme"] });
    return unhealthy.map(({ action, detail }) => `${action}: ${detail}`);
  };

  const found = await operations.status({ tenant: "acme", probe: true });
  expect(found).toMatchObject({ condition: "Ready", errors: [], pending: false, tunnelStatus: "healthy" });
  stack.newCalls();
  expect(await operations.status({ tunnelId: found.tunnelId ?? "" })).toEqual(found);
  const times: number[] = [];
  for (let run = 0; run < 3; run += 1) {
    const start = performance.now();
    await operations.status({ tenant: "acme" });
    times.push(performance.now() - start);
  }
  expect(Math.min(...times)).toBeLessThan(100);
  const listed = (await operations.list({})).tenants;
  expect(listed.map(({ tenant, condition }) => [tenant, condition])).toEqual([
    ["acme", "Ready"],
    ["own", "Unknown"],
  ]);
  expect(stack.newCalls()).toEqual([]);

  const [before = ""] = instances();
  const loseTunnel = async () => {
    await sandbox.hosts.systemctl(before, ["stop", "tenant-edge-watch.timer"]);
    sandbox.hosts.loseTunnel(before);
  };
  await loseTunnel();
  expect(await sweep()).toEqual(["none: the next sweep decides"]);
  expect(await sweep()).toEqual([expect.stringMatching(`^restart-connector: ${before}: restarted`)]);
  await expectAnswer(stack, HOSTNAME, 200);
  expect(await sweep()).toEqual([]);

  await loseTunnel();
  await sandbox.hosts.systemctl(before, ["stop", "amazon-ssm-agent"]);
  ahead += 15 * 60_000;
  expect(await sweep()).toEqual(["none: the next sweep decides"]);
  expect(await sweep()).toEqual([expect.stringMatching("^replace-host: .* its agent is out of reach")]);
  expect(instances()).not.toEqual([before]);
  await expectAnswer(stack, HOSTNAME, 200);
  expect(await sweep()).toEqual([]);

  function instances(): string[] {
    return sandbox.aws.inventory().flatMap(({ kind, id }) => (kind === "ec2:instance" ? [id] : []));
  }
});
