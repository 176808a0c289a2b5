/** What the Cloudflare provider does with the API's answers, beyond the recordings' rows. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { cloudflareProvider } from "../../../sandbox/providers/cloudflare/cloudflareProvider.ts";
import { type Answer, CloudflareStandIn, refusal, success } from "./cloudflareStandIn.ts";
import { FakeEngine } from "./fakeEngine.ts";
import { ProviderClient } from "./providerClient.ts";
import { recordings } from "./recordings.ts";
import type { Values } from "./wireValues.ts";

const ACCOUNT = "0123456789abcdef0123456789abcdef";
const ZONE = "fedcba9876543210fedcba9876543210";
const TUNNEL = "cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared";
const CONFIG = "cloudflare:index/zeroTrustTunnelCloudflaredConfig:ZeroTrustTunnelCloudflaredConfig";
const RECORD = "cloudflare:index/dnsRecord:DnsRecord";
const BUCKET = "cloudflare:index/r2Bucket:R2Bucket";
const LIFECYCLE = "cloudflare:index/r2BucketLifecycle:R2BucketLifecycle";
const TOKEN = "cloudflare:index/accountToken:AccountToken";
const API_TOKEN = "a".repeat(40);

let api: CloudflareStandIn;
let engine: FakeEngine;
beforeAll(async () => {
  [api, engine] = await Promise.all([CloudflareStandIn.start(), FakeEngine.start()]);
});
afterAll(async () => {
  await Promise.all([api.close(), engine.close()]);
});
beforeEach(() => {
  api.answer = () => success({});
  api.takeRequests();
  engine.messages.length = 0;
});

const closing: ProviderClient[] = [];
afterEach(async () => {
  for (const client of closing.splice(0)) await client.close();
});

async function provider(token: string, retry = { baseDelay: 1 }): Promise<ProviderClient> {
  const definition = cloudflareProvider({ baseUrl: api.baseUrl, apiToken: API_TOKEN, retry });
  const client = await ProviderClient.of(definition, token);
  closing.push(client);
  await client.attach(engine.address);
  return client;
}

/** Answers in turn; the last one again and again. */
function inTurn(...answers: Answer[]): () => Answer {
  return () => (answers.length > 1 ? answers.shift() : answers[0]) ?? success({});
}

const tunnel = { accountId: ACCOUNT, name: "acme", configSrc: "cloudflare" };

describe("calls", () => {
  it("carry the configured token, or the one of the options", async () => {
    const client = await provider(TUNNEL);
    await client.create(tunnel);
    expect(api.headers.authorization).toBe(`Bearer ${API_TOKEN}`);
    await client.configure({ apiToken: { "<secret>": "b".repeat(40) } });
    await client.create(tunnel);
    expect(api.headers.authorization).toBe(`Bearer ${"b".repeat(40)}`);
  });

  it("fail with the API's own words, as the real provider puts them", async () => {
    api.answer = () => refusal(400, 1022, "This tunnel has active connections");
    const client = await provider(TUNNEL);
    const body =
      '{"success":false,"errors":[{"code":1022,"message":"This tunnel has active connections"}],"messages":[],"result":null}';
    await expect(client.delete("t-1", tunnel)).rejects.toMatchObject({
      details: `failed to make http request: DELETE "${api.baseUrl}/accounts/${ACCOUNT}/cfd_tunnel/t-1": 400 Bad Request ${body}`,
    });
  });

  it.each([408, 409, 429, 500, 502])("are made again after a %i", async (status) => {
    api.answer = inTurn({ status, text: "<html>" }, { status, text: "<html>" }, success({ id: "t-1" }));
    expect((await (await provider(TUNNEL)).create(tunnel)).id).toBe("t-1");
    expect(api.takeRequests()).toHaveLength(3);
  });

  it("are made again after a connection that was dropped", async () => {
    api.answer = inTurn({ drop: true }, success({ id: "t-1" }));
    expect((await (await provider(TUNNEL)).create(tunnel)).id).toBe("t-1");
  });

  it("wait as long as Retry-After asks instead of their own time", async () => {
    const busy = { status: 429, headers: { "retry-after": "0" }, text: "{}" };
    api.answer = inTurn(busy, busy, success({ id: "t-1" }));
    expect((await (await provider(TUNNEL, { baseDelay: 3_600_000 })).create(tunnel)).id).toBe("t-1");
  });

  it("end after ten retries, and at once where the API says so", async () => {
    const client = await provider(TUNNEL);
    api.answer = () => ({ status: 500, headers: { "retry-after": "0" }, text: "{}" });
    await expect(client.create(tunnel)).rejects.toMatchObject({ details: expect.stringContaining("500") });
    expect(api.takeRequests()).toHaveLength(11);
    api.answer = () => ({ status: 500, headers: { "x-should-retry": "false" }, text: "{}" });
    await expect(client.create(tunnel)).rejects.toMatchObject({ details: expect.stringContaining("500") });
    expect(api.takeRequests()).toHaveLength(1);
  });

  it("are not made again after other refusals", async () => {
    api.answer = () => ({ status: 403, text: "{}" });
    await expect((await provider(TUNNEL)).create(tunnel)).rejects.toThrow();
    expect(api.takeRequests()).toHaveLength(1);
  });

  it("stop waiting when the engine cancels", async () => {
    const client = await provider(TUNNEL, { baseDelay: 3_600_000 });
    api.answer = () => ({ status: 500, text: "{}" });
    const failed = expect(client.create(tunnel)).rejects.toThrow("abort");
    await expect.poll(() => api.requests.length).toBe(1);
    await client.cancel();
    await failed;
  });
});

