import { expect, it } from "vitest";
import { startTestService } from "./testService.ts";

it("leads a customer's tunnel through its life with the names of the tunnel API", async () => {
  const { send, operations } = await startTestService();
  const body = { name: "Acme Corp", hostname: "acme.example.com", service_url: "http://localhost:3000" };
  const created = await send("POST /api/tunnels", { body });
  expect(created.status).toBe(201);
  const id = String(created.json["tunnel_id"]);
  expect(created.json).toEqual({
    tunnel_id: id,
    tunnel_name: expect.stringMatching(/^test-acme-corp-[0-9a-f]{10}$/),
    tunnel_token: expect.stringMatching(/^token-/),
    hostname: "acme.example.com",
    dns_record_id: null,
  });
  expect(operations.calls.at(-1)?.input).toMatchObject({
    displayName: "Acme Corp",
    hostname: "acme.example.com",
    service: "http://localhost:3000",
    host: false,
    bucket: false,
  });
  expect((await send("POST /api/tunnels", { body })).json).toEqual(created.json);

  const seen = await send(`GET /api/tunnels/${id}`);
  expect(Object.keys(seen.json).sort()).toEqual(["connections", "created_at", "name", "status", "tunnel_id"]);
  expect(seen.json).toMatchObject({
    tunnel_id: id,
    status: "healthy",
    created_at: null,
    connections: [{ connector_id: expect.any(String), type: "cloudflared", origin_ip: "203.0.113.17" }],
  });
  expect((await send(`GET /api/tunnels/${id}/token`)).json).toEqual({
    tunnel_id: id,
    token: created.json["tunnel_token"],
  });

  expect((await send(`DELETE /api/tunnels/${id}`)).json).toEqual({ message: "The tunnel was removed." });
  expect(operations.tenants.size).toBe(0);
  expect((await send(`DELETE /api/tunnels/${id}`)).status).toBe(404);
});

it("keeps the bucket of a tunnel that is deleted", async () => {
  const { send, operations } = await startTestService();
  const { json } = await send("POST /v1/tenants", { body: { tenant: "acme" } });
  const deleted = await send(`DELETE /api/tunnels/${json["tunnelId"]}`);
  expect(deleted.json["message"]).toContain("its bucket is kept until 2026-12-20");
  expect(operations.tenants.get("acme")).toMatchObject({ enabled: false, bucket: "test-acme" });
});

it("leads a hub through its life with the names of the control service", async () => {
  const { send, operations } = await startTestService();
  const path = "/v1/managed-cloudflare";
  const body = { account_id: "account-4", hub_id: "hub-1017", requested_subdomain: "acme" };
  const enrolled = await send(`POST ${path}/enroll`, { body });
  expect(enrolled.json).toEqual({
    tunnel_id: expect.any(String),
    tunnel_token: "token-hub-1017-1",
    hostname: "acme.example.com",
    r2_endpoint: "https://r2.test",
    r2_bucket: "test-hub-1017",
    r2_access_key_id: "id-hub-1017-1",
    r2_secret_access_key: "secret-hub-1017-1",
  });
  expect(operations.calls.at(-1)?.input).toEqual({
    accountId: "account-4",
    hubId: "hub-1017",
    subdomain: "acme",
    host: false,
    bucket: true,
    reactivate: true,
  });
  expect((await send(`GET ${path}/status?hub_id=hub-1017`)).json).toEqual({
    enabled: true,
    hostname: "acme.example.com",
    tunnel_id: enrolled.json["tunnel_id"],
    r2_bucket: "test-hub-1017",
    last_health_check: "2026-11-20T09:30:00.000Z",
    errors: [],
  });
  expect((await send(`POST ${path}/rotate-keys`, { body: { hub_id: "hub-1017" } })).json).toEqual({
    r2_access_key_id: "id-hub-1017-2",
    r2_secret_access_key: "secret-hub-1017-2",
  });
  const disable = { hub_id: "hub-1017", delete_bucket: false, retention_days: 7 };
  expect((await send(`POST ${path}/disable`, { body: disable })).json).toEqual({ ok: true });
  expect(operations.calls.at(-1)?.input).toEqual({
    hubId: "hub-1017",
    deleteBucket: false,
    retentionDays: 7,
  });
  expect((await send(`GET ${path}/status?hub_id=hub-1017`)).json).toMatchObject({ enabled: false });
  expect((await send(`POST ${path}/enroll`, { body })).json).toMatchObject({
    tunnel_id: enrolled.json["tunnel_id"],
  });
  expect((await send(`GET ${path}/status?hub_id=hub-1017`)).json).toMatchObject({ enabled: true });
});

it("has a route for every other operation, which passes on what it was asked", async () => {
  const { send, operations } = await startTestService();
  await send("POST /v1/tenants", { body: { tenant: "acme" } });
  const asks: [string, unknown, string, unknown][] = [
    ["GET /v1/tenants", undefined, "list", {}],
    ["GET /v1/tenants/acme?probe=true", undefined, "status", { tenant: "acme", probe: true }],
    ["GET /v1/tenants/acme/token", undefined, "token", { tenant: "acme" }],
    [
      "POST /v1/tenants/acme/rotate-keys",
      { to: 2, overlapHours: 1.5 },
      "rotateKeys",
      { to: 2, overlapHours: 1.5 },
    ],
    [
      "POST /v1/tenants/acme/rotate-tunnel",
      { dropConnections: true },
      "rotateTunnel",
      { dropConnections: true },
    ],
    ["POST /v1/tenants/acme/disable", undefined, "disable", { tenant: "acme" }],
    ["POST /v1/tenants/acme/enable", {}, "enable", { tenant: "acme" }],
    [
      "DELETE /v1/tenants/acme?purge=true&emptyBucket=false",
      undefined,
      "remove",
      { purge: true, emptyBucket: false },
    ],
    ["POST /v1/expire", { emptyBuckets: true }, "expire", { emptyBuckets: true }],
    [
      "POST /v1/sweeps/health",
      { act: true, tenants: ["acme"] },
      "sweepHealth",
      { act: true, tenants: ["acme"] },
    ],
    ["POST /v1/sweeps/orphans", { delete: true }, "sweepOrphans", { delete: true }],
    ["POST /v1/repair", {}, "repair", {}],
    ["GET /v1/usage?month=2026-11&tenant=acme", undefined, "usage", { month: "2026-11", tenant: "acme" }],
    ["GET /v1/history?tenant=acme&limit=5", undefined, "history", { tenant: "acme", limit: 5 }],
    ["POST /v1/plans/remove", { hubId: "hub-7", purge: true }, "plan", { hubId: "hub-7", purge: true }],
  ];
  for (const [request, body, operation, input] of asks) {
    const answer = await send(request, { body });
    expect([request, answer.status]).toEqual([request, 200]);
    expect(operations.calls.at(-1), request).toMatchObject({ operation, input });
  }
});

it("answers usage as CSV", async () => {
  const { send } = await startTestService();
  const { text, headers } = await send("GET /v1/usage?format=csv");
  expect(headers.get("content-type")).toMatch(/^text\/csv;/);
  expect(text.split("\r\n")).toEqual([
    "month,tenant,bucket,bucketBytes,bucketObjects,classAOperations,classBOperations,requests,responseBytes",
    "2026-11,acme,prod-acme,73400320,120,400,9000,51000,990000000",
    "",
  ]);
});
