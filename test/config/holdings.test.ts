/** What the check before an update expects to be replaced, against what the components make. */
import { runtime } from "@pulumi/pulumi";
import { expect, it } from "vitest";
import { Network } from "../../components/network.ts";
import { Tenant } from "../../components/tenant.ts";
import { networkArgs, tenantArgs } from "../../config/componentArgs.ts";
import { holdingsOf, userDataDigest } from "../../config/holdings.ts";
import type { LoadedStack } from "../../config/load.ts";
import { parseStack } from "../../config/parse.ts";
import { resolveTenant } from "../../config/tenants.ts";
import { recordResources } from "../components/mocks.ts";
import { REGION, rawStack } from "./stacks.ts";

function stackOf(entry: object, settings: Record<string, unknown> = {}): LoadedStack {
  const { config, problems } = parseStack(rawStack([{ id: "acme", ...entry }], settings), REGION);
  if (config === undefined) throw new Error(JSON.stringify(problems));
  return {
    ...config,
    region: REGION,
    tenants: config.tenants.map((tenant) => resolveTenant(config, tenant)),
  };
}

function holdings(entry: object, settings: Record<string, unknown> = {}) {
  const stack = stackOf(entry, settings);
  const [tenant] = stack.tenants;
  if (tenant === undefined) throw new Error("no tenant");
  return holdingsOf(stack, tenant);
}

it.each([
  ["everything by default", {}],
  ["two hosts with an app", { host: { replicas: 2, app: { unit: "app.service" }, environment: { A: "1" } } }],
  ["a host without a bucket", { bucket: { enabled: false }, origin: { service: "https://localhost:8443" } }],
  [
    "a host for shells",
    { host: { sessionManager: true, cloudConfig: { packages: ["jq"] }, pollSeconds: 120 } },
  ],
])("the user data is that of the instances: %s", async (_, entry) => {
  const registered = await recordResources();
  const stack = stackOf(entry);
  const [tenant] = stack.tenants;
  if (tenant === undefined) throw new Error("no tenant");
  new Tenant("acme", tenantArgs(stack, tenant, new Network("network", networkArgs(stack))));
  await runtime.disconnect();
  const made = registered
    .filter(({ type }) => type === "aws:ec2/instance:Instance")
    .sort((one, other) => (one.name < other.name ? 1 : -1));
  const expected = Object.values(holdingsOf(stack, tenant).host ?? {});
  expect(
    expected.map(({ userData, image, type, volumeGiB }) => ({ userData, image, type, volumeGiB })),
  ).toEqual(
    made.map(({ inputs }) => ({
      userData: userDataDigest(String(inputs["userData"])),
      image: inputs["ami"],
      type: inputs["instanceType"],
      volumeGiB: (inputs["rootBlockDevice"] as { volumeSize: number }).volumeSize,
    })),
  );
});

it.each([
  ["an image", { host: { imageId: "ami-11111111" } }, ["host"]],
  ["a variable of the app", { host: { environment: { A: "1" } } }, ["host"]],
  ["a jurisdiction", { bucket: { jurisdiction: "eu" } }, ["bucket"]],
  ["a bucket's name", { bucket: { name: "archive" } }, ["bucket"]],
  ["another key", { bucket: { keyGenerations: [2] } }, ["token"]],
  ["a further hostname", { hostnames: ["shop.example.com"] }, ["record"]],
  ["a subdomain", { subdomain: "front" }, []],
  ["a route", { routes: [{ path: "^/a", service: "http://localhost:9000" }] }, []],
  [
    "a storage class, a location, rules",
    { bucket: { storageClass: "InfrequentAccess", location: "enam" } },
    [],
  ],
  ["a tunnel's secret", { tunnelSecretGeneration: 2 }, []],
])("tells what %s replaces", (_, entry, kinds) => {
  const [before, after] = [holdings({}), holdings(entry)];
  const different = (Object.keys(before) as (keyof typeof before)[]).filter(
    (kind) => JSON.stringify(before[kind]) !== JSON.stringify(after[kind]),
  );
  expect(different).toEqual(kinds);
});

it("tells another place of the network: its addresses, or an existing subnet", () => {
  const subnet = (network: object) => holdings({}, { network }).host?.["1"]?.["subnet"];
  expect(new Set([subnet({}), subnet({ cidrBlock: "10.0.0.0/16" })]).size).toBe(1);
  expect(subnet({ cidrBlock: "10.9.0.0/16" })).not.toBe(subnet({}));
  const existing = { vpcId: "vpc-0123456789abcdef0", privateSubnetIds: ["subnet-0123456789abcdef0"] };
  expect(subnet(existing)).toBe("subnet-0123456789abcdef0");
});
