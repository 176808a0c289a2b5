import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { serve } from "@hono/node-server";
import { describe, expect, it, onTestFinished } from "vitest";
import type { TunnelConfig } from "../../../sandbox/cloudflare/tunnelConfiguration.ts";
import type { Tunnel } from "../../../sandbox/cloudflare/tunnels.ts";
import { edgeApp } from "../../../sandbox/edge/edge.ts";
import { CLOUDFLARE_ACCOUNT, EmulatedClouds, ZONE } from "../hosts/emulatedClouds.ts";

const NOT_FOUND = { service: "http_status:404" };
const HOSTNAME = "acme.example.com";

interface Visit {
  clouds: EmulatedClouds;
  tunnel: Tunnel;
  app: ReturnType<typeof edgeApp>;
  visit(url: string, init?: RequestInit): Promise<Response>;
}

/** A tenant's tunnel with these rules, reached through acme.example.com and *.apps.example.com, without a host. */
async function withRules(config?: TunnelConfig): Promise<Visit> {
  const clouds = await EmulatedClouds.start();
  const tunnel = await clouds.tenantParts(config);
  clouds.record(HOSTNAME, `${tunnel.id}.cfargotunnel.com`);
  clouds.record("*.apps.example.com", `${tunnel.id}.cfargotunnel.com`);
  const app = edgeApp(clouds);
  const visit = async (url: string, init?: RequestInit) =>
    app.request(url, { ...init, headers: { host: new URL(url).host, ...init?.headers } });
  return { clouds, tunnel, app, visit };
}

function toApp(
  service = "http://localhost:8080",
  originRequest?: TunnelConfig["originRequest"],
): TunnelConfig {
  return { ingress: [{ hostname: HOSTNAME, service, ...(originRequest && { originRequest }) }, NOT_FOUND] };
}

async function json(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>;
}