describe("configuration", () => {
  it("refuses a token that cannot be one", async () => {
    const client = await provider(TUNNEL);
    expect((await client.checkConfig({ apiToken: "short" })).failures).toHaveLength(1);
    expect((await client.checkConfig({ apiToken: `${"a".repeat(39)}!` })).failures).toHaveLength(1);
    expect((await client.checkConfig({ apiToken: API_TOKEN })).failures).toEqual([]);
    expect((await client.checkConfig({ apiToken: "<computed>" })).failures).toEqual([]);
  });
});

describe("a malformed success", () => {
  it.each([
    ["no id", success({})],
    ["success false", { text: '{"success":false,"errors":[{"code":1}],"result":null}' }],
    ["an empty body", { text: "" }],
    ["HTML", { headers: { "content-type": "text/html" }, text: "<html>" }],
  ])("with %s creates a tunnel without an id", async (_what, answer) => {
    api.answer = () => answer;
    expect((await (await provider(TUNNEL)).create(tunnel)).id).toBe("{<nil>}");
  });

  it("without JSON fails a deletion; an empty object will do", async () => {
    const client = await provider(TUNNEL);
    api.answer = () => ({ text: "" });
    await expect(client.delete("t-1", tunnel)).rejects.toThrow("failed to make http request");
    api.answer = () => ({ status: 204, text: "" });
    await expect(client.delete("t-1", tunnel)).rejects.toThrow("failed to make http request");
    api.answer = () => ({ text: "{}" });
    await client.delete("t-1", tunnel);
  });
});

describe("what is gone", () => {
  const states: [string, string, Values][] = [
    [TUNNEL, "t-1", tunnel],
    [CONFIG, "t-1", { accountId: ACCOUNT, tunnelId: "t-1" }],
    [RECORD, "r-1", { zoneId: ZONE, name: "acme.example.com" }],
    [BUCKET, "acme", { accountId: ACCOUNT, name: "acme", jurisdiction: "eu" }],
    [LIFECYCLE, "missing ID", { accountId: ACCOUNT, bucketName: "acme", jurisdiction: "default" }],
    [TOKEN, "k-1", { accountId: ACCOUNT, name: "acme", policies: [] }],
  ];

  it.each(states)("%s is dropped by a refresh, with a warning", async (token, id, state) => {
    api.answer = () => refusal(404, 1003, "not found");
    expect((await (await provider(token)).read(id, state, state)).id).toBe("");
    const message =
      "[WARNING] The resource was not found on the server and will be removed from state.: Resource not found";
    await expect.poll(() => engine.messages).toEqual([{ name: "x", message }]);
  });

  it.each(
    states.filter(([token]) => token !== CONFIG && token !== LIFECYCLE),
  )("%s cannot be deleted again", async (token, id, state) => {
    api.answer = () => refusal(404, 1003, "not found");
    await expect((await provider(token)).delete(id, state)).rejects.toThrow("404 Not Found");
  });

  it.each(["expired", "revoked (exposed)"])("a token that is %s counts as gone", async (tokenStatus) => {
    api.answer = () => success({ id: "k-1", name: "acme", policies: [], status: tokenStatus });
    const state = { accountId: ACCOUNT, name: "acme", policies: [] };
    expect((await (await provider(TOKEN)).read("k-1", state, state)).id).toBe("");
  });
});

