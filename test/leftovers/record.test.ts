/** A record that has the name of one that is created, and leads to another tunnel. */
import { expect, it } from "vitest";
import { Outcome } from "../../leftovers/finding.ts";
import { settleRecord } from "../../leftovers/record.ts";
import { startAccounts } from "../orphans/accounts.ts";
import { ACCOUNT, ZONE } from "../sandbox/cloudflare/serve.ts";

const NAME = "acme.example.com";
const MARK = "tenant-edge/staging/acme";
const contentOf = (tunnelId: string) => `${tunnelId}.cfargotunnel.com`;

it.each([
  ["goes when this account has deleted that tunnel", "deleted", Outcome.removed],
  ["stays when that tunnel is there", "there", Outcome.kept],
  ["stays when this account has never heard of it", "unheard of", Outcome.kept],
])("%s", async (_, state, outcome) => {
  const { cloudflare, awsClients, served } = await startAccounts();
  const { cloudflared } = served.client.zeroTrust.tunnels;
  const account = { account_id: ACCOUNT };
  const { id = "" } = await cloudflared.create({ ...account, name: "te-staging-acme" });
  if (state === "deleted") await cloudflared.delete(id, account);
  const content = contentOf(state === "unheard of" ? crypto.randomUUID() : id);
  await served.client.dns.records.create({
    ...{ zone_id: ZONE, type: "CNAME", name: NAME, ttl: 1, proxied: true, content, comment: MARK },
  });
  const wanted = { zoneId: ZONE, accountId: ACCOUNT, name: NAME, comment: MARK };
  const next = { ...wanted, content: contentOf(crypto.randomUUID()) };
  const found = await settleRecord({ cloudflare, aws: awsClients }, next, () => false);
  expect(found.outcome).toBe(outcome);
});
