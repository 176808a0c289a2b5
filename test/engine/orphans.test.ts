import CloudflareClient from "cloudflare";
import { expect, it } from "vitest";
import { OrphanKind } from "../../operations/choices.ts";
import { addKey, addTenant, type Furnished, type TestTenant } from "../orphans/accounts.ts";
import { ARM_IMAGE, newNetwork, TRUST_EC2 } from "../sandbox/aws/fixture.ts";
import { operationsOf } from "./operations.ts";
import { ACCOUNT_ID, leftBehind, type TestStack, testStack } from "./testStack.ts";

const ENVIRONMENT = "test";
const HOUR = 3_600_000;

/** The clouds of the stack, to put things into them past the engine. */
async function accountsOf({ sandbox }: TestStack): Promise<Furnished> {
  const { aws, cloudflare: cloud, env, urls } = sandbox;
  const client = new CloudflareClient({
    apiToken: env["CLOUDFLARE_API_TOKEN"] ?? "",
    baseURL: urls.cloudflare,
  });
  aws.ensureImage({ id: ARM_IMAGE, architecture: "arm64", name: "al2023-arm64" });
  return { aws, network: await newNetwork(aws), served: { client, cloud } };
}

/** Another environment's tenant, and what is called like ours. */
async function addStrangers(accounts: Furnished): Promise<void> {
  const { aws, served } = accounts;
  const account = { account_id: ACCOUNT_ID };
  await addTenant(accounts, "lost", "testb");
  await served.client.zeroTrust.tunnels.cloudflared.create({ ...account, name: "te-test-By-Hand" });
  await served.client.r2.buckets.create({ ...account, name: "te-test" });
  await aws.call("iam:CreateRole", { RoleName: "te-test-lost-host", AssumeRolePolicyDocument: TRUST_EC2 });
  await aws.call("ssm:PutParameter", { Name: "/tenant-edge/test/lost/own", Value: "x", Type: "String" });
}

/** Everything that a tenant leaves whom no stack knows, as `kind id`. */
function remainsOf(tenant: TestTenant): string[] {
  return [
    `${OrphanKind.Instance} ${tenant.instanceId}`,
    `${OrphanKind.Record} ${tenant.recordId}`,
    `${OrphanKind.Tunnel} ${tenant.tunnelId}`,
    `${OrphanKind.Token} ${tenant.tokenId}`,
    `${OrphanKind.Parameter} /tenant-edge/test/gone/tunnel-token`,
    `${OrphanKind.Parameter} /tenant-edge/test/gone/host-report`,
    `${OrphanKind.SecurityGroup} ${tenant.groupId}`,
    `${OrphanKind.InstanceProfile} ${tenant.role}`,
    `${OrphanKind.Role} ${tenant.role}`,
    `${OrphanKind.Bucket} ${tenant.bucket}`,
  ];
}

it("a sweep finds exactly what is ours and in no stack, and deletes that alone", async () => {
  const stack = await testStack({ tenants: [{ id: "acme", bucket: { keyGenerations: [1, 2] } }] });
  await stack.up();
  await stack.sandbox.hosts.settled();
  const operations = await operationsOf(stack, { now: () => new Date(Date.now() + HOUR) });
  expect((await operations.sweepOrphans({})).orphans).toEqual([]);

  const accounts = await accountsOf(stack);
  await addStrangers(accounts);
  const before = leftBehind(stack);
  const gone = await addTenant(accounts, "gone", ENVIRONMENT);
  const oldKey = await addKey(accounts, "te-test-acme", 7);
  const remains = [...remainsOf(gone), `${OrphanKind.Token} ${oldKey}`].sort();
  const furnished = leftBehind(stack);

  const found = await operations.sweepOrphans({});
  expect(found.orphans.map(({ kind, id }) => `${kind} ${id}`).sort()).toEqual(remains);
  expect(found.orphans.find(({ id }) => id === oldKey)).toMatchObject({
    tenant: "acme",
    outcome: "found",
    detail: "its tenant has no generation 7 of the key",
  });
  await expect(operations.sweepOrphans({ delete: true })).rejects.toMatchObject({
    code: "unintended-changes",
    message: expect.stringContaining("11 things would be deleted, and at most 10 may"),
  });
  expect(leftBehind(stack)).toEqual(furnished);

  const swept = await operations.sweepOrphans({ delete: true, maxDeletions: 11 });
  expect(swept.orphans.map(({ kind, id }) => `${kind} ${id}`).sort()).toEqual(remains);
  expect(swept.orphans.filter(({ outcome }) => outcome !== "deleted")).toEqual([]);
  expect(leftBehind(stack)).toEqual(before);
  expect((await operations.sweepOrphans({})).orphans).toEqual([]);
  await stack.up("--expect-no-changes");
});