describe("imports", () => {
  it("take a tunnel by account and id, without what only its maker knows", async () => {
    api.answer = () => success({ id: "t-1", name: "acme", config_src: "cloudflare", status: "down" });
    const found = await (await provider(TUNNEL)).read(`${ACCOUNT}/t-1`, {}, {});
    expect(found).toMatchObject({ id: "t-1", inputs: { accountId: ACCOUNT, name: "acme" } });
    expect(Object.keys(found.inputs)).toEqual(["accountId", "name"]);
    expect(api.takeRequests()[0]?.path).toBe(`/client/v4/accounts/${ACCOUNT}/cfd_tunnel/t-1`);
  });

  it("take a bucket by account, name and jurisdiction", async () => {
    api.answer = () => success({ name: "acme", location: "WEUR", storage_class: "Standard" });
    const found = await (await provider(BUCKET)).read(`${ACCOUNT}/acme/eu`, {}, {});
    expect(found.id).toBe("acme");
    expect(found.inputs).toEqual({ accountId: ACCOUNT, name: "acme", jurisdiction: "eu" });
    expect(api.takeRequests()).toEqual([
      { method: "GET", path: `/client/v4/accounts/${ACCOUNT}/r2/buckets/acme`, r2jurisdiction: "eu" },
    ]);
  });

  it("of something that is not there fail", async () => {
    api.answer = () => refusal(404, 1003, "not found");
    await expect((await provider(RECORD)).read(`${ZONE}/r-1`, {}, {})).rejects.toThrow("404 Not Found");
  });

  it("refuse an id of another form, and a type that has none", async () => {
    await expect((await provider(TUNNEL)).read("t-1", {}, {})).rejects.toThrow("<account_id>/<tunnel_id>");
    await expect((await provider(LIFECYCLE)).read("x", {}, {})).rejects.toThrow(
      "Resource Import Not Implemented",
    );
  });
});

describe("tunnels", () => {
  it("are patched with what changed and nothing else", async () => {
    const client = await provider(TUNNEL);
    const olds = { ...tunnel, tunnelSecret: { "<secret>": "old" }, status: "healthy" };
    const news = { ...tunnel, tunnelSecret: { "<secret>": "new" } };
    api.answer = () => success({ id: "t-1", status: "healthy", name: "acme" });
    const outputs = await client.update("t-1", { olds, oldInputs: olds, news });
    expect(outputs.tunnelSecret).toEqual({ "<secret>": "new" });
    expect(api.takeRequests()).toEqual([
      {
        method: "PATCH",
        path: `/client/v4/accounts/${ACCOUNT}/cfd_tunnel/t-1`,
        body: { tunnel_secret: "new" },
      },
    ]);
  });

  it("are remotely configured only when asked", async () => {
    await (await provider(TUNNEL)).create({ accountId: ACCOUNT, name: "acme" });
    expect(api.takeRequests()[0]?.body).toEqual({ name: "acme", config_src: "local" });
  });

  it("have their token in a data source", async () => {
    api.answer = () => success("ey...");
    const client = await provider(TUNNEL);
    const name = "getZeroTrustTunnelCloudflaredToken";
    const found = await client.invoke(`cloudflare:index/${name}:${name}`, {
      accountId: ACCOUNT,
      tunnelId: "t-1",
    });
    expect(found.token).toBe("ey...");
    expect(api.takeRequests()[0]?.path).toBe(`/client/v4/accounts/${ACCOUNT}/cfd_tunnel/t-1/token`);
  });
});

