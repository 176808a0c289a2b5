import { createHash } from "node:crypto";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import type { ResolvedTenant } from "../../config/tenants.ts";
import { OrphanKind } from "../../operations/choices.ts";
import { sweepOrphans } from "../../operations/sweepOrphans.ts";
import type { ProjectStacks } from "../../orphans/known.ts";
import { ORPHAN_SOURCES } from "../../orphans/sources.ts";
import { addKey, addTenant, startAccounts, type TestAccounts, type TestTenant } from "../orphans/accounts.ts";
import {
  configurationOf,
  ENVIRONMENT,
  failureOf,
  fakeContext,
  listedTenant,
  STACK,
} from "../orphans/fakeContext.ts";
import { ACCOUNT, collect, ZONE } from "../sandbox/cloudflare/serve.ts";

const HOUR = 3_600_000;
const NOTHING_DEPLOYED = { tenants: new Map(), unreadable: [] };
const OWN_STACK: ProjectStacks = {
  stacks: [
    {
      stack: `organization/tenant-edge/${STACK}`,
      root: "",
      deployed: NOTHING_DEPLOYED,
      resourceIds: new Set(),
      held: [],
      pending: [],
    },
  ],
  unreadable: [],
};

interface Sweep {
  listed?: ResolvedTenant[];
  stacks?: ProjectStacks;
  /** Later than now. */
  laterMilliseconds?: number;
  /** In the place of keeping the events. */
  report?: () => void;
}

const ACME = listedTenant({ id: "acme", bucket: { keyGenerations: [1, 2] } });

function sweepOf(
  { cloudflare, awsClients }: TestAccounts,
  { listed = [ACME], stacks = OWN_STACK, laterMilliseconds = HOUR, report }: Sweep = {},
) {
  const { context, events } = fakeContext({
    cloudflare,
    aws: awsClients,
    now: () => new Date(Date.now() + laterMilliseconds),
    configuration: async () => configurationOf(listed),
    engine: { projectStacks: async () => stacks },
    ...(report && { report }),
  });
  return {
    events,
    sweep: (input: Parameters<typeof sweepOrphans>[1], call = {}) => sweepOrphans(context, input, call),
  };
}

/** What is left, by kind. */
async function left(accounts: TestAccounts): Promise<string[]> {
  const { client } = accounts.served;
  const account = { account_id: ACCOUNT };
  const found = await Promise.all([
    collect(client.zeroTrust.tunnels.cloudflared.list({ ...account, is_deleted: false })),
    collect(client.dns.records.list({ zone_id: ZONE })),
    collect(client.accounts.tokens.list(account)),
  ]);
  const { buckets = [] } = await client.r2.buckets.list(account);
  const { aws } = accounts;
  const { Roles = [] } = await aws.call("iam:ListRoles", {});
  const { InstanceProfiles = [] } = await aws.call("iam:ListInstanceProfiles", {});
  const { Parameters = [] } = await aws.call("ssm:DescribeParameters", {});
  const { SecurityGroups = [] } = await aws.call("ec2:DescribeSecurityGroups", {});
  return [
    ...found.flat().map(({ name = "" }) => name),
    ...buckets.map(({ name = "" }) => `bucket ${name}`),
    ...Roles.map(({ RoleName }) => `role ${RoleName}`),
    ...InstanceProfiles.map(({ InstanceProfileName }) => `profile ${InstanceProfileName}`),
    ...Parameters.map(({ Name = "" }) => Name),
    ...SecurityGroups.map(({ GroupName }) => `group ${GroupName}`),
  ].sort();
}

/** A listed tenant and one that no stack has. */
async function acmeAndGone(): Promise<{ accounts: TestAccounts; gone: TestTenant; acmeOnly: string[] }> {
  const accounts = await startAccounts();
  const acme = await addTenant(accounts, "acme");
  await addKey(accounts, acme.bucket, 2);
  const acmeOnly = await left(accounts);
  return { accounts, gone: await addTenant(accounts, "gone"), acmeOnly };
}

