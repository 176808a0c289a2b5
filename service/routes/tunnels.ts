/**
 * Tunnels of customers who run cloudflared themselves, with the names of the tunnel API that came before: no host, no
 * bucket.
 */
import { z } from "@hono/zod-openapi";
import { tenantIdOf } from "../../lifecycle/tenantIds.ts";
import { type InputOf, type ResultOf, Scope } from "../../operations/contract.ts";
import * as contract from "../../operations/schemas.ts";
import type { ServiceApp, ServiceContext } from "../context.ts";
import { problemResponses } from "../document/responses.ts";
import { EXAMPLES } from "../examples.ts";
import { apiRoute, guarded, jsonBody, jsonResponse, runRoute, Tag } from "./apiRoute.ts";
import { look, lookFar, perform } from "./perform.ts";
import { foreignId } from "./schemas.ts";

const { hostname, service } = contract.enrollInput.shape;

const createTunnelBody = z.strictObject({
  name: foreignId.describe(
    "Name of the customer. One tunnel for each name: the same again gives the same answer.",
  ),
  hostname: hostname.unwrap().describe("Hostname in full, inside the zone."),
  service_url: service.describe("What the tunnel forwards to, as seen from cloudflared."),
});

const createdTunnel = z
  .object({
    tunnel_id: z.string(),
    tunnel_name: z.string(),
    tunnel_token: z.string().describe("For `cloudflared tunnel run --token`."),
    hostname: z.string(),
    dns_record_id: z.null().describe("Always null: the records are the engine's."),
  })
  .openapi("CreatedTunnel");

const tunnelStatus = z
  .object({
    tunnel_id: z.string(),
    name: z.string(),
    status: z
      .string()
      .nullable()
      .describe("healthy, degraded, down or inactive; null before the first look."),
    connections: z.array(
      z.object({
        connector_id: z.string(),
        type: z.literal("cloudflared"),
        version: z.string().nullable(),
        arch: z.string().nullable(),
        origin_ip: z.string().nullable(),
        opened_at: z.iso.datetime().nullable(),
        uptime_seconds: z.int().nullable(),
        colo_names: z.array(z.string()),
      }),
    ),
    created_at: z.iso.datetime().nullable().describe("null: not known."),
  })
  .openapi("TunnelStatus");

const message = z.object({ message: z.string() }).openapi("Message");
const tunnelToken = z.object({ tunnel_id: z.string(), token: z.string() }).openapi("TunnelToken");

const tunnelPath = z.object({ id: z.uuid().describe("UUID of the tunnel.") });

const created = ({ tunnelId, tunnelName, tunnelToken: token, hostname: name }: ResultOf<"enroll">) => ({
  tunnel_id: tunnelId,
  tunnel_name: tunnelName,
  tunnel_token: token,
  hostname: name,
  dns_record_id: null,
});

const seen = (id: string, status: ResultOf<"status">) => ({
  tunnel_id: status.tunnelId ?? id,
  name: status.tunnelName,
  status: status.tunnelStatus,
  connections: status.connectors.map((connector) => ({
    connector_id: connector.id,
    type: "cloudflared" as const,
    version: connector.version,
    arch: connector.arch,
    origin_ip: connector.originAddress,
    opened_at: connector.openedAt,
    uptime_seconds: connector.uptimeSeconds,
    colo_names: connector.colos,
  })),
  created_at: null,
});

const told = ({ tunnelId, token }: ResultOf<"token">) => ({ tunnel_id: tunnelId, token });

const post = runRoute({
  method: "post",
  path: "/api/tunnels",
  operationId: "createTunnel",
  tag: Tag.Tunnels,
  summary: "Create a tunnel with its hostname, or give the same answer again",
  scopes: [Scope.Operate, Scope.Secrets],
  request: {
    body: jsonBody(createTunnelBody, {
      name: "acme",
      hostname: "acme.example.com",
      service_url: "http://localhost:8080",
    }),
  },
  responses: {
    201: {
      ...jsonResponse(createdTunnel, "The tunnel.", created(EXAMPLES.enroll.result)),
      links: {
        status: { operationId: "getTunnel", parameters: { id: "$response.body#/tunnel_id" } },
        token: { operationId: "getTunnelToken", parameters: { id: "$response.body#/tunnel_id" } },
        removal: { operationId: "deleteTunnel", parameters: { id: "$response.body#/tunnel_id" } },
      },
    },
  },
});

const get = apiRoute({
  method: "get",
  path: "/api/tunnels/{id}",
  operationId: "getTunnel",
  tag: Tag.Tunnels,
  summary: "How a tunnel is, as last seen",
  scopes: [Scope.Read],
  request: { params: tunnelPath },
  responses: {
    200: jsonResponse(tunnelStatus, "The tunnel.", seen("", EXAMPLES.status.result)),
    ...problemResponses(404),
  },
});

const remove = runRoute({
  method: "delete",
  path: "/api/tunnels/{id}",
  operationId: "deleteTunnel",
  tag: Tag.Tunnels,
  summary: "Take a tunnel away, with its records and its host",
  description:
    "A customer with a bucket is disabled first: the bucket is kept for the environment's retention, and everything goes with it afterwards.",
  scopes: [Scope.Operate],
  request: { params: tunnelPath },
  responses: { 200: jsonResponse(message, "It is done.", { message: "The tunnel was removed." }) },
});

const getToken = apiRoute({
  method: "get",
  path: "/api/tunnels/{id}/token",
  operationId: "getTunnelToken",
  tag: Tag.Tunnels,
  summary: "Read a tunnel's token again",
  scopes: [Scope.Secrets],
  request: { params: tunnelPath },
  responses: {
    200: jsonResponse(tunnelToken, "The token.", told(EXAMPLES.token.result)),
    ...problemResponses(404, 409),
  },
});

export function addTunnels(app: ServiceApp, service: ServiceContext): void {
  const { operations } = service;

  app.openapi(guarded(app, service, post), (c) => {
    const { name, hostname: wanted, service_url: forwardTo } = c.req.valid("json");
    const input: InputOf<"enroll"> = {
      tenant: tenantIdOf(name),
      displayName: name,
      hostname: wanted,
      ...(forwardTo === undefined ? {} : { service: forwardTo }),
      host: false,
      bucket: false,
    };
    return perform(c, service, { operation: "enroll", input }, created, { status: 201 });
  });

  app.openapi(guarded(app, service, get), async (c) => {
    const { id } = c.req.valid("param");
    return c.json(seen(id, await look(c, service, (call) => operations.status({ tunnelId: id }, call))), 200);
  });

  app.openapi(guarded(app, service, remove), (c) => {
    const { id } = c.req.valid("param");
    const ask = async () => {
      const { tenant, bucket } = await look(c, service, (call) => operations.status({ tunnelId: id }, call));
      return bucket === null
        ? { operation: "remove" as const, input: { tenant, purge: true } }
        : { operation: "disable" as const, input: { tenant } };
    };
    return perform<"remove" | "disable">(c, service, ask, (result) => ({
      message:
        result.state === "absent"
          ? "The tunnel was removed."
          : `The tunnel was taken out of service; its bucket is kept until ${result.disabled.keepUntil}.`,
    }));
  });

  app.openapi(guarded(app, service, getToken), async (c) => {
    const { id } = c.req.valid("param");
    return c.json(told(await lookFar(c, service, (call) => operations.token({ tunnelId: id }, call))), 200);
  });
}
