import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { permissionGroupByName } from "../../../sandbox/cloudflare/permissionGroups.ts";
import { ACCOUNT, collect, refusal, type Served, startCloud, ZONE } from "./serve.ts";

const account_id = ACCOUNT;
const ITEM_READ = "6a018a9f2fc74eb6b293b0c548f38b39";
const ITEM_WRITE = "2efd5506f9c8494dacb1fa10a3e7d5b6";
const TUNNEL_READ = "efea2ab8357b47888938f101ae5e053f";
const TUNNEL_WRITE = "c07321b023e944ff818fec44d8203567";
const ZONE_READ = "c8fed203ed3043cba015a93ad1616f1f";
const SSL_WRITE = "c03055bc037c4ea9afb9a9f104b7b721";
const BUCKET = `com.cloudflare.edge.r2.bucket.${ACCOUNT}_default_acme-data`;

function policies(group: string = ITEM_WRITE, resources: Record<string, unknown> = { [BUCKET]: "*" }) {
  return [{ effect: "allow" as const, permission_groups: [{ id: group }], resources: resources as never }];
}

function create({ client }: Served, extra: object = {}) {
  return client.accounts.tokens.create({ account_id, name: "acme-r2", policies: policies(), ...extra });
}

/** A client whose token holds this group on the account alone. */
async function holding(served: Served, group: string) {
  const { value = "" } = await create(served, {
    policies: policies(group, { [`com.cloudflare.api.account.${ACCOUNT}`]: "*" }),
  });
  return served.clientWith(value);
}