describe("the edge", () => {
  it("brings a request to the app on the tenant's host", async () => {
    const { clouds, visit } = await withRules(toApp());
    const { instanceId } = await clouds.boot();
    const response = await visit(`https://${HOSTNAME}:8443/path?query=1`, {
      method: "POST",
      headers: { "cf-connecting-ip": "203.0.113.9", "x-forwarded-for": "203.0.113.9", "x-own": "mine" },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("server")).toBe("cloudflare");
    expect(response.headers.get("cf-ray")).toMatch(/^[0-9a-f]{16}-[A-Z]{3}$/);
    expect(await json(response)).toMatchObject({
      tenant: "acme",
      instanceId,
      service: "http://localhost:8080",
      hostname: HOSTNAME,
      path: "/path?query=1",
      method: "POST",
      headers: {
        "cf-connecting-ip": "192.0.2.1",
        "x-forwarded-for": "203.0.113.9,192.0.2.1",
        "x-forwarded-proto": "https",
        "cf-ray": response.headers.get("cf-ray"),
        "x-own": "mine",
      },
    });
  });

  it("serves over a socket, and names the visitor's address", async () => {
    const { clouds, app } = await withRules(toApp());
    await clouds.boot();
    const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 });
    onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const sent = get({ host: "127.0.0.1", port, path: "/a?b", headers: { host: HOSTNAME }, agent: false });
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    const body = JSON.parse(await text(response)) as Record<string, unknown>;
    expect(response.statusCode).toBe(200);
    expect(body).toMatchObject({
      hostname: HOSTNAME,
      path: "/a?b",
      headers: { "cf-connecting-ip": "127.0.0.1" },
    });
  });

  it("takes the first rule whose hostname and path match", async () => {
    const { clouds, visit } = await withRules({
      ingress: [
        { hostname: HOSTNAME, path: "/api", service: "http://localhost:1001" },
        { hostname: HOSTNAME, path: "\\.png$", service: "http://localhost:1002" },
        { hostname: HOSTNAME, service: "http://127.0.0.1:1003" },
        { hostname: "*.apps.example.com", service: "http://localhost:1004" },
        NOT_FOUND,
      ],
    });
    await clouds.boot();
    const serviceOf = async (url: string) => (await json(await visit(url)))["service"];
    expect(await serviceOf(`http://${HOSTNAME}/v1/api/x`)).toBe("http://localhost:1001");
    expect(await serviceOf(`http://${HOSTNAME}/a.png?b`)).toBe("http://localhost:1002");
    expect(await serviceOf(`http://${HOSTNAME}/a.png/b`)).toBe("http://127.0.0.1:1003");
    expect(await serviceOf("http://any.apps.example.com/")).toBe("http://localhost:1004");
  });

  it("answers with the last rule's status when nothing else matches", async () => {
    const { clouds, visit } = await withRules(toApp());
    await clouds.boot();
    const response = await visit("https://other.apps.example.com/");
    expect([response.status, await response.text()]).toEqual([404, ""]);
  });

  it("answers 530 with 1033 where no connector is", async () => {
    const { visit } = await withRules(toApp());
    const response = await visit(`https://${HOSTNAME}/`);
    expect([response.status, await response.text()]).toEqual([530, "error code: 1033"]);
    expect(response.headers.get("content-type")).toContain("text/plain");
    expect(response.headers.get("server")).toBe("cloudflare");
    expect(response.headers.get("cf-ray")).toMatch(/^[0-9a-f]{16}-[A-Z]{3}$/);
  });

  it("answers 530 with 1033 for a deleted tunnel and for one of another account", async () => {
    const { clouds, tunnel, visit } = await withRules(toApp());
    clouds.cloudflare.tunnels.delete(CLOUDFLARE_ACCOUNT, tunnel.id);
    expect((await visit(`https://${HOSTNAME}/`)).status).toBe(530);

    const foreign = clouds.cloudflare.tunnels.create("f".repeat(32), { name: "theirs" });
    clouds.cloudflare.tunnels.connect(clouds.cloudflare.tunnels.tokenOf(foreign), {
      id: "11111111-1111-4111-8111-111111111111",
      version: "2026.10.0",
      arch: "linux_amd64",
      originIp: "198.51.100.7",
    });
    clouds.record("stolen.example.com", `${foreign.id}.cfargotunnel.com`);
    expect(await (await visit("https://stolen.example.com/")).text()).toBe("error code: 1033");
  });

  it("knows no host without a proxied record", async () => {
    const { clouds, tunnel, visit } = await withRules(toApp());
    clouds.record("plain.example.com", `${tunnel.id}.cfargotunnel.com`, false);
    for (const host of ["nobody.example.com", "plain.example.com", "elsewhere.test", "a.acme.example.com"]) {
      const response = await visit(`https://${host}/`);
      expect([host, response.status, await response.text()]).toEqual([host, 409, "error code: 1001"]);
      // A record that is not proxied resolves, to something that is not the edge.
      expect(response.headers.get("x-sandbox-dns")).toBe(host === "plain.example.com" ? null : "NXDOMAIN");
    }
    expect((await visit(`https://${HOSTNAME}/`)).headers.get("x-sandbox-dns")).toBeNull();
  });

  it("follows one record to another, and says when that leads nowhere", async () => {
    const { clouds, visit } = await withRules({ ingress: [{ service: "http://localhost:80" }] });
    clouds.record("alias.example.com", HOSTNAME);
    clouds.record("lost.example.com", "nobody.example.net");
    clouds.record("one.example.com", "two.example.com");
    clouds.record("two.example.com", "one.example.com");
    await clouds.boot();
    expect((await visit("https://alias.example.com/")).status).toBe(200);
    for (const host of ["lost.example.com", "one.example.com"]) {
      const response = await visit(`https://${host}/`);
      expect([response.status, await response.text()]).toEqual([530, "error code: 1016"]);
    }
  });

  it("answers 503 when the tunnel has no rules", async () => {
    const { clouds, visit } = await withRules();
    await clouds.boot();
    expect((await visit(`https://${HOSTNAME}/`)).status).toBe(503);
  });

  it.each([
    ["nobody listens", "http://10.0.0.9:8080", undefined, 502],
    ["the certificate is self-signed", "https://localhost:8443", undefined, 502],
    ["it may be self-signed", "https://localhost:8443", { noTLSVerify: true }, 200],
    ["the app does not speak HTTP", "ssh://localhost:22", undefined, 502],
  ])("answers as the origin does: %s", async (_, service, originRequest, status) => {
    const { clouds, visit } = await withRules(toApp(service, originRequest));
    await clouds.boot();
    expect((await visit(`https://${HOSTNAME}/`)).status).toBe(status);
  });

  it("honours origin settings of the tunnel and, before them, of the rule", async () => {
    const { clouds, visit } = await withRules({
      originRequest: { httpHostHeader: "tunnel.internal", noTLSVerify: true },
      ingress: [
        {
          path: "^/rule",
          service: "https://localhost:1",
          originRequest: { httpHostHeader: "rule.internal" },
        },
        { service: "https://localhost:1" },
      ],
    });
    await clouds.boot();
    expect((await json(await visit(`https://${HOSTNAME}/rule`)))["hostname"]).toBe("rule.internal");
    expect((await json(await visit(`https://${HOSTNAME}/other`)))["hostname"]).toBe("tunnel.internal");
  });

  it("answers 502 behind a connector that a customer runs", async () => {
    const { clouds, tunnel, visit } = await withRules(toApp());
    clouds.cloudflare.tunnels.connect(clouds.cloudflare.tunnels.tokenOf(tunnel), {
      id: "11111111-1111-4111-8111-111111111111",
      version: "2026.9.3",
      arch: "linux_amd64",
      originIp: "198.51.100.7",
    });
    expect((await visit(`https://${HOSTNAME}/`)).status).toBe(502);
    expect((await visit("https://x.apps.example.com/")).status).toBe(404);
  });

  it("counts requests and the bytes of their answers by hostname, and not what it knows no record for", async () => {
    const { clouds, visit } = await withRules(toApp());
    await clouds.boot();
    const answered = await (await visit(`https://${HOSTNAME}/`)).arrayBuffer();
    const failed = await (await visit("https://x.apps.example.com/")).text();
    expect(failed).toBe("");
    await (await visit("https://nobody.example.com/")).text();
    const counted = clouds.cloudflare.analytics.requests.of(({ zoneId }) => zoneId === ZONE);
    expect(counted.map(({ labels, values }) => [labels.hostname, values])).toEqual([
      [HOSTNAME, { count: 1, bytes: answered.byteLength }],
      ["x.apps.example.com", { count: 1, bytes: 0 }],
    ]);
  });

  it("goes round the hosts of a tunnel, and on with those that are left", async () => {
    const { clouds, visit } = await withRules(toApp());
    const hosts = [await clouds.boot(), await clouds.boot()].map(({ instanceId }) => instanceId);
    const served = async () => String((await json(await visit(`https://${HOSTNAME}/`)))["instanceId"]);
    const answers = [await served(), await served(), await served(), await served()];
    expect(new Set(answers)).toEqual(new Set(hosts));
    expect(answers[0]).toBe(answers[2]);
    expect(answers[0]).not.toBe(answers[1]);

    await clouds.terminate(hosts[0] ?? "");
    await clouds.hosts.settled();
    expect([await served(), await served()]).toEqual([hosts[1], hosts[1]]);
  });
});