describe("records", () => {
  const record = { zoneId: ZONE, name: "acme.example.com", type: "CNAME", content: "x.example.net", ttl: 1 };
  const settings = { flattenCname: false, ipv4Only: false, ipv6Only: false };

  it("are put as a whole, with settings and tags, and null for what is taken away", async () => {
    const oldInputs = { ...record, comment: "c", proxied: true };
    const olds = { ...oldInputs, settings, tags: [], id: "r-1" };
    await (await provider(RECORD)).update("r-1", { olds, oldInputs, news: { ...record, proxied: true } });
    expect(api.takeRequests()).toEqual([
      {
        method: "PUT",
        path: `/client/v4/zones/${ZONE}/dns_records/r-1`,
        body: {
          comment: null,
          content: "x.example.net",
          name: "acme.example.com",
          proxied: true,
          settings: { flatten_cname: false, ipv4_only: false, ipv6_only: false },
          tags: [],
          ttl: 1,
          type: "CNAME",
        },
      },
    ]);
  });

  it.each([
    ["the name without the zone", { name: "acme" }],
    ["a target in other letter case", { content: "X.example.NET" }],
    ["tags in another order", { tags: ["b:2", "a:1"] }],
    ["settings that are the default", { settings: { flattenCname: false } }],
  ])("show no difference for %s", async (_what, change) => {
    const olds = { ...record, proxied: false, settings, tags: ["a:1", "b:2"] };
    const oldInputs = { ...record, tags: ["a:1", "b:2"] };
    const found = await (await provider(RECORD)).diff({ olds, oldInputs, news: { ...oldInputs, ...change } });
    expect(found).toMatchObject({ changes: "NONE", diffs: [] });
  });
});

describe("buckets", () => {
  it("name their jurisdiction in every call, and an update sends headers alone", async () => {
    const client = await provider(BUCKET);
    const bucket = { accountId: ACCOUNT, name: "acme", jurisdiction: "eu", storageClass: "Standard" };
    const news = { ...bucket, storageClass: "InfrequentAccess" };
    await client.create(bucket);
    await client.read("acme", bucket, bucket);
    await client.update("acme", { olds: bucket, oldInputs: bucket, news });
    expect(api.headers["cf-r2-storage-class"]).toBe("InfrequentAccess");
    await client.delete("acme", bucket);
    const requests = api.takeRequests();
    expect(requests.map(({ method }) => method)).toEqual(["POST", "GET", "PATCH", "DELETE"]);
    expect(requests.map(({ r2jurisdiction }) => r2jurisdiction)).toEqual(["eu", "eu", "eu", "eu"]);
    expect(requests[2]).not.toHaveProperty("body");
  });
});

describe("lifecycle rules", () => {
  const [recorded] = recordings("cloudflareLifecycle");
  if (recorded === undefined) throw new Error("no recording of lifecycle rules");
  const [, recording] = recorded;
  const { checked, create } = recording;
  const creation = create.requests[0];

  it("warn at creation and in its preview that they stay", async () => {
    const client = await provider(LIFECYCLE);
    await client.create(checked, true);
    await client.create(checked);
    const [warning] = create.warnings ?? [];
    const expected = { name: "x", message: warning };
    await expect.poll(() => engine.messages).toEqual([expected, expected]);
  });

  const updates = recording.changes.flatMap((row) =>
    row.update === undefined ? [] : [{ ...row, update: row.update }],
  );
  it.each(updates)("send the recorded update $change", async ({ news, update }) => {
    const client = await provider(LIFECYCLE);
    const entries = Object.entries({ ...checked, ...news });
    const next = Object.fromEntries(entries.filter(([, value]) => value !== null));
    const change = { olds: create.outputs, oldInputs: checked, news: next };
    const outputs = await client.update(create.id, change);
    const expected = update.requests.map((request) => {
      const unchanged = JSON.stringify(request.body).includes("<as at creation>");
      return { ...request, path: creation?.path, body: unchanged ? creation?.body : request.body };
    });
    const sent = api.takeRequests();
    expect(sent).toEqual(expected);
    const after = { olds: outputs, oldInputs: next, news: next };
    expect((await client.diff(after)).changes).toBe(update.diffAfter);
    api.answer = () => success(sent[0]?.body);
    const refreshed = await client.read(create.id, outputs, next);
    expect((await client.diff({ ...after, olds: refreshed.outputs })).changes).toBe(update.diffAfterRefresh);
  });

  it.each(recording.variants ?? [])("send the recorded variant: $variant", async (variant) => {
    const client = await provider(LIFECYCLE);
    const { outputs } = await client.create(variant.inputs);
    const expected = variant.create.requests.map((request) => ({ ...request, path: creation?.path }));
    expect(api.takeRequests()).toEqual(expected);
    const unchanged = { oldInputs: variant.inputs, news: variant.inputs };
    expect((await client.diff({ olds: outputs, ...unchanged })).changes).toBe("NONE");
  });

  it("show as drift what was changed outside", async () => {
    const client = await provider(LIFECYCLE);
    api.answer = () => success({ rules: [] });
    const { outputs, inputs } = await client.read(create.id, create.outputs, checked);
    const found = await client.diff({ olds: outputs, oldInputs: inputs, news: checked });
    expect(found).toMatchObject({ changes: "SOME", diffs: ["rules"] });
  });

  it("ignore fractions of seconds that the API adds to a date", async () => {
    const client = await provider(LIFECYCLE);
    const dated = (date: string) => ({
      accountId: ACCOUNT,
      bucketName: "acme-data",
      rules: [
        {
          id: "d",
          enabled: true,
          conditions: { prefix: "" },
          deleteObjectsTransition: { condition: { type: "Date", date } },
        },
      ],
    });
    const program = dated("2027-01-01T00:00:00Z");
    const { outputs } = await client.create(program);
    api.answer = () => success({ rules: dated("2027-01-01T00:00:00.000Z").rules });
    const { outputs: olds } = await client.read(create.id, outputs, program);
    expect((await client.diff({ olds, oldInputs: program, news: program })).changes).toBe("NONE");
  });
});