describe("account tokens over the official client", () => {
  it("show their value once, and can be read, listed, replaced, rolled and deleted", async () => {
    const served = await startCloud();
    const { tokens } = served.client.accounts;
    const made = await create(served);
    const id = made.id ?? "";
    expect(made.value).toMatch(/^cfat_[A-Za-z0-9_-]{35,75}$/);
    expect(made).toMatchObject({
      name: "acme-r2",
      status: "active",
      policies: [{ effect: "allow", permission_groups: [{ id: ITEM_WRITE }], resources: { [BUCKET]: "*" } }],
    });
    const read = await tokens.get(id, { account_id });
    expect(read).toMatchObject({ id, name: "acme-r2" });
    expect(read).not.toHaveProperty("value");
    expect(JSON.stringify(served.cloud.tokens.get(id))).not.toContain(made.value);
    const replaced = await tokens.update(id, { account_id, name: "renamed", policies: policies(ITEM_READ) });
    expect(replaced).toMatchObject({
      id,
      name: "renamed",
      policies: [{ permission_groups: [{ id: ITEM_READ }] }],
    });
    const listed = await collect(tokens.list({ account_id }));
    expect(listed.map(({ name }) => name)).toEqual(["deploy", "renamed"]);
    const rolled = await tokens.value.update(id, { account_id, body: {} } as never);
    expect((await served.clientWith(rolled).accounts.tokens.verify({ account_id })).status).toBe("active");
    const withOld = served.clientWith(made.value ?? "").accounts.tokens.verify({ account_id });
    expect(await refusal(withOld)).toEqual({ status: 401, codes: [1000] });
    expect(await tokens.delete(id, { account_id })).toEqual({ id });
    expect((await refusal(tokens.get(id, { account_id }))).status).toBe(404);
  });

  it("verify themselves at their account and not as a user's", async () => {
    const { client } = await startCloud();
    expect((await client.accounts.tokens.verify({ account_id })).status).toBe("active");
    expect(await refusal(client.user.tokens.verify())).toEqual({ status: 401, codes: [1000] });
  });

  it("list the permission groups under their real names and ids", async () => {
    const { client } = await startCloud();
    const groups = await collect(client.accounts.tokens.permissionGroups.list({ account_id }));
    const idOf = (name: string) => groups.find((group) => group.name === name)?.id;
    expect(idOf("Workers R2 Storage Bucket Item Write")).toBe(ITEM_WRITE);
    expect(idOf("Workers R2 Storage Bucket Item Read")).toBe(ITEM_READ);
    expect(idOf("Cloudflare Tunnel Write")).toBe(TUNNEL_WRITE);
    expect(new Set(groups.map(({ id }) => id)).size).toBe(groups.length);
  });

  it.each<[string, object]>([
    ["no policies", { policies: [] }],
    ["an unknown permission group", { policies: policies("0".repeat(32)) }],
    ["resources that are text", { policies: policies(ITEM_WRITE, "{}" as never) }],
    ["no resources", { policies: policies(ITEM_WRITE, {}) }],
    ["an unknown resource", { policies: policies(ITEM_WRITE, { "com.cloudflare.nothing": "*" }) }],
    [
      "a bucket of another account",
      { policies: policies(ITEM_WRITE, { [BUCKET.replace(ACCOUNT, "f".repeat(32))]: "*" }) },
    ],
    [
      "a bucket of no jurisdiction",
      { policies: policies(ITEM_WRITE, { [BUCKET.replace("default", "mars")]: "*" }) },
    ],
    ["a group that is not for buckets", { policies: policies(TUNNEL_WRITE) }],
    [
      "a zone of another account",
      { policies: policies(ZONE_READ, { [`com.cloudflare.api.account.zone.${"e".repeat(32)}`]: "*" }) },
    ],
    ["a date in the past", { expires_on: "2020-01-01T00:00:00Z" }],
    ["a date that is none", { expires_on: "tomorrow" }],
    ["a network that is none", { condition: { request_ip: { in: ["10.0.0.0/99"] } } }],
    ["no name", { name: "" }],
  ])("are refused with %s", async (_problem, change) => {
    const served = await startCloud();
    expect(await refusal(create(served, change))).toEqual({ status: 400, codes: [1001] });
    expect(served.cloud.tokens.list(ACCOUNT)).toHaveLength(1);
  });

  it("give a group on one zone only to a creator that holds it", async () => {
    const served = await startCloud();
    const zone = { [`com.cloudflare.api.account.zone.${ZONE}`]: "*" };
    expect(await refusal(create(served, { policies: policies(SSL_WRITE, zone) }))).toEqual({
      status: 400,
      codes: [1001],
    });
    await create(served, { policies: policies(ZONE_READ, zone) });
  });

  it("end at the quota of the account", async () => {
    const served = await startCloud({ tokenQuota: 2 });
    await create(served);
    expect((await refusal(create(served))).status).toBe(400);
  });

  it("stop when they expire or are disabled, and wait until their time has come", async () => {
    let time = new Date("2026-01-02T03:04:05Z").getTime();
    const served = await startCloud({ now: () => new Date(time) });
    const short = await create(served, {
      expires_on: "2026-01-02T04:00:00Z",
      not_before: "2026-01-02T03:30:00Z",
    });
    const verify = () => served.clientWith(short.value ?? "").accounts.tokens.verify({ account_id });
    expect(await refusal(verify())).toEqual({ status: 401, codes: [1000] });
    time = new Date("2026-01-02T03:30:00Z").getTime();
    expect(await verify()).toMatchObject({ status: "active", expires_on: "2026-01-02T04:00:00Z" });
    const id = short.id ?? "";
    await served.client.accounts.tokens.update(id, {
      account_id,
      name: "acme-r2",
      policies: policies(),
      status: "disabled",
    });
    expect((await refusal(verify())).status).toBe(401);
    const lasting = await create(served, { expires_on: "2026-01-02T05:00:00Z" });
    time = new Date("2026-01-02T05:00:00Z").getTime();
    expect((await served.client.accounts.tokens.get(lasting.id ?? "", { account_id })).status).toBe(
      "expired",
    );
  });

  it("are bound to the addresses of their condition", async () => {
    const served = await startCloud();
    const from = async (range: string) => {
      const { value = "" } = await create(served, { condition: { request_ip: { in: [range] } } });
      return served.clientWith(value).accounts.tokens.verify({ account_id });
    };
    expect((await from("127.0.0.0/8")).status).toBe("active");
    expect(await refusal(from("203.0.113.0/24"))).toEqual({ status: 403, codes: [9109] });
  });
});

