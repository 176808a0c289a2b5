/** What repair removes from the clouds, and what it leaves alone there. */
import { describe, expect, it, vi } from "vitest";
import { OrphanKind } from "../../operations/choices.ts";
import { look, settleLeftovers } from "../../operations/leftovers.ts";
import type { PendingOperation, StackContents, TimeSpan } from "../../orphans/known.ts";
import { addKey, addTenant, startAccounts, type TestAccounts } from "../orphans/accounts.ts";
import { configurationOf, failureOf, fakeContext, listedTenant, STACK } from "../orphans/fakeContext.ts";
import { ACCOUNT, ZONE } from "../sandbox/cloudflare/serve.ts";

const BUCKET = "te-staging-acme";

const contentsOf = (changes: Partial<StackContents> = {}): StackContents => ({
  stack: STACK,
  root: "urn",
  deployed: { tenants: new Map(), unreadable: [] },
  resourceIds: new Set(),
  held: [],
  pending: [],
  ...changes,
});

interface Situation {
  /** After the clouds were looked into. */
  meanwhile?: () => Promise<unknown>;
  stacks?: StackContents[];
  /** What the state says right before a removal; by default the same. */
  later?: Partial<StackContents>;
  interrupted?: PendingOperation[];
}

async function settle({ cloudflare, awsClients }: TestAccounts, situation: Situation = {}) {
  const { stacks = [contentsOf()], later, interrupted = [], meanwhile } = situation;
  const { context } = fakeContext({
    cloudflare,
    aws: awsClients,
    configuration: async () => configurationOf([listedTenant({ id: "acme" })]),
    engine: {
      projectStacks: async () => ({ stacks, unreadable: [] }),
      contents: async () => (later === undefined ? stacks[0] : contentsOf(later)),
    },
  });
  const looked = await look(context, stacks[0], interrupted, undefined);
  await meanwhile?.();
  return await settleLeftovers(context, looked, interrupted, true);
}

const creating = (type: string): PendingOperation => ({
  ...{ urn: "urn", type, name: "acme", tenant: "acme", action: "creating" },
});
const CREATING_BUCKET = creating("cloudflare:index/r2Bucket:R2Bucket");
const CREATING_TUNNEL = creating("cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared");

const buckets = async ({ served }: TestAccounts) =>
  ((await served.client.r2.buckets.list({ account_id: ACCOUNT })).buckets ?? []).map(({ name }) => name);

async function withBucket(): Promise<TestAccounts> {
  const accounts = await startAccounts();
  await accounts.served.client.r2.buckets.create({ account_id: ACCOUNT, name: BUCKET });
  return accounts;
}

it("removes an empty bucket whose creation was interrupted", async () => {
  const accounts = await withBucket();
  const { leftovers } = await settle(accounts, { interrupted: [CREATING_BUCKET] });
  expect(leftovers).toEqual([expect.objectContaining({ id: BUCKET, outcome: "deleted" })]);
  expect(await buckets(accounts)).toEqual([]);
});

it("refuses in a backend that does not have the stack, and removes nothing", async () => {
  const accounts = await withBucket();
  const call = settle(accounts, {
    stacks: [contentsOf({ stack: "another" })],
    interrupted: [CREATING_BUCKET],
  });
  expect(await failureOf(call)).toMatch(/^not-allowed-now: nothing was removed: this backend has no stack/);
  expect(await buckets(accounts)).toEqual([BUCKET]);
});

it("only reports for a stack in which nothing was ever made", async () => {
  const accounts = await withBucket();
  const { leftovers } = await settle(accounts, { stacks: [contentsOf({ root: "" })] });
  expect(leftovers).toEqual([
    expect.objectContaining({ outcome: "kept", detail: expect.stringContaining("another backend") }),
  ]);
  expect(await buckets(accounts)).toEqual([BUCKET]);
});

it.each<[string, Partial<StackContents>]>([
  ["has been made anew", { resourceIds: new Set([BUCKET]) }],
  ["is being made anew", { pending: [CREATING_BUCKET] }],
])("leaves alone what another update %s meanwhile", async (_, later) => {
  const accounts = await withBucket();
  const { leftovers } = await settle(accounts, { later, interrupted: [CREATING_BUCKET] });
  expect(leftovers).toEqual([]);
  expect(await buckets(accounts)).toEqual([BUCKET]);
});