describe("account tokens", () => {
  const write = "2efd5506f9c8494dacb1fa10a3e7d5b6";
  const read = "6a018a9f2fc74eb6b293b0c548f38b39";
  const policy = (groups: string[], bucket: string) => ({
    effect: "allow",
    permissionGroups: groups.map((id) => ({ id })),
    resources: JSON.stringify({ [bucket]: "*" }),
  });
  const answered = (groups: string[], bucket: string) => ({
    id: "p-1",
    effect: "allow",
    permission_groups: groups.map((id) => ({ id, name: "some name" })),
    resources: { [bucket]: "*" },
  });
  const state = {
    accountId: ACCOUNT,
    name: "acme",
    policies: [policy([write, read], "b"), policy([write], "a")],
    value: { "<secret>": "cfat_v" },
  };

  it("keep the program's order of policies and groups, and their value", async () => {
    api.answer = () =>
      success({ id: "k-1", name: "acme", policies: [answered([write], "a"), answered([read, write], "b")] });
    const { outputs } = await (await provider(TOKEN)).read("k-1", state, state);
    expect(outputs).toMatchObject({ policies: state.policies, value: { "<secret>": "cfat_v" } });
  });

  it("are put without what only the API knows, and stay what they were", async () => {
    api.answer = () => success({ id: "k-1", policies: [answered([read], "a")], status: "active" });
    const client = await provider(TOKEN);
    const news = { accountId: ACCOUNT, name: "acme", policies: [policy([read], "a")] };
    const olds = { ...state, status: "active" };
    const outputs = await client.update("k-1", { olds, oldInputs: state, news });
    expect(outputs).toMatchObject({ status: "active", value: { "<secret>": "cfat_v" } });
    expect(api.takeRequests()[0]?.body).toEqual({
      name: "acme",
      policies: [{ effect: "allow", permission_groups: [{ id: read }], resources: { a: "*" } }],
    });
  });

  it("whose API knows an expiry that the program does not show a lasting difference", async () => {
    api.answer = () =>
      success({ id: "k-1", policies: [answered([write], "a")], expires_on: "2027-01-01T00:00:00.5Z" });
    const client = await provider(TOKEN);
    const program = { accountId: ACCOUNT, name: "acme", policies: [policy([write], "a")] };
    const { outputs, inputs } = await client.read("k-1", program, program);
    expect(outputs.expiresOn).toBe("2027-01-01T00:00:00Z");
    const found = await client.diff({ olds: outputs, oldInputs: inputs, news: program });
    expect(found.diffs).toContain("expiresOn");
  });

  it("with resources that are no JSON are not sent", async () => {
    const policies = [{ ...policy([write], "a"), resources: "not json" }];
    const client = await provider(TOKEN);
    await expect(client.create({ accountId: ACCOUNT, name: "acme", policies })).rejects.toThrow("not JSON");
    expect(api.takeRequests()).toEqual([]);
  });
});
