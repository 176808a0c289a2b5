import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ConnectionRefusedError } from "../../../sandbox/cloudflare/tunnels.ts";
import { ACCOUNT, collect, refusal, type Served, startCloud } from "./serve.ts";

const SECRET = Buffer.alloc(32, 1).toString("base64");
const OTHER_SECRET = Buffer.alloc(32, 2).toString("base64");
const account_id = ACCOUNT;

async function tunnelOf({ client }: Served, name = "acme"): Promise<string> {
  const { id } = await client.zeroTrust.tunnels.cloudflared.create({
    account_id,
    name,
    config_src: "cloudflare",
    tunnel_secret: SECRET,
  });
  return id ?? "";
}

function connector(id: string = randomUUID()) {
  return { id, version: "2026.8.2", arch: "linux_arm64", originIp: "203.0.113.7" };
}

function tokenWith(tunnelId: string, secret: string): string {
  return Buffer.from(JSON.stringify({ s: secret, t: tunnelId, a: ACCOUNT })).toString("base64");
}

describe("tunnels over the official client", () => {
  it("are made, read, listed, changed and softly deleted", async () => {
    const served = await startCloud();
    const { cloudflared } = served.client.zeroTrust.tunnels;
    const id = await tunnelOf(served);
    const read = await cloudflared.get(id, { account_id });
    expect(read).toMatchObject({
      id,
      account_tag: ACCOUNT,
      name: "acme",
      tun_type: "cfd_tunnel",
      status: "inactive",
      remote_config: true,
      deleted_at: null,
      conns_active_at: null,
      connections: [],
    });
    expect((await cloudflared.edit(id, { account_id, name: "acme2" })).name).toBe("acme2");
    await tunnelOf(served, "other");
    await cloudflared.delete(id, { account_id });
    const deleted = await cloudflared.get(id, { account_id });
    expect(deleted.deleted_at).toBeTruthy();
    expect(deleted).toMatchObject({ status: "down", remote_config: false });
    expect(deleted).not.toHaveProperty("config_src");
    const live = await collect(cloudflared.list({ account_id, is_deleted: false }));
    expect(live.map(({ name }) => name)).toEqual(["other"]);
    const byName = await collect(cloudflared.list({ account_id, name: "acme2" }));
    expect(byName.map((tunnel) => tunnel.id)).toEqual([id]);
  });

  it("are listed 1000 to a page unless told otherwise", async () => {
    const served = await startCloud();
    for (let count = 0; count < 21; count += 1) served.cloud.tunnels.create(ACCOUNT, { name: `t${count}` });
    const page = await served.client.zeroTrust.tunnels.cloudflared.list({ account_id });
    expect(page.result).toHaveLength(21);
    expect(page.result_info).toMatchObject({ per_page: 1000 });
  });

  it("are listed page by page", async () => {
    const served = await startCloud();
    for (const name of ["a", "b", "c"]) await tunnelOf(served, name);
    const page = await served.client.zeroTrust.tunnels.cloudflared.list({ account_id, per_page: 2 });
    expect(page.result.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(page.result_info).toMatchObject({ page: 1, per_page: 2, count: 2, total_count: 3 });
    const all = await collect(served.client.zeroTrust.tunnels.cloudflared.list({ account_id, per_page: 2 }));
    expect(all).toHaveLength(3);
  });

  it("refuse a name that a live tunnel has, and take that of a deleted one", async () => {
    const served = await startCloud();
    const id = await tunnelOf(served);
    expect(await refusal(tunnelOf(served))).toEqual({ status: 409, codes: [1013] });
    const other = await tunnelOf(served, "other");
    const { cloudflared } = served.client.zeroTrust.tunnels;
    expect(await refusal(cloudflared.edit(other, { account_id, name: "acme" }))).toEqual({
      status: 409,
      codes: [1013],
    });
    await cloudflared.delete(id, { account_id });
    expect(await tunnelOf(served)).not.toBe(id);
  });

  it.each([
    "short",
    Buffer.alloc(31, 1).toString("base64"),
    "not base64!".repeat(8),
  ])("refuse the secret %s", async (tunnel_secret) => {
    const { client } = await startCloud();
    const call = client.zeroTrust.tunnels.cloudflared.create({ account_id, name: "x", tunnel_secret });
    expect((await refusal(call)).status).toBe(400);
  });

  it("answer 404 where there is none, and for a second deletion", async () => {
    const served = await startCloud();
    const { cloudflared } = served.client.zeroTrust.tunnels;
    expect(await refusal(cloudflared.get(randomUUID(), { account_id }))).toEqual({
      status: 404,
      codes: [1003],
    });
    const id = await tunnelOf(served);
    await cloudflared.delete(id, { account_id });
    expect(await refusal(cloudflared.delete(id, { account_id }))).toEqual({ status: 404, codes: [1003] });
  });
});

describe("configurations", () => {
  it("count their version up and are what connectors get", async () => {
    const served = await startCloud();
    const id = await tunnelOf(served);
    const { configurations } = served.client.zeroTrust.tunnels.cloudflared;
    const config = {
      ingress: [
        {
          hostname: "acme.example.com",
          service: "http://localhost:8080",
          originRequest: { noTLSVerify: true, connectTimeout: 30 },
        },
        { hostname: "", service: "http_status:404" },
      ],
    };
    await configurations.update(id, { account_id, config });
    const second = await configurations.update(id, { account_id, config });
    expect(second).toMatchObject({ tunnel_id: id, version: 2, source: "cloudflare", config });
    expect(await configurations.get(id, { account_id })).toMatchObject({ version: 2, config });
    expect(served.cloud.tunnels.configuration(id)).toMatchObject({ version: 2, config });
  });

  it.each([
    ["no catch-all", [{ hostname: "a.example.com", service: "http://localhost:1" }]],
    ["a path on the last rule", [{ path: "/x", service: "http_status:404" }]],
    ["a catch-all too early", [{ service: "http_status:404" }, { service: "http_status:404" }]],
    ["no scheme", [{ service: "localhost:8080" }]],
    ["an origin path", [{ service: "http://localhost:8080/app" }]],
    ["an unknown scheme", [{ service: "gopher://localhost" }]],
    ["no status", [{ service: "http_status:none" }]],
    ["a port in a hostname", [{ hostname: "a.b:80", service: "http://x" }, { service: "http_status:404" }]],
    ["a wildcard inside", [{ hostname: "a.*.b", service: "http://x" }, { service: "http_status:404" }]],
    ["a path that is no expression", [{ path: "(", service: "http://x" }, { service: "http_status:404" }]],
    ["a time-out with a unit", [{ service: "http://x", originRequest: { connectTimeout: "30s" } }]],
  ])("refuse %s", async (_problem, ingress) => {
    const served = await startCloud();
    const id = await tunnelOf(served);
    const answer = await served.raw("PUT", `/accounts/${ACCOUNT}/cfd_tunnel/${id}/configurations`, {
      config: { ingress },
    });
    expect({ status: answer.status, code: answer.body.errors[0]?.code }).toEqual({ status: 400, code: 1056 });
    expect(answer.body.errors[0]?.message).toMatch(/^Bad Configuration: [^\n]+\n$/);
    expect(served.cloud.tunnels.configuration(id)).toBeUndefined();
  });

  it.each([
    [{ config: { ingress: [] } }],
    [{ config: {} }],
    [{}],
  ])("refuse to be without rules: %j", async (body) => {
    const served = await startCloud();
    const id = await tunnelOf(served);
    const answer = await served.raw("PUT", `/accounts/${ACCOUNT}/cfd_tunnel/${id}/configurations`, body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([
      {
        code: 1056,
        message: "Bad Configuration: Validation failed: The config file doesn't contain any ingress rules\n",
      },
    ]);
  });

  it("are not found once their tunnel is deleted", async () => {
    const served = await startCloud();
    const id = await tunnelOf(served);
    const path = `/accounts/${ACCOUNT}/cfd_tunnel/${id}/configurations`;
    expect((await served.raw("GET", path)).body.result).toMatchObject({ version: 0, config: null });
    served.cloud.tunnels.delete(ACCOUNT, id);
    const answer = await served.raw("GET", path);
    expect(answer.status).toBe(404);
    expect(answer.body.errors).toEqual([{ code: 1055, message: "Configuration for tunnel not found" }]);
  });

  it("reach no connector of a locally configured tunnel", async () => {
    const { client, cloud } = await startCloud();
    const { id = "" } = await client.zeroTrust.tunnels.cloudflared.create({ account_id, name: "local" });
    const config = { ingress: [{ hostname: "", service: "http_status:404" }] };
    await client.zeroTrust.tunnels.cloudflared.configurations.update(id, { account_id, config });
    expect(cloud.tunnels.configuration(id)).toBeUndefined();
  });
});

describe("connections", () => {
  it("make a tunnel healthy, degraded and down", async () => {
    const served = await startCloud();
    const { cloudflared } = served.client.zeroTrust.tunnels;
    const id = await tunnelOf(served);
    const token = await cloudflared.token.get(id, { account_id });
    const first = connector();
    expect(served.cloud.tunnels.connect(token, first)).toEqual({ tunnelId: id, accountId: ACCOUNT });
    served.cloud.tunnels.connect(token, first);
    const [client, ...more] = await collect(cloudflared.connections.get(id, { account_id }));
    expect(more).toEqual([]);
    expect(client).toMatchObject({ id: first.id, version: first.version, arch: first.arch });
    expect(client?.conns).toHaveLength(4);
    expect(client?.conns?.[0]).toMatchObject({ origin_ip: first.originIp, is_pending_reconnect: false });
    const healthy = await cloudflared.get(id, { account_id });
    expect(healthy).toMatchObject({ status: "healthy", conns_inactive_at: null });
    served.cloud.tunnels.loseConnections(first.id, 1);
    expect((await cloudflared.get(id, { account_id })).status).toBe("degraded");
    served.cloud.tunnels.disconnect(first.id);
    expect(await cloudflared.get(id, { account_id })).toMatchObject({
      status: "down",
      conns_active_at: null,
    });
  });

  it("hold a tunnel's deletion up until they are dropped", async () => {
    const served = await startCloud();
    const { cloudflared } = served.client.zeroTrust.tunnels;
    const id = await tunnelOf(served);
    served.cloud.tunnels.connect(tokenWith(id, SECRET), connector());
    const answer = await served.raw("DELETE", `/accounts/${ACCOUNT}/cfd_tunnel/${id}`);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([
      {
        code: 1022,
        message:
          "This tunnel has active connections. Please stop all cloudflared replicas, or wait a few minutes for connections to close, then try again.",
      },
    ]);
    await cloudflared.connections.delete(id, { account_id });
    expect((await cloudflared.delete(id, { account_id })).deleted_at).toBeTruthy();
  });

  it("can be dropped for one connector alone", async () => {
    const served = await startCloud();
    const id = await tunnelOf(served);
    const [first, second] = [connector(), connector()];
    for (const one of [first, second]) served.cloud.tunnels.connect(tokenWith(id, SECRET), one);
    const { connections } = served.client.zeroTrust.tunnels.cloudflared;
    await connections.delete(id, { account_id, client_id: first.id });
    expect((await collect(connections.get(id, { account_id }))).map((known) => known.id)).toEqual([
      second.id,
    ]);
  });

  it("linger after a disconnection as long as the option says", async () => {
    let time = new Date("2026-01-02T03:04:05Z").getTime();
    const served = await startCloud({ now: () => new Date(time), connectionLingerMilliseconds: 60_000 });
    const { cloudflared } = served.client.zeroTrust.tunnels;
    const id = await tunnelOf(served);
    const gone = connector();
    served.cloud.tunnels.connect(tokenWith(id, SECRET), gone);
    served.cloud.tunnels.disconnect(gone.id);
    const [pending] = await collect(cloudflared.connections.get(id, { account_id }));
    expect(pending?.conns?.every((connection) => connection.is_pending_reconnect)).toBe(true);
    expect((await cloudflared.get(id, { account_id })).status).toBe("down");
    expect(await refusal(cloudflared.delete(id, { account_id }))).toEqual({ status: 400, codes: [1022] });
    time += 60_000;
    expect((await cloudflared.delete(id, { account_id })).deleted_at).toBeTruthy();
  });

  it("survive a new secret, with which alone new ones are let in", async () => {
    const served = await startCloud();
    const { cloudflared } = served.client.zeroTrust.tunnels;
    const id = await tunnelOf(served);
    const old = connector();
    served.cloud.tunnels.connect(tokenWith(id, SECRET), old);
    await cloudflared.edit(id, { account_id, tunnel_secret: OTHER_SECRET });
    expect(served.cloud.tunnels.connectors(id).map((known) => known.id)).toEqual([old.id]);
    expect(() => served.cloud.tunnels.connect(tokenWith(id, SECRET), connector())).toThrow(
      "Unauthorized: Invalid tunnel secret",
    );
    served.cloud.tunnels.connect(tokenWith(id, OTHER_SECRET), connector());
    expect(served.cloud.tunnels.connectors(id)).toHaveLength(2);
  });

  it("are refused to what is no token, an unknown or deleted tunnel, and the 26th connector", async () => {
    const served = await startCloud();
    const { tunnels } = served.cloud;
    expect(() => tunnels.connect("bm90IGpzb24=", connector())).toThrow(ConnectionRefusedError);
    expect(() => tunnels.connect(tokenWith(randomUUID(), SECRET), connector())).toThrow("Tunnel not found");
    const id = await tunnelOf(served);
    for (let count = 0; count < 25; count += 1) tunnels.connect(tokenWith(id, SECRET), connector());
    expect(() => tunnels.connect(tokenWith(id, SECRET), connector())).toThrow(ConnectionRefusedError);
    const deleted = await tunnelOf(served, "deleted");
    tunnels.delete(ACCOUNT, deleted);
    expect(() => tunnels.connect(tokenWith(deleted, SECRET), connector())).toThrow("Tunnel not found");
  });
});
