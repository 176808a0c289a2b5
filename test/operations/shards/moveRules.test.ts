/** What a move is decided by, without an engine. */
import { describe, expect, it } from "vitest";
import { checkConfiguration } from "../../../operations/configuration.ts";
import type { Configuration } from "../../../operations/context.ts";
import {
  differences,
  networkOf,
  type Side,
  stateObstacles,
} from "../../../operations/shards/move/obstacles.ts";
import { areSame, parseState } from "../../../operations/shards/move/stackState.ts";
import { alone, type Entry, stackFile } from "../fakeContext.ts";

const TENANT = "tenant-edge:index:Tenant";
const urn = (stack: string, types: string, name: string) => `urn:pulumi:${stack}::p::${types}::${name}`;

/** A state with these tenants, as the engine exports it. @param ids of tunnels at Cloudflare, by tenant. */
function state(stack: string, ids: Record<string, string>, more: object = {}): string {
  const root = urn(stack, "pulumi:pulumi:Stack", `p-${stack}`);
  const tenants = Object.entries(ids).flatMap(([tenant, id]) => {
    const own = urn(stack, TENANT, tenant);
    const part = urn(stack, `${TENANT}$tenant-edge:index:TenantTunnel`, tenant);
    const tunnel = urn(stack, `${TENANT}$tenant-edge:index:TenantTunnel$t:x:Tunnel`, `${tenant}-tunnel`);
    return [
      { urn: own, type: TENANT, parent: root },
      { urn: part, type: "tenant-edge:index:TenantTunnel", parent: own },
      { urn: tunnel, type: "t:x:Tunnel", parent: part, id },
    ];
  });
  const outputs = { tenants: {} };
  return JSON.stringify({
    deployment: {
      resources: [{ urn: root, type: "pulumi:pulumi:Stack", outputs }, ...tenants],
      ...more,
    },
  });
}

const configuration = (entries: readonly Entry[], settings: Record<string, unknown> = {}): Configuration =>
  checkConfiguration(stackFile(settings), { entries, location: "Pulumi.prod.yaml" });

function side(stack: string, entry: Entry, settings: Record<string, unknown> = {}, ids = ["subnet-1"]): Side {
  const read = configuration([entry], settings);
  const [tenant] = read.tenants;
  if (tenant === undefined) throw new Error("no tenant");
  return { stack, configuration: read, tenant, network: { vpcId: "vpc-1", privateSubnetIds: ids } };
}

describe("a stack's state", () => {
  it("has all of a tenant, with what hangs on it, and nothing of one whose id begins alike", () => {
    const { resourcesOf } = parseState(state("prod", { acme: "1", "acme-two": "2" }));
    expect(resourcesOf("acme").map(({ urn: each }) => each.split("::").at(-1))).toEqual([
      "acme",
      "acme",
      "acme-tunnel",
    ]);
    expect(resourcesOf("other")).toEqual([]);
  });

  it("has the same tenant as another one only when all of it is the same at the providers", () => {
    const of = (stack: string, id: string) => parseState(state(stack, { acme: id })).resourcesOf("acme");
    expect(areSame(of("prod", "1"), of("prod-2", "1"))).toBe(true);
    expect(areSame(of("prod", "1"), of("prod-2", "2"))).toBe(false);
    expect(areSame(of("prod", "1"), [])).toBe(false);
  });
});

describe("what keeps a tenant from moving", () => {
  const entry: Entry = { id: "acme" };
  const paths = (from: Side, to: Side) => differences(from, to).map(({ path }) => path);

  it("is nothing between stacks that make the same of it", () => {
    const limits = { limits: { tenantsPerStack: 7 }, reservedSubdomains: ["x"] };
    expect(paths(side("prod", entry), side("prod-2", entry, limits))).toEqual([]);
  });

  it("is every setting of the stack that its resources are made of", () => {
    const cloudflare = {
      accountId: "f".repeat(32),
      zoneId: "e".repeat(32),
      zoneName: "example.org",
    };
    const other = {
      cloudflare,
      tags: { team: "a" },
      kmsKeyArn: `arn:aws:kms:eu-west-1:123456789012:key/${"a".repeat(36)}`,
    };
    expect(paths(side("prod", entry), side("prod-2", entry, other))).toEqual([
      "tenant-edge:cloudflare.accountId",
      "tenant-edge:cloudflare.zoneId",
      "tenant-edge:cloudflare.zoneName",
      "tenant-edge:kmsKeyArn",
      "tenant-edge:tags",
      "acme.hostnames",
    ]);
  });

  it("is a default that its entry does not say", () => {
    const defaults = { bucketDefaults: { jurisdiction: "eu" } };
    const says = { id: "acme", bucket: { jurisdiction: "eu" } };
    expect(paths(side("prod", entry), side("prod-2", entry, defaults))).toEqual(["acme.bucket.jurisdiction"]);
    expect(paths(side("prod", says), side("prod-2", says, defaults))).toEqual([]);
  });

  it("is another network, for its hosts alone", () => {
    const [from, to] = [["subnet-1"], ["subnet-2"]];
    expect(paths(side("prod", entry, {}, from), side("prod-2", entry, {}, to))).toEqual([
      "tenant-edge:network",
    ]);
    const without = alone("acme");
    expect(paths(side("prod", without, {}, from), side("prod-2", without, {}, to))).toEqual([]);
  });

  it("is a stack that is not as its list says", () => {
    const [tenant] = configuration([entry]).tenants;
    if (tenant === undefined) throw new Error("no tenant");
    const standing = (stack: string, text: string, isSettled = true) => ({
      stack,
      state: parseState(text),
      isSettled,
    });
    const told = (to: ReturnType<typeof standing>) =>
      stateObstacles(tenant, standing("prod", state("prod", { acme: "1" })), to).map(
        ({ path, message }) => `${path}: ${message}`,
      );
    const entryChanged = "acme: its entry is not the one that was deployed last";
    expect(told(standing("prod-2", "{}"))).toEqual([
      expect.stringContaining("prod-2: was never deployed"),
      expect.stringContaining(entryChanged),
    ]);
    const pending = { type: "creating", resource: { urn: "a", type: "aws:ec2/vpc:Vpc" } };
    expect(told(standing("prod-2", state("prod-2", {}, { pending_operations: [pending] })))[0]).toContain(
      "prod-2: an update is under way, or was killed",
    );
    expect(told(standing("prod-2", state("prod-2", {}), false))[0]).toContain("its last update failed");
    expect(told(standing("prod-2", state("prod-2", { acme: "2" }))).at(-1)).toContain(
      "the state of prod-2 has a tenant of this id already",
    );
  });
});

describe("where hosts live", () => {
  const own = {
    vpcId: "vpc-0a1b2c3d4e5f60718",
    privateSubnetIds: ["subnet-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60719"],
  };
  const settings = (network: object) => configuration([], { network }).settings.network;

  it("is the same in the stack that made the network, in those that name it, and in those that have its ids", () => {
    const outputsOf = (stack: string) => (stack === "prod" ? { network: own } : {});
    expect(networkOf(settings({}), { network: own }, outputsOf)).toEqual(own);
    expect(networkOf(settings({ stack: "prod" }), { network: null }, outputsOf)).toEqual(own);
    expect(networkOf(settings(own), {}, outputsOf)).toEqual(own);
    expect(networkOf(settings({}), { network: null }, outputsOf)).toBeUndefined();
  });
});