it("an old state costs a live tenant nothing: neither what is in use nor what was not used yet", async () => {
  const accounts = await startAccounts();
  const acme = await addTenant(accounts, "acme");
  const tags = [{ Key: "tenant-edge:tunnel-id", Value: acme.tunnelId }];
  await accounts.aws.call("iam:TagRole", { RoleName: acme.role, Tags: tags });
  await accounts.aws.call("iam:TagInstanceProfile", { InstanceProfileName: acme.role, Tags: tags });
  await accounts.aws.call("ec2:CreateTags", { Resources: [acme.groupId, acme.instanceId], Tags: tags });
  for (const ResourceId of ["tunnel-token", "host-report"]) {
    const parameter = {
      ResourceType: "Parameter" as const,
      ResourceId: `/tenant-edge/staging/acme/${ResourceId}`,
    };
    await accounts.aws.call("ssm:AddTagsToResource", { ...parameter, Tags: tags });
  }
  const old = contentsOf({ resourceIds: new Set([acme.tunnelId, acme.recordId, acme.bucket]) });
  const interrupted = [creating("aws:iam/role:Role")];
  const { leftovers } = await settle(accounts, { stacks: [old], interrupted });
  expect(leftovers.map(({ outcome }) => outcome)).toEqual(leftovers.map(() => "kept"));
  expect(new Set(leftovers.map(({ kind }) => kind))).toEqual(
    new Set([
      OrphanKind.Instance,
      OrphanKind.Token,
      OrphanKind.Parameter,
      OrphanKind.SecurityGroup,
      OrphanKind.InstanceProfile,
      OrphanKind.Role,
    ]),
  );
});

it("a role whose creation was interrupted stays while it has policies, and a profile while a host has it", async () => {
  const accounts = await startAccounts();
  const acme = await addTenant(accounts, "acme");
  const tags = [{ Key: "tenant-edge:tunnel-id", Value: acme.tunnelId }];
  await accounts.aws.call("iam:TagRole", { RoleName: acme.role, Tags: tags });
  await accounts.aws.call("iam:TagInstanceProfile", { InstanceProfileName: acme.role, Tags: tags });
  const { recordId, bucket, tokenId, tunnelId, instanceId, groupId } = acme;
  const state = contentsOf({
    resourceIds: new Set([recordId, bucket, tokenId, tunnelId, instanceId, groupId]),
  });
  const interrupted = [creating("aws:iam/role:Role"), creating("aws:iam/instanceProfile:InstanceProfile")];
  const { leftovers } = await settle(accounts, { stacks: [state], interrupted });
  const detailOf = (kind: OrphanKind) => leftovers.find((one) => one.kind === kind);
  expect(detailOf(OrphanKind.Role)).toMatchObject({
    outcome: "kept",
    detail: expect.stringContaining("it is in use"),
  });
  expect(detailOf(OrphanKind.InstanceProfile)).toMatchObject({
    outcome: "kept",
    detail: expect.stringContaining("a host has it"),
  });
});

it.each([
  [404, []],
  [403, [expect.objectContaining({ kind: OrphanKind.Tunnel, outcome: "failed" })]],
])("one that cannot be looked at (%i) does not stop the others", async (status, failed) => {
  const accounts = await withBucket();
  const { client } = accounts.served;
  const { id } = await client.zeroTrust.tunnels.cloudflared.create({ account_id: ACCOUNT, name: BUCKET });
  accounts.intercept(async ({ url }) =>
    url.endsWith(`/cfd_tunnel/${id}`)
      ? Response.json({ success: false, errors: [{ code: 1000, message: "no" }] }, { status })
      : undefined,
  );
  const { leftovers } = await settle(accounts, { interrupted: [CREATING_BUCKET, CREATING_TUNNEL] });
  expect(leftovers).toEqual([...failed, expect.objectContaining({ id: BUCKET, outcome: "deleted" })]);
});