describe("permissions", () => {
  it("a token of a bucket may call nothing of the account or its zones", async () => {
    const served = await startCloud();
    const { value = "" } = await create(served);
    const client = served.clientWith(value);
    const denied = { status: 403, codes: [10000] };
    expect(await refusal(client.zeroTrust.tunnels.cloudflared.list({ account_id }))).toEqual(denied);
    expect(await refusal(client.dns.records.list({ zone_id: ZONE }))).toEqual(denied);
    expect(await refusal(client.r2.buckets.list({ account_id }))).toEqual(denied);
    expect(await refusal(client.accounts.tokens.list({ account_id }))).toEqual(denied);
    expect(await refusal(create({ ...served, client }))).toEqual(denied);
    expect(await refusal(client.zones.get({ zone_id: ZONE }))).toEqual({ status: 403, codes: [9109] });
    expect(await refusal(client.accounts.get({ account_id }))).toEqual({ status: 403, codes: [9109] });
    expect(await collect(client.zones.list())).toEqual([]);
  });

  it("reading tunnels allows neither a change nor a tunnel's token", async () => {
    const served = await startCloud();
    const reader = await holding(served, TUNNEL_READ);
    const { cloudflared } = served.client.zeroTrust.tunnels;
    const { id = "" } = await cloudflared.create({ account_id, name: "acme" });
    expect((await reader.zeroTrust.tunnels.cloudflared.get(id, { account_id })).name).toBe("acme");
    const change = reader.zeroTrust.tunnels.cloudflared.edit(id, { account_id, name: "x" });
    expect(await refusal(change)).toEqual({ status: 403, codes: [10000] });
    const token = reader.zeroTrust.tunnels.cloudflared.token.get(id, { account_id });
    expect(await refusal(token)).toEqual({ status: 401, codes: [1001] });
  });

  it.each([
    [
      "Cloudflare Tunnel Read",
      "",
      ["POST", "PATCH /T", "DELETE /T", "PUT /T/configurations", "DELETE /T/connections"],
    ],
    ["Workers R2 Storage Read", "", ["POST", "PATCH /acme", "DELETE /acme", "PUT /acme/lifecycle"]],
    ["Account API Tokens Read", "", ["POST", "PUT /I", "DELETE /I", "PUT /I/value"]],
    ["DNS Read", "com.cloudflare.api.account.zone.*", ["POST", "PUT /I", "PATCH /I", "DELETE /I"]],
  ])("%s reads and changes nothing", async (group, below, writes) => {
    const { cloud, raw } = await startCloud();
    const collection = {
      "Cloudflare Tunnel Read": `/accounts/${ACCOUNT}/cfd_tunnel`,
      "Workers R2 Storage Read": `/accounts/${ACCOUNT}/r2/buckets`,
      "Account API Tokens Read": `/accounts/${ACCOUNT}/tokens`,
      "DNS Read": `/zones/${ZONE}/dns_records`,
    }[group];
    const { value } = cloud.tokens.create(ACCOUNT, {
      name: "reader",
      policies: policies(permissionGroupByName(group).id, {
        [`com.cloudflare.api.account.${ACCOUNT}`]: below === "" ? "*" : { [below]: "*" },
      }),
    });
    const headers = { authorization: `Bearer ${value}` };
    expect((await raw("GET", `${collection}`, undefined, headers)).status).toBe(200);
    for (const write of writes) {
      const [method = "", path = ""] = write.split(" ");
      const one = path.replace("T", randomUUID()).replace("I", "0".repeat(32));
      const answer = await raw(method, `${collection}${one}`, {}, headers);
      expect([answer.status, answer.body.errors[0]?.code], write).toEqual([403, 10000]);
    }
  });

  it("another account's things are out of reach", async () => {
    const served = await startCloud();
    const other = "f".repeat(32);
    served.cloud.ensureAccount({ id: other, name: "Other" });
    const call = served.client.zeroTrust.tunnels.cloudflared.list({ account_id: other });
    expect(await refusal(call)).toEqual({ status: 403, codes: [10000] });
  });

  it("minting the deploying token again ends the old value", async () => {
    const served = await startCloud();
    const value = served.cloud.mintDeployToken(ACCOUNT);
    expect(served.cloud.tokens.list(ACCOUNT)).toHaveLength(1);
    expect(await refusal(served.client.zones.list())).toEqual({ status: 403, codes: [9109] });
    expect((await served.clientWith(value).r2.buckets.list({ account_id })).buckets).toEqual([]);
  });
});
