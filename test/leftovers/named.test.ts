/** Things at AWS that have the name of what is created, and were made for an earlier tunnel of the tenant. */
import { expect, it } from "vitest";
import { Outcome } from "../../leftovers/finding.ts";
import { settleInstanceProfile, settleParameter, settleRole } from "../../leftovers/named.ts";
import { startAccounts } from "../orphans/accounts.ts";
import { newProfile } from "../sandbox/aws/fixture.ts";
import { ACCOUNT } from "../sandbox/cloudflare/serve.ts";

const NAME = "/tenant-edge/staging/acme/tunnel-token";
const ROLE = "te-staging-acme-host";
const wanted = {
  "tenant-edge:environment": "staging",
  "tenant-edge:tenant": "acme",
  "tenant-edge:tunnel-id": crypto.randomUUID(),
};

/** A parameter, a role and a profile of it, made for a tunnel of the account. */
async function made({ isDeleted = true, tenant = "acme", tunnelId = "" } = {}) {
  const accounts = await startAccounts();
  const { cloudflared } = accounts.served.client.zeroTrust.tunnels;
  const { id = "" } = await cloudflared.create({ account_id: ACCOUNT, name: "te-staging-acme" });
  if (isDeleted) await cloudflared.delete(id, { account_id: ACCOUNT });
  const tags = { ...wanted, "tenant-edge:tenant": tenant, "tenant-edge:tunnel-id": tunnelId || id };
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const { aws, cloudflare, awsClients } = accounts;
  await aws.call("ssm:PutParameter", { Name: NAME, Value: "x", Type: "String", Tags });
  await newProfile(aws, ROLE, []);
  await aws.call("iam:TagRole", { RoleName: ROLE, Tags });
  await aws.call("iam:TagInstanceProfile", { InstanceProfileName: ROLE, Tags });
  return { cloudflare, aws: awsClients };
}

it("go when Cloudflare says that this tunnel was deleted", async () => {
  const clouds = await made();
  const common = { tags: wanted, accountId: ACCOUNT };
  expect(await settleParameter(clouds, { name: NAME, ...common })).toMatchObject({
    outcome: Outcome.removed,
  });
  expect(await settleInstanceProfile(clouds, { name: ROLE, ...common })).toMatchObject({
    outcome: Outcome.removed,
  });
  // Whoever made it has not taken its policy away.
  expect((await settleRole(clouds, { name: ROLE, ...common })).text).toContain("it is in use");
});

it.each<[string, Parameters<typeof made>[0], string?]>([
  ["is there", { isDeleted: false }, ACCOUNT],
  ["is not known in this account", { tunnelId: crypto.randomUUID() }, ACCOUNT],
  ["was another tenant's", { tenant: "globex" }, ACCOUNT],
  ["is in an account that nobody tells", {}],
])("stay when that tunnel %s", async (_, situation, accountId) => {
  const clouds = await made(situation);
  expect(await settleParameter(clouds, { name: NAME, tags: wanted, accountId })).toMatchObject({
    outcome: Outcome.kept,
    text: expect.stringContaining("tags"),
  });
  expect(await settleRole(clouds, { name: ROLE, tags: wanted, accountId })).toMatchObject({
    outcome: Outcome.kept,
    text: expect.stringContaining("tags"),
  });
  expect(await settleInstanceProfile(clouds, { name: ROLE, tags: wanted, accountId })).toMatchObject({
    outcome: Outcome.kept,
    text: expect.stringContaining("tags"),
  });
});