describe("a sweep for orphans", () => {
  it("lists everything of a tenant that no stack has, and touches nothing", async () => {
    const { accounts, gone } = await acmeAndGone();
    const before = await left(accounts);
    const { orphans, seen } = await sweepOf(accounts).sweep({});
    const byKind = Object.fromEntries(orphans.map(({ kind, id }) => [kind, id]));
    expect(byKind).toEqual({
      [OrphanKind.Instance]: gone.instanceId,
      [OrphanKind.Record]: gone.recordId,
      [OrphanKind.Tunnel]: gone.tunnelId,
      [OrphanKind.Token]: gone.tokenId,
      [OrphanKind.Parameter]: `/tenant-edge/${ENVIRONMENT}/gone/host-report`,
      [OrphanKind.SecurityGroup]: gone.groupId,
      [OrphanKind.InstanceProfile]: gone.role,
      [OrphanKind.Role]: gone.role,
      [OrphanKind.Bucket]: gone.bucket,
    });
    expect(orphans).toHaveLength(10);
    expect(seen).toBe(21);
    expect(orphans.every(({ outcome, tenant }) => outcome === "found" && tenant === "gone")).toBe(true);
    expect(await left(accounts)).toEqual(before);
  });

  it("deletes it all, connected tunnel and running host included, and then finds nothing", async () => {
    const { accounts, gone, acmeOnly } = await acmeAndGone();
    const { sweep, events } = sweepOf(accounts);
    const { orphans } = await sweep({ delete: true });
    expect(orphans.filter(({ outcome }) => outcome !== "deleted")).toEqual([]);
    expect(await left(accounts)).toEqual(acmeOnly);
    expect(accounts.aws.instance(gone.instanceId)?.state).toBe("terminated");
    expect(events.map(({ done, total }) => `${done}/${total}`)).toContain("10/10");
    expect((await sweep({ delete: true })).orphans).toEqual([]);
  });

  it("finds a key of a known tenant that the tenant does not have, and deletes no other", async () => {
    const accounts = await startAccounts();
    const { bucket } = await addTenant(accounts, "acme");
    await addKey(accounts, bucket, 2);
    const lost = await addKey(accounts, bucket, 3);
    const { orphans } = await sweepOf(accounts).sweep({ delete: true });
    expect(orphans).toMatchObject([{ id: lost, kind: OrphanKind.Token, tenant: "acme", outcome: "deleted" }]);
    const names = (await left(accounts)).filter((name) => name.includes("-key-"));
    expect(names).toEqual([`${bucket}-key-1`, `${bucket}-key-2`]);
  });

  it("knows the resources and tenants of every stack of the project", async () => {
    const { accounts, gone } = await acmeAndGone();
    const stack = (
      deployed: ProjectStacks["stacks"][number]["deployed"],
      resourceIds: string[],
    ): ProjectStacks => ({
      stacks: [
        { stack: "staging-2", root: "", deployed, resourceIds: new Set(resourceIds), held: [], pending: [] },
      ],
      unreadable: [],
    });
    const inState = stack({ tenants: new Map(), unreadable: [] }, [gone.tunnelId, gone.bucket]);
    const { orphans } = await sweepOf(accounts, { stacks: inState }).sweep({});
    expect(orphans.map(({ kind }) => kind)).not.toContain(OrphanKind.Tunnel);
    expect(orphans).toHaveLength(8);
    const inOutputs = stack({ tenants: new Map(), unreadable: ["gone"] }, []);
    expect((await sweepOf(accounts, { stacks: inOutputs }).sweep({})).orphans).toEqual([]);
  });

  it("deletes nothing while a stack cannot be read, and says so when it lists", async () => {
    const { accounts } = await acmeAndGone();
    const stacks = { stacks: [], unreadable: ["staging-2"] };
    const before = await left(accounts);
    const { sweep, events } = sweepOf(accounts, { stacks });
    expect(await failureOf(sweep({ delete: true }))).toMatch(
      /^not-allowed-now: nothing was deleted: staging-2/,
    );
    const elsewhere = sweepOf(accounts, { stacks: { stacks: [], unreadable: [] } }).sweep({ delete: true });
    expect(await failureOf(elsewhere)).toMatch(/^not-allowed-now: nothing was deleted: staging-1 /);
    expect((await sweep({})).orphans).toHaveLength(10);
    expect(events[0]?.message).toMatch(/staging-2/);
    expect(await left(accounts)).toEqual(before);
  });

  it("deletes nothing beyond its bounds, nor where it knows no tenant at all", async () => {
    const { accounts } = await acmeAndGone();
    const before = await left(accounts);
    const bounded = sweepOf(accounts).sweep({ delete: true, maxDeletions: 9 });
    expect(await failureOf(bounded)).toMatch(
      /^unintended-changes: .*10 things would be deleted, and at most 9 may/,
    );
    const lost = sweepOf(accounts, { listed: [] }).sweep({ delete: true, maxDeletions: 1000 });
    expect(await failureOf(lost)).toMatch(/^unintended-changes: .*more than half/);
    expect(await left(accounts)).toEqual(before);
  });

  it("keeps what is young, because somebody may be at it", async () => {
    const { accounts } = await acmeAndGone();
    const { orphans } = await sweepOf(accounts, { laterMilliseconds: HOUR / 4 }).sweep({ delete: true });
    expect(new Set(orphans.map(({ outcome }) => outcome))).toEqual(new Set(["kept"]));
    expect(await left(accounts)).toContain("te-staging-gone");
  });

  it("leaves other environments and foreign things alone", async () => {
    const accounts = await startAccounts();
    await addTenant(accounts, "acme");
    await addTenant(accounts, "acme", "stagingb");
    const { client } = accounts.served;
    await client.zeroTrust.tunnels.cloudflared.create({ account_id: ACCOUNT, name: "te-staging-By-Hand" });
    await client.r2.buckets.create({ account_id: ACCOUNT, name: "te-staging" });
    // Called like a key, and opens something else.
    const { id: foreign } = await client.accounts.tokens.create({
      account_id: ACCOUNT,
      name: "te-staging-gone-key-1",
      policies: [
        {
          effect: "allow",
          permission_groups: [{ id: "2efd5506f9c8494dacb1fa10a3e7d5b6" }],
          resources: { [`com.cloudflare.edge.r2.bucket.${ACCOUNT}_default_te-staging-other`]: "*" },
        },
      ],
    });
    expect(foreign).toBeDefined();
    // Called like a role of ours, and without our tags.
    await accounts.aws.call("iam:CreateRole", {
      RoleName: "te-staging-gone-host",
      AssumeRolePolicyDocument: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "ec2.amazonaws.com" } },
        ],
      }),
    });
    expect((await sweepOf(accounts).sweep({})).orphans).toEqual([]);
  });

  it("goes on past an error and past a bucket with objects, and ends them in a later run", async () => {
    const { accounts, gone, acmeOnly } = await acmeAndGone();
    const { raw, s3 } = accounts.served;
    const rolled = await raw("PUT", `/accounts/${ACCOUNT}/tokens/${gone.tokenId}/value`, {});
    const secret = createHash("sha256").update(String(rolled.body.result)).digest("hex");
    const objects = s3({ id: gone.tokenId, secret });
    await objects.send(new PutObjectCommand({ Bucket: gone.bucket, Key: "precious", Body: "x" }));
    const refused = {
      success: false,
      errors: [{ code: 9109, message: "Unauthorized to access" }],
      result: null,
    };
    accounts.intercept(async ({ method, url }) =>
      method === "DELETE" && url.includes("/dns_records/")
        ? Response.json(refused, { status: 403 })
        : undefined,
    );
    const { orphans } = await sweepOf(accounts).sweep({ delete: true });
    const others = orphans.filter(({ outcome }) => outcome !== "deleted");
    expect(others).toMatchObject([
      {
        kind: OrphanKind.Record,
        outcome: "failed",
        detail: expect.stringContaining("Unauthorized to access"),
      },
      { kind: OrphanKind.Bucket, outcome: "kept", detail: "it is not empty" },
    ]);
    expect((await left(accounts)).filter((name) => !acmeOnly.includes(name))).toEqual([
      "bucket te-staging-gone",
      "gone-staging.example.com",
    ]);
  });

  it("stops between deletions when it is told to", async () => {
    const { accounts, gone } = await acmeAndGone();
    const stop = new AbortController();
    const report = () => stop.abort(new Error("enough"));
    const { sweep } = sweepOf(accounts, { report });
    await expect(sweep({ delete: true }, { signal: stop.signal })).rejects.toThrow("enough");
    expect(accounts.aws.instance(gone.instanceId)?.state).not.toBe("running");
    expect(await left(accounts)).toContain("te-staging-gone");
  });

  it("takes what is gone already for deleted, of every kind", async () => {
    const { cloudflare, awsClients } = await startAccounts();
    const accounts = {
      environment: ENVIRONMENT,
      cloudflare,
      accountId: ACCOUNT,
      zoneId: ZONE,
      aws: awsClients,
      signal: undefined,
    };
    const ids: Partial<Record<OrphanKind, string>> = {
      [OrphanKind.Tunnel]: crypto.randomUUID(),
      [OrphanKind.Instance]: "i-0123456789abcdef0",
      [OrphanKind.SecurityGroup]: "sg-0123456789abcdef0",
      [OrphanKind.Parameter]: "/tenant-edge/staging/gone/tunnel-token",
      [OrphanKind.Role]: "te-staging-gone-host",
      [OrphanKind.InstanceProfile]: "te-staging-gone-host",
      [OrphanKind.Bucket]: "te-staging-gone",
    };
    for (const source of ORPHAN_SOURCES) {
      const id = ids[source.kind] ?? "0".repeat(32);
      const candidate = { kind: source.kind, id, name: id, tenant: "gone", createdAt: undefined };
      await expect(source.delete(accounts, candidate), source.kind).resolves.toBeUndefined();
    }
  });
});
