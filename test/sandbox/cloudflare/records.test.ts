import { describe, expect, it } from "vitest";
import { ACCOUNT, collect, refusal, type Served, startCloud, ZONE } from "./serve.ts";

const zone_id = ZONE;
const TARGET = "9c1509ed-2b62-4787-a961-1ab20b788430.cfargotunnel.com";

function create({ client }: Served, name: string, content = TARGET) {
  return client.dns.records.create({ zone_id, type: "CNAME", name, content, ttl: 1, proxied: true });
}

describe("DNS records over the official client", () => {
  it("are made, read, changed in part and whole, and deleted", async () => {
    const served = await startCloud();
    const { records } = served.client.dns;
    const made = await records.create({
      zone_id,
      type: "CNAME",
      name: "Acme.Example.com",
      content: TARGET.toUpperCase(),
      ttl: 1,
      proxied: true,
      comment: "tenant acme",
    });
    expect(made).toMatchObject({
      name: "acme.example.com",
      content: TARGET,
      proxiable: true,
      proxied: true,
      ttl: 1,
      comment: "tenant acme",
      tags: [],
    });
    const edited = await records.edit(made.id, {
      zone_id,
      type: "CNAME",
      name: "acme.example.com",
      ttl: 1,
      comment: "x",
    });
    expect(edited).toMatchObject({ comment: "x", content: TARGET, proxied: true });
    const update = { zone_id, type: "A", name: "acme", content: "192.0.2.1", ttl: 300 } as const;
    expect(await records.update(made.id, update)).toMatchObject({
      id: made.id,
      name: "acme.example.com",
      type: "A",
      proxied: false,
      comment: null,
    });
    expect(await records.delete(made.id, { zone_id })).toEqual({ id: made.id });
    expect(await refusal(records.get(made.id, { zone_id }))).toEqual({ status: 404, codes: [81044] });
  });

  it("are filtered and paged", async () => {
    const served = await startCloud();
    for (const name of ["a", "b", "c"]) await create(served, name);
    await served.client.dns.records.create({ zone_id, type: "TXT", name: "a", content: "hello", ttl: 60 });
    const names = async (query: object) =>
      (await collect(served.client.dns.records.list({ zone_id, ...query }))).map(({ name }) => name);
    expect(await names({ type: "CNAME", per_page: 2 })).toEqual([
      "a.example.com",
      "b.example.com",
      "c.example.com",
    ]);
    expect(await names({ name: { exact: "b.example.com" } })).toEqual(["b.example.com"]);
    expect(await names({ name: { startswith: "c." }, content: { exact: "hello" }, match: "any" })).toEqual([
      "c.example.com",
      "a.example.com",
    ]);
    expect(await names({ proxied: false })).toEqual(["a.example.com"]);
    expect(await names({ order: "name", direction: "desc", type: "CNAME" })).toEqual([
      "c.example.com",
      "b.example.com",
      "a.example.com",
    ]);
  });

  it("clash with what is there already", async () => {
    const served = await startCloud();
    await create(served, "acme");
    expect(await refusal(create(served, "ACME.example.com"))).toEqual({ status: 400, codes: [81053] });
    const { records } = served.client.dns;
    const address = { zone_id, type: "A", name: "acme", content: "192.0.2.1", ttl: 1 } as const;
    expect(await refusal(records.create(address))).toEqual({ status: 400, codes: [81054] });
    await records.create({ ...address, name: "free" });
    expect(await refusal(records.create({ ...address, name: "free" }))).toEqual({
      status: 400,
      codes: [81058],
    });
    expect(await refusal(create(served, "free"))).toEqual({ status: 400, codes: [81053] });
    const other = await create(served, "other");
    const renamed = records.edit(other.id, { zone_id, type: "CNAME", name: "acme", ttl: 1 });
    expect(await refusal(renamed)).toEqual({ status: 400, codes: [81053] });
  });

  it("leave a name free when they are renamed or deleted", async () => {
    const served = await startCloud();
    const record = await create(served, "acme");
    const renamed = { zone_id, type: "CNAME", name: "acme2", ttl: 1 } as const;
    await served.client.dns.records.edit(record.id, renamed);
    expect(served.cloud.records.lookup("acme.example.com")).toBeUndefined();
    expect(served.cloud.records.lookup("acme2.example.com")?.id).toBe(record.id);
    await create(served, "acme");
    await served.client.dns.records.delete(record.id, { zone_id });
    expect(served.cloud.records.lookup("acme2.example.com")).toBeUndefined();
    await create(served, "acme2");
  });

  it.each([
    ["proxied with a ttl of its own", { ttl: 300, proxied: true }, 9021],
    ["a ttl of 5", { ttl: 5 }, 9021],
    ["a ttl over a day", { ttl: 86_401 }, 9021],
    ["a name outside the zone", { name: "acme.example.org" }, 9000],
    ["a name that only ends alike", { name: "acme.notexample.com" }, 9000],
    ["a label over 63 characters", { name: "x".repeat(64) }, 9000],
    ["a comment of 101 characters", { comment: "x".repeat(101) }, 9301],
    ["a comment of two lines", { comment: "a\nb" }, 9301],
    ["tags on the free plan", { tags: ["a:b"] }, 9300],
    ["flattening on the free plan", { settings: { flatten_cname: true } }, 9302],
    ["a target that is no hostname", { content: "http://x" }, 9007],
    ["a record that points at itself", { name: "acme", content: "acme.example.com" }, 9039],
    ["no address", { type: "A", content: "1.2.3" }, 9005],
    ["no IPv6 address", { type: "AAAA", content: "192.0.2.1" }, 9006],
    ["a proxied TXT", { type: "TXT", content: "x", proxied: true }, 9004],
  ])("refuse %s", async (_problem, change, code) => {
    const { raw, cloud } = await startCloud();
    const record = { type: "CNAME", name: "acme.example.com", content: TARGET, ttl: 1, ...change };
    const answer = await raw("POST", `/zones/${ZONE}/dns_records`, record);
    const [error] = answer.body.errors;
    expect({ status: answer.status, code: error?.code, chain: error?.error_chain?.[0]?.code }).toEqual({
      status: 400,
      code: 1004,
      chain: code,
    });
    expect(cloud.records.list(ZONE)).toEqual([]);
  });

  it("end at the quota of the zone", async () => {
    const served = await startCloud({ recordQuota: 1 });
    await create(served, "a");
    expect(await refusal(create(served, "b"))).toEqual({ status: 400, codes: [81045] });
  });

  it("may be tagged on a plan that has tags", async () => {
    const served = await startCloud();
    served.cloud.ensureZone({ id: ZONE, name: "example.com", accountId: ACCOUNT, plan: "pro" });
    const made = await served.client.dns.records.create({
      zone_id,
      type: "A",
      name: "a",
      content: "192.0.2.1",
      ttl: 1,
      tags: ["env:prod"],
    });
    expect(made.tags).toEqual(["env:prod"]);
  });

  it("are found for a hostname: the exact one, else the nearest wildcard", async () => {
    const served = await startCloud();
    await create(served, "acme");
    await create(served, "*");
    await served.client.dns.records.create({ zone_id, type: "TXT", name: "note", content: "x", ttl: 1 });
    const found = (hostname: string) => served.cloud.records.lookup(hostname)?.name;
    expect(found("ACME.example.com")).toBe("acme.example.com");
    expect(found("other.example.com")).toBe("*.example.com");
    expect(found("note.example.com")).toBeUndefined();
    expect(found("deep.acme.example.com")).toBeUndefined();
    expect(found("example.org")).toBeUndefined();
  });
});

it("shows zones and accounts", async () => {
  const { client } = await startCloud();
  const [zone] = await collect(client.zones.list({ name: "example.com" }));
  expect(zone).toMatchObject({ id: ZONE, name: "example.com", status: "active", account: { id: ACCOUNT } });
  expect((await client.zones.get({ zone_id })).plan).toMatchObject({ legacy_id: "free" });
  expect((await collect(client.accounts.list())).map(({ id }) => id)).toEqual([ACCOUNT]);
  expect((await client.accounts.get({ account_id: ACCOUNT })).name).toBe("Acme Platform");
});
