import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { ErrorCode } from "../../operations/errors.ts";
import { probe as probeSchema } from "../../operations/schemas.ts";
import { type Probe, probe } from "../../probes/probe.ts";
import { Jurisdiction } from "../../sandbox/cloudflare/tokenPolicy.ts";
import { CLOUDFLARE_ACCOUNT, ZONE } from "../sandbox/hosts/emulatedClouds.ts";
import { type ProbedClouds, probedClouds, testContext } from "./probedClouds.ts";

async function look({ context }: Pick<ProbedClouds, "context">, signal?: AbortSignal): Promise<Probe> {
  const { settings, tenants } = await context.configuration();
  const deployed = context.deployed.get("acme");
  if (deployed === undefined) throw new Error("acme is not deployed");
  const made = await probe(context, settings, { id: "acme", listed: tenants[0], deployed }, signal);
  return probeSchema.parse(made);
}

const BUCKET = { accountId: CLOUDFLARE_ACCOUNT, jurisdiction: Jurisdiction.default, name: "acme-data" };

it("finds a tenant that works Ready, by three calls, and leaves its bucket as it was", async () => {
  const here = await probedClouds();
  const { cloudflare } = here.clouds;
  const mark = cloudflare.calls.mark();
  const found = await look(here);
  expect(found).toMatchObject({
    condition: "Ready",
    tunnelStatus: "healthy",
    dns: true,
    httpStatus: 200,
    bucketWritable: true,
    errors: [],
  });
  expect(found.connectors).toHaveLength(1);
  expect(found.connectors[0]).toMatchObject({ version: "2026.10.0", arch: "linux_arm64", connections: 4 });
  expect(found.connectors[0]?.colos).toHaveLength(4);
  expect(found.connectors[0]?.uptimeSeconds).toBeGreaterThanOrEqual(0);
  const calls = cloudflare.calls.since(mark).map(({ service, method }) => `${service} ${method}`);
  expect(calls.sort()).toEqual(["api GET", "api GET", "api GET", "s3 DELETE", "s3 GET", "s3 PUT"]);
  expect(cloudflare.objects.isEmpty(BUCKET)).toBe(true);
});

it("says in words what is wrong, each thing for itself", async () => {
  const here = await probedClouds({ entry: { hostnames: ["shop.example.com"] } });
  const { clouds, tunnelId } = here;
  await here.breakTunnel();
  clouds.revokeKey(here.keyId);
  const found = await look(here);
  expect(found).toMatchObject({
    condition: "Error",
    tunnelStatus: "down",
    dns: false,
    httpStatus: 530,
    bucketWritable: false,
    connectors: [],
  });
  expect(found.errors).toEqual([
    "the tunnel is down: no connector is connected",
    "a hostname has no proxied record to the tunnel: shop.example.com has none",
    "Cloudflare answers in the app's place (520 to 530): https://acme.example.com/ answered 530",
    "the bucket refuses the tenant's key: a write: Unauthorized",
  ]);

  clouds.cloudflare.tunnels.delete(CLOUDFLARE_ACCOUNT, tunnelId);
  expect(await look(here)).toMatchObject({ condition: "Error", tunnelStatus: null });
});

it("tells a record that leads elsewhere, and one that is not proxied", async () => {
  const here = await probedClouds({ entry: { hostnames: ["shop.example.com"] }, host: false });
  const { records, zones } = here.clouds.cloudflare;
  const zone = zones.get(ZONE);
  const [own] = records.list(ZONE);
  if (zone === undefined || own === undefined) throw new Error("no zone or no record");
  records.update(zone, own.id, { proxied: false });
  const comment = "tenant-edge/test/acme";
  const elsewhere = { type: "CNAME", name: "shop.example.com", content: "old.example.net" } as const;
  records.create(zone, { ...elsewhere, ttl: 1, proxied: true, comment });
  expect((await look(here)).errors[1]).toBe(
    "a hostname has no proxied record to the tunnel: acme.example.com is not proxied, shop.example.com leads to old.example.net",
  );
});

it("finds a tenant with fewer connections Degraded", async () => {
  const here = await probedClouds();
  const [connector] = here.clouds.cloudflare.tunnels.connectors(here.tunnelId);
  here.clouds.cloudflare.tunnels.loseConnections(connector?.id ?? "", 1);
  expect(await look(here)).toMatchObject({ condition: "Degraded", tunnelStatus: "degraded" });
});

it("does not take what it could not ask for the tenant's fault, and tells no secret", async () => {
  const here = await probedClouds();
  const refused = testContext({
    env: here.context.env,
    apiToken: "wrong\ntoken-of-forty-characters-0123456789",
  });
  for (const [id, deployed] of here.context.deployed) refused.deployed.set(id, deployed);
  refused.entries = here.context.entries;
  refused.secretsOf.set("acme", { connectorToken: null, accessKeyId: "id", secretAccessKey: "s3-secret" });
  refused.env["TENANT_EDGE_R2_ENDPOINT"] = "http://127.0.0.1:9/r2";
  const found = await look({ context: refused });
  expect(found).toMatchObject({
    condition: "Unknown",
    tunnelStatus: null,
    dns: null,
    httpStatus: 200,
    bucketWritable: null,
    connectors: [],
  });
  expect(found.errors).toHaveLength(3);
  expect(found.errors[2]).toContain("ECONNREFUSED");
  expect(JSON.stringify(found)).not.toMatch(/token-of-forty|s3-secret/);
});

it("only lists with a key that may only read", async () => {
  const here = await probedClouds({
    host: false,
    entry: { bucket: { name: "acme-data", access: "read-only" } },
  });
  const mark = here.clouds.cloudflare.calls.mark();
  expect((await look(here)).bucketWritable).toBe(true);
  const calls = here.clouds.cloudflare.calls.since(mark, "s3").map(({ route }) => route);
  expect(calls).toEqual(["ListObjectsV2"]);
});

it("gives two probes at the same time the same answer", async () => {
  const here = await probedClouds();
  const all = await Promise.all(Array.from({ length: 5 }, () => look(here)));
  expect(all.map(({ bucketWritable }) => bucketWritable)).toEqual(all.map(() => true));
  expect(here.clouds.cloudflare.objects.isEmpty(BUCKET)).toBe(true);
});

it("asks about a tenant that is out of service no more than about its tunnel", async () => {
  const disabled = { since: "2026-11-01T00:00:00Z", keepUntil: "2026-12-01T00:00:00Z" };
  const here = await probedClouds({ entry: { disabled } });
  const mark = here.clouds.cloudflare.calls.mark();
  const found = await look(here);
  expect(found).toMatchObject({ condition: "Disabled", dns: null, httpStatus: null, bucketWritable: null });
  expect(found.errors).toEqual(["1 connectors are still connected, though it is disabled"]);
  expect(here.clouds.cloudflare.calls.since(mark)).toHaveLength(2);
});

it("ends when it is told to, though nobody answers", async () => {
  const here = await probedClouds({ host: false });
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    silent.closeAllConnections();
    return new Promise<void>((resolve) => void silent.close(() => resolve()));
  });
  here.context.env["TENANT_EDGE_EDGE_URL"] = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const stop = new AbortController();
  const running = look(here, stop.signal);
  silent.once("request", () => stop.abort());
  await expect(running).rejects.toMatchObject({ code: ErrorCode.Aborted });
});