it("leaves a parameter that was written since the clouds were looked into", async () => {
  const accounts = await startAccounts();
  const { aws } = accounts;
  const name = "/tenant-edge/staging/acme/tunnel-token";
  const put = (Value: string, more: object) =>
    aws.call("ssm:PutParameter", { Name: name, Value, Type: "SecureString", ...more });
  const tags = { environment: "staging", tenant: "acme", "tunnel-id": "tunnel" };
  const stacks = [contentsOf({ resourceIds: new Set(["tunnel"]) })];
  await put("x", {
    Tags: Object.entries(tags).map(([key, Value]) => ({ Key: `tenant-edge:${key}`, Value })),
  });
  const listed = Date.now();
  const interrupted = [creating("aws:ssm/parameter:Parameter")];
  const meanwhile = async () => {
    await vi.waitUntil(() => Date.now() > listed, { interval: 1 });
    await put("y", { Overwrite: true });
  };
  expect((await settle(accounts, { stacks, interrupted, meanwhile })).leftovers).toEqual([]);
  expect((await settle(accounts, { stacks, interrupted })).leftovers).toMatchObject([
    { id: name, outcome: "deleted" },
  ]);
});

describe("where another backend has the state that counts", () => {
  /** Nobody is connected yet: the host starts. */
  async function withTunnel(): Promise<TestAccounts & { tunnelId: string }> {
    const accounts = await startAccounts();
    // Not of this stack: the tunnel is not more than half of all.
    await addTenant(accounts, "globex");
    const { cloudflared } = accounts.served.client.zeroTrust.tunnels;
    const { id = "" } = await cloudflared.create({ account_id: ACCOUNT, name: BUCKET });
    return { ...accounts, tunnelId: id };
  }

  it.each<[string, boolean, Situation, string]>([
    ["stays when it has a configuration", true, {}, "kept"],
    ["goes without one", false, {}, "deleted"],
    [
      "goes when an update was killed that was creating it",
      true,
      { interrupted: [CREATING_TUNNEL] },
      "deleted",
    ],
  ])("a tunnel to which nobody was ever connected %s", async (_, isConfigured, situation, outcome) => {
    const accounts = await withTunnel();
    const { tunnelId, served } = accounts;
    if (isConfigured)
      served.cloud.tunnels.configure(ACCOUNT, tunnelId, { ingress: [{ service: "http_status:404" }] });
    const { leftovers } = await settle(accounts, situation);
    expect(leftovers).toEqual([expect.objectContaining({ id: tunnelId, outcome })]);
  });

  it("what is in use there counts as well: so much that nothing explains is no leftover", async () => {
    const accounts = await withBucket();
    const { client, cloud } = accounts.served;
    const account = { account_id: ACCOUNT };
    await client.r2.buckets.create({ ...account, name: "te-staging-globex" });
    const { cloudflared } = client.zeroTrust.tunnels;
    const { id = "" } = await cloudflared.create({ ...account, name: BUCKET });
    const connector = { id: crypto.randomUUID(), version: "2026.8.2", arch: "linux_arm64" };
    cloud.tunnels.connect(await cloudflared.token.get(id, account), {
      ...connector,
      originIp: "203.0.113.7",
    });
    const { leftovers } = await settle(accounts);
    expect(leftovers.map(({ kind, outcome }) => [kind, outcome])).toEqual([
      [OrphanKind.Tunnel, "kept"],
      [OrphanKind.Bucket, "kept"],
    ]);
    expect(leftovers[0]?.detail).toContain("a connector is connected");
    expect(await buckets(accounts)).toContain(BUCKET);
  });

  it.each([
    ["stays when this account has never heard of that", false, "kept"],
    ["goes when this account has deleted that", true, "deleted"],
  ])("a parameter of another tunnel %s", async (_, isDeleted, outcome) => {
    const accounts = await withTunnel();
    const { tunnelId, served } = accounts;
    await served.client.zeroTrust.tunnels.cloudflared.delete(tunnelId, { account_id: ACCOUNT });
    const made = isDeleted ? tunnelId : crypto.randomUUID();
    const tags = { environment: "staging", tenant: "acme", "tunnel-id": made };
    await accounts.aws.call("ssm:PutParameter", {
      ...{ Name: "/tenant-edge/staging/acme/tunnel-token", Value: "x", Type: "String" },
      Tags: Object.entries(tags).map(([key, Value]) => ({ Key: `tenant-edge:${key}`, Value })),
    });
    const { leftovers } = await settle(accounts);
    expect(leftovers).toEqual([expect.objectContaining({ kind: OrphanKind.Parameter, outcome })]);
  });
});

