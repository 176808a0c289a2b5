/** What the hooks before deletions find out about the components that a program has. */
import { runtime } from "@pulumi/pulumi";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type DeletionHooks, deletionHooks } from "../../components/deletionHooks.ts";
import type { LiveHost } from "../../components/hostReplacement.ts";
import { Tenant } from "../../components/tenant.ts";
import { ACCOUNT_ID, recordResources, ZONE_ID } from "./mocks.ts";

const REPORT = "/tenant-edge/staging/acme/host-report";

beforeEach(async () => {
  vi.stubEnv("CLOUDFLARE_API_TOKEN", "token");
  await recordResources();
});

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A tenant with two hosts and two generations of its bucket's key. */
async function build(): Promise<DeletionHooks> {
  const hooks = deletionHooks();
  new Tenant("acme", {
    environment: "staging",
    tenantId: "acme",
    accountId: ACCOUNT_ID,
    zoneId: ZONE_ID,
    region: "eu-west-1",
    hostnames: ["acme.example.com"],
    bucket: { keyGenerations: [1, 2] },
    host: { imageId: "ami-0ab117b5527d5fe24", vpcId: "vpc-1", subnetIds: ["subnet-1", "subnet-2"] },
  });
  await runtime.disconnect();
  return hooks;
}

function hostsOf({ hosts }: DeletionHooks): [LiveHost, LiveHost] {
  const [first, second, ...others] = [...hosts.values()];
  if (first === undefined || second === undefined) throw new Error(`${hosts.size} hosts`);
  expect(others).toEqual([]);
  return [first, second];
}

it("a key is kept for every host of its tenant, and by all of its generations", async () => {
  const { keys } = await build();
  expect([...keys.values()]).toMatchObject([
    { name: "acme", generations: [1, 2], reportParameters: [REPORT, `${REPORT}-2`] },
  ]);
});

it("each host is waited for with its own report, for a quarter of an hour", async () => {
  const hosts = hostsOf(await build());
  expect(hosts).toMatchObject([
    { name: "acme", reportParameter: REPORT, timeoutSeconds: 900, going: false },
    { name: "acme--2", reportParameter: `${REPORT}-2`, timeoutSeconds: 900, going: false },
  ]);
  expect(hosts[0].instanceId).toMatch(/./);
  expect(hosts[1].instanceId).not.toBe(hosts[0].instanceId);
});

it("the hosts of a tunnel share the few calls to Cloudflare", async () => {
  const [first, second] = hostsOf(await build());
  const looks = first.looks();
  expect(looks).toBeDefined();
  expect(second.looks()).toBe(looks);
});

it("Cloudflare is not asked without a token", async () => {
  vi.stubEnv("CLOUDFLARE_API_TOKEN", "");
  const [first] = hostsOf(await build());
  expect(first.looks()).toBeUndefined();
});
