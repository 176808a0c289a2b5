/** What a further stack of an environment gets from those that are there. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { NAMESPACE } from "../../config/problems.ts";
import { type NewShardRequest, newShard } from "../../environment/newShard.ts";
import { nextName } from "../../environment/newShardName.ts";
import { newShardText } from "../../environment/newShardText.ts";
import { rawStack } from "../config/stacks.ts";

const ACCOUNT = "0123456789abcdef0123456789abcdef";
const OTHER_ACCOUNT = "f".repeat(32);
const OTHER_ZONE = { zoneId: "e".repeat(32), zoneName: "example.net" };
const KEY = "arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-000000000000";

const secure = (value: unknown) => typeof value === "object" && value !== null && "secure" in value;

function shard(stack: string, settings: object = {}, others: Record<string, unknown> = {}) {
  const ours = Object.entries(rawStack([{ id: `tenant-of-${stack}` }], { ...settings }));
  const config: Record<string, unknown> = {
    "aws:region": "eu-west-1",
    ...Object.fromEntries(ours.map(([key, value]) => [NAMESPACE + key, value])),
    ...others,
  };
  return { stack, config, isEncrypted: (key: string) => secure(config[key]) };
}

const us = (stack: string, settings: object = {}) =>
  shard(
    stack,
    { hostDefaults: { imageId: "ami-0c7217cdde317cfec" }, ...settings },
    { "aws:region": "us-east-1" },
  );

const PROD = [shard("prod"), shard("prod-2", { network: { stack: "prod" }, tags: { team: "two" } })];

const add = (request: NewShardRequest = {}, shards = PROD) => newShard(request, shards, []);
const setting = ({ config }: { config: Record<string, unknown> }, key: string) => config[NAMESPACE + key];
const paths = ({ problems }: { problems: { path: string }[] }) => problems.map(({ path }) => path);

describe("its name", () => {
  it.each([
    ["prod", ["prod"], "prod-2"],
    ["prod", ["prod", "prod-2", "prod-10", "staging-30"], "prod-11"],
    ["prod-eu", ["prod-eu", "prod-us-7"], "prod-eu-2"],
    ["prod-eu-2", ["prod-eu", "prod-eu-2", "prod-eu-3"], "prod-eu-4"],
  ])("like %s beside %j: %s", (like, taken, name) => {
    expect(nextName(like, taken)).toBe(name);
  });

  it("is never that of another stack", () => {
    const names = fc.array(fc.stringMatching(/^[a-z]{1,2}(-[a-z])?(-\d{1,3})?$/), { minLength: 1 });
    fc.assert(
      fc.property(names, (taken) => {
        expect(taken).not.toContain(nextName(taken[0] ?? "", taken));
      }),
    );
  });

  it("counts stacks of the backend whose file is elsewhere", () => {
    expect(newShard({}, PROD, ["prod-3"]).name).toBe("prod-4");
  });
});

describe("its settings", () => {
  it("are those of the last stack, without tenants, in the network of the stack that has it", () => {
    const added = add();
    expect(added).toMatchObject({ name: "prod-3", networkOf: "prod", problems: [], isAlike: true });
    expect(setting(added, "network")).toEqual({ stack: "prod" });
    expect(setting(added, "tags")).toEqual({ team: "two" });
    expect(setting(added, "tenants")).toEqual([]);
    expect(add({ like: "prod" })).toMatchObject({ name: "prod-3", networkOf: "prod" });
  });

  it("have the network's stack also when that uses an existing VPC", () => {
    const network = { vpcId: "vpc-0123456789abcdef0", privateSubnetIds: ["subnet-0123456789abcdef0"] };
    expect(setting(add({}, [shard("prod", { network })]), "network")).toEqual({ stack: "prod" });
  });

  it("do not take along what was allowed for a while", () => {
    const allow = { words: "hosts of 12 tenants", until: "2026-11-23T10:00:00Z" };
    expect(setting(add({}, [shard("prod", { allow })]), "allow")).toBeUndefined();
  });

  it("have what is encrypted, and refuse what should be", () => {
    const hidden = { secure: "v1:abc" };
    expect(
      add({}, [shard("prod", {}, { "cloudflare:apiToken": hidden, "aws:profile": "ops" })]),
    ).toMatchObject({
      secrets: ["cloudflare:apiToken"],
      config: { "cloudflare:apiToken": hidden, "aws:profile": "ops" },
    });
    const plain = add({}, [shard("prod", {}, { "cloudflare:apiToken": "open" })]);
    expect(paths(plain)).toEqual(["cloudflare:apiToken of Pulumi.prod.yaml"]);
    expect(JSON.stringify(plain.problems)).not.toContain('"open"');
  });

  it("refuse a stack to be like that is not there", () => {
    expect(add({ like: "prod-9" }).problems).toMatchObject([
      { found: '"prod-9"', allowed: "one of prod, prod-2" },
    ]);
  });
});

describe("in a region", () => {
  it("that is new it has a network of its own, and asks for what belongs to the region", () => {
    const first = shard("prod", {
      kmsKeyArn: KEY,
      network: { natGateways: "per-zone", cidrBlock: "10.30.0.0/16" },
    });
    const shards = [first, shard("prod-2", { kmsKeyArn: KEY, network: { stack: "prod" } })];
    expect(paths(add({ region: "us-east-1" }, shards))).toEqual([
      "imageId (--image)",
      "kmsKeyArn (--kms-key)",
    ]);

    const given = {
      region: "us-east-1",
      imageId: "ami-0c7217cdde317cfec",
      kmsKeyArn: "arn:…",
      name: "prod-us",
    };
    const added = add({ ...given, availabilityZones: ["us-east-1a", "us-east-1c"] }, shards);
    expect(added).toMatchObject({ problems: [], networkOf: undefined, isAlike: false, name: "prod-us" });
    expect(added.config["aws:region"]).toBe("us-east-1");
    expect(setting(added, "hostDefaults")).toMatchObject({ imageId: "ami-0c7217cdde317cfec" });
    expect(setting(added, "network")).toEqual({
      natGateways: "per-zone",
      availabilityZones: ["us-east-1a", "us-east-1c"],
    });
  });

  it("where there is one already, it has that one's network and image", () => {
    const shards = [...PROD, us("prod-us", { bucketDefaults: { location: "enam" } })];
    const added = add({ region: "us-east-1" }, shards);
    expect(added).toMatchObject({ name: "prod-us-2", networkOf: "prod-us", problems: [] });
    const like = add({ region: "us-east-1", like: "prod-2" }, shards);
    expect(like).toMatchObject({ networkOf: "prod-us", problems: [] });
    expect(setting(like, "tags")).toEqual({ team: "two" });
    expect(setting(like, "hostDefaults")).toMatchObject({ imageId: "ami-0c7217cdde317cfec" });
    expect(paths(add({ region: "us-east-1", availabilityZones: ["us-east-1a"] }, shards))).toEqual([
      "availabilityZones (--zones)",
    ]);
  });
});

describe("in a Cloudflare account", () => {
  const limits = { tunnels: 5000, accountTokens: 2000, dnsRecords: 3500, tenantsPerStack: 40 };
  const cloudflare = {
    accountId: ACCOUNT,
    zoneId: "a".repeat(32),
    zoneName: "example.com",
    subdomainPrefix: "p-",
    certificateHostnames: ["*.eu.example.com"],
  };
  const token = { "cloudflare:apiToken": { secure: "v1:abc" } };
  const shards = [shard("prod", { limits, cloudflare, cloudflareLimit: { calls: 5000 } }, token)];

  it("that is another, it has nothing of what the first one was granted, and no credential for it", () => {
    const added = add({ accountId: OTHER_ACCOUNT, ...OTHER_ZONE }, shards);
    expect(added).toMatchObject({ problems: [], left: ["cloudflare:apiToken"], secrets: [], isAlike: false });
    expect(setting(added, "cloudflare")).toEqual({
      accountId: OTHER_ACCOUNT,
      ...OTHER_ZONE,
      subdomainPrefix: "p-",
    });
    expect(setting(added, "limits")).toEqual({ tenantsPerStack: 40 });
    expect(setting(added, "cloudflareLimit")).toBeUndefined();
    expect(added.config["cloudflare:apiToken"]).toBeUndefined();
    expect(paths(add({ accountId: OTHER_ACCOUNT }, shards))).toEqual([
      "zoneId (--zone)",
      "zoneName (--zone-name)",
    ]);
  });

  it("with another zone of it, it keeps what the account was granted", () => {
    const added = add(OTHER_ZONE, shards);
    expect(added).toMatchObject({ problems: [], left: [], secrets: ["cloudflare:apiToken"] });
    expect(setting(added, "limits")).toEqual({ tunnels: 5000, accountTokens: 2000, tenantsPerStack: 40 });
  });

  it("that a stack is in already, it is like that one", () => {
    const there = shard("edge", { cloudflare: { accountId: OTHER_ACCOUNT, ...OTHER_ZONE } });
    const added = add({ accountId: OTHER_ACCOUNT }, [there, ...PROD]);
    expect(added).toMatchObject({ name: "edge-2", problems: [], left: [] });
  });
});

describe("its file", () => {
  const TEXT = `# yaml-language-server: $schema=./config/stack.schema.json
encryptionsalt: v1:old
config:
  # Ours.
  aws:region: eu-west-1
  tenant-edge:tenants:
    # The first one.
    - id: acme
environment:
  - shared
`;

  it("keeps comments and whatever else stands in the other one, but its tenants and its salt", () => {
    const config = { "aws:region": "eu-west-1", "tenant-edge:tenants": [] };
    const text = newShardText(TEXT, config, { encryptionsalt: "v1:new" }, true);
    expect(text).toContain("\n  # Ours.\n");
    expect(text).not.toMatch(/acme|The first one|v1:old/);
    expect(parse(text)).toEqual({ encryptionsalt: "v1:new", config, environment: ["shared"] });
  });

  it("is written anew where the comments would not be true, or where aliases stand in the way", () => {
    const config = { "aws:region": "us-east-1", "tenant-edge:tenants": [] };
    const text = newShardText(TEXT, config, {}, false);
    expect(text).toMatch(/^# yaml-language-server: .*\nconfig:/);
    expect(text).not.toContain("Ours");
    const aliased =
      "config: &all\n  tenant-edge:tags: &tags\n    a: b\n  x: *tags\n  tenant-edge:tenants: []\n";
    const other = { "tenant-edge:tags": { a: "c" }, x: { a: "b" } };
    expect(parse(newShardText(aliased, other, {}, true))).toEqual({ config: other });
  });
});