describe("a tenant of whom a state does not tell that a full disk has cut", () => {
  const MINUTE = 60_000;
  const spanAround = (time: number) => ({ from: new Date(time - MINUTE), until: new Date(time + MINUTE) });

  /** Made just now. */
  async function withNewTenant(): Promise<TestAccounts & { connect(): Promise<void> }> {
    const accounts = await startAccounts();
    // Of a stack with one tenant; without it, more than half would be lost.
    await addTenant(accounts, "globex");
    const { client, cloud } = accounts.served;
    const account = { account_id: ACCOUNT };
    const { cloudflared } = client.zeroTrust.tunnels;
    const { id = "" } = await cloudflared.create({ ...account, name: BUCKET });
    await client.dns.records.create({
      ...{ zone_id: ZONE, type: "CNAME", name: "acme.example.com", ttl: 1, proxied: true },
      ...{ content: `${id}.cfargotunnel.com`, comment: "tenant-edge/staging/acme" },
    });
    await client.r2.buckets.create({ ...account, name: BUCKET });
    await addKey(accounts, BUCKET, 1);
    const tags = { environment: "staging", tenant: "acme", "tunnel-id": id };
    await accounts.aws.call("ssm:PutParameter", {
      ...{ Name: "/tenant-edge/staging/acme/tunnel-token", Value: "x", Type: "String" },
      Tags: Object.entries(tags).map(([key, Value]) => ({ Key: `tenant-edge:${key}`, Value })),
    });
    const connect = async () => {
      const connector = { id: crypto.randomUUID(), version: "2026.8.2", arch: "linux_arm64" };
      const token = await cloudflared.token.get(id, account);
      cloud.tunnels.connect(token, { ...connector, originIp: "203.0.113.7" });
    };
    return { ...accounts, connect };
  }

  const outcomes = async (accounts: TestAccounts, lost: TimeSpan | undefined) => {
    const { leftovers } = await settle(accounts, { stacks: [contentsOf({ lost })] });
    return Object.fromEntries(leftovers.map(({ kind, outcome }) => [kind, outcome]));
  };

  it("is removed at once with all that was made for it then", async () => {
    const accounts = await withNewTenant();
    expect(await outcomes(accounts, spanAround(Date.now()))).toEqual({
      [OrphanKind.Tunnel]: "deleted",
      [OrphanKind.Record]: "deleted",
      [OrphanKind.Bucket]: "deleted",
      [OrphanKind.Token]: "deleted",
      [OrphanKind.Parameter]: "deleted",
    });
    expect(await buckets(accounts)).not.toContain(BUCKET);
  });

  it.each([
    ["nothing was cut", undefined],
    ["it was made before", spanAround(Date.now() + 60 * MINUTE)],
    ["it was made later", spanAround(Date.now() - 60 * MINUTE)],
  ])("keeps bucket and key when %s", async (_, lost) => {
    const accounts = await withNewTenant();
    expect(await outcomes(accounts, lost)).toMatchObject({
      [OrphanKind.Bucket]: "kept",
      [OrphanKind.Token]: "kept",
    });
    expect(await buckets(accounts)).toContain(BUCKET);
  });

  it("keeps its tunnel and what was made for that as soon as somebody is connected", async () => {
    const accounts = await withNewTenant();
    await accounts.connect();
    expect(await outcomes(accounts, spanAround(Date.now()))).toMatchObject({
      [OrphanKind.Tunnel]: "kept",
      [OrphanKind.Record]: "kept",
      [OrphanKind.Parameter]: "kept",
      [OrphanKind.Token]: "kept",
      [OrphanKind.Bucket]: "kept",
    });
  });
});
