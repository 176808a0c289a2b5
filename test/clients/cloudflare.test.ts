import { runtime } from "@pulumi/pulumi";
import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import { connectedConnectors, hasApiToken } from "../../clients/cloudflare.ts";
import { ACCOUNT, type Served, startCloud } from "../sandbox/cloudflare/serve.ts";
import { CloudflareStandIn, success } from "../sandbox/providers/cloudflareStandIn.ts";

const CONNECTOR = "11111111-1111-4111-8111-111111111111";
const SECRET = Buffer.alloc(32, 1).toString("base64");

interface Setting extends Served {
  tunnel: { accountId: string; tunnelId: string };
}

/** A tunnel, and the environment that names its cloud. */
async function start(): Promise<Setting> {
  const served = await startCloud();
  const { id: tunnelId = "" } = await served.client.zeroTrust.tunnels.cloudflared.create({
    account_id: ACCOUNT,
    name: "acme",
    config_src: "cloudflare",
    tunnel_secret: SECRET,
  });
  vi.stubEnv("CLOUDFLARE_BASE_URL", served.client.baseURL);
  vi.stubEnv("CLOUDFLARE_API_TOKEN", served.token);
  return { ...served, tunnel: { accountId: ACCOUNT, tunnelId } };
}

/** What answers in Cloudflare's place, named by the stack's configuration alone. */
async function startStandIn(): Promise<CloudflareStandIn> {
  const standIn = await CloudflareStandIn.start();
  onTestFinished(() => standIn.close());
  vi.stubEnv("CLOUDFLARE_BASE_URL", "http://127.0.0.1:9/not-this-one");
  runtime.setAllConfig({ "cloudflare:apiToken": "cfat_token", "cloudflare:baseUrl": standIn.baseUrl });
  return standIn;
}

const TUNNEL = { accountId: ACCOUNT, tunnelId: "22222222-2222-4222-8222-222222222222" };

afterEach(() => {
  vi.useRealTimers();
  runtime.setAllConfig({});
  vi.unstubAllEnvs();
});

it("lists the connectors that have connections, in one call", async () => {
  const { tunnel, cloud } = await start();
  expect(await connectedConnectors(tunnel)).toEqual([]);
  const connectorToken = Buffer.from(JSON.stringify({ s: SECRET, t: tunnel.tunnelId, a: ACCOUNT })).toString(
    "base64",
  );
  cloud.tunnels.connect(connectorToken, {
    id: CONNECTOR,
    version: "2026.10.0",
    arch: "linux_arm64",
    originIp: "203.0.113.7",
  });
  const mark = cloud.calls.mark();
  expect(await connectedConnectors(tunnel)).toEqual([CONNECTOR]);
  expect(cloud.calls.since(mark, "api")).toHaveLength(1);
});

it("takes the stack's configuration before the environment, as the provider does", async () => {
  const { tunnel, token } = await start();
  vi.stubEnv("CLOUDFLARE_API_TOKEN", "not-this-one");
  runtime.setAllConfig({ "cloudflare:apiToken": token });
  expect(await connectedConnectors(tunnel)).toEqual([]);
});

it("knows when it has no token", async () => {
  const { tunnel } = await start();
  vi.stubEnv("CLOUDFLARE_API_TOKEN", "");
  expect(hasApiToken()).toBe(false);
  await expect(connectedConnectors(tunnel)).rejects.toThrow("CLOUDFLARE_API_TOKEN");
});

it("is not tried again when it is refused, and its error does not tell the token", async () => {
  const { tunnel, cloud } = await start();
  const token = "cfat_canary-0123456789012345678901234567890123";
  vi.stubEnv("CLOUDFLARE_API_TOKEN", token);
  const mark = cloud.calls.mark();
  const error: unknown = await connectedConnectors(tunnel).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Error);
  expect(String(error)).not.toContain("canary");
  expect(cloud.calls.since(mark, "api")).toHaveLength(1);
});

it("counts no connector that is listed without a connection", async () => {
  const standIn = await startStandIn();
  const lost = "33333333-3333-4333-8333-333333333333";
  standIn.answer = () =>
    success([{ id: lost, conns: [] }, { id: lost }, { id: CONNECTOR, conns: [{ id: "c" }] }]);
  expect(await connectedConnectors(TUNNEL)).toEqual([CONNECTOR]);
});

it("sends the token and no global key that the environment has", async () => {
  const standIn = await startStandIn();
  standIn.answer = () => success([]);
  vi.stubEnv("CLOUDFLARE_API_KEY", "key");
  vi.stubEnv("CLOUDFLARE_EMAIL", "admin@example.com");
  await connectedConnectors(TUNNEL);
  expect(standIn.headers).toMatchObject({ authorization: "Bearer cfat_token" });
  expect(Object.keys(standIn.headers).filter((name) => name.startsWith("x-auth"))).toEqual([]);
});

it("is not tried again when Cloudflare fails", async () => {
  const standIn = await startStandIn();
  standIn.answer = () => ({ status: 500, text: "{}" });
  await expect(connectedConnectors(TUNNEL)).rejects.toThrow("500");
  expect(standIn.requests).toHaveLength(1);
});

it("gives up after ten seconds without an answer", async () => {
  const standIn = await startStandIn();
  const asked = Promise.withResolvers<void>();
  standIn.answer = () => {
    asked.resolve();
    return new Promise<never>(() => {});
  };
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const outcome = connectedConnectors(TUNNEL).catch((error: unknown) => String(error));
  await asked.promise;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await outcome).toMatch(/timed out/i);
});
