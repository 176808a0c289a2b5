/**
 * Cloudflare's edge as a visitor meets it: hostname, record, tunnel, connector, ingress rule, origin.
 *
 * Name resolution is played here too, since every hostname is asked for at one address. Where a visitor's resolver would
 * find no record, the answer has the header `x-sandbox-dns: NXDOMAIN`; its status and body (409, error 1001) are what
 * Cloudflare says to a request for a hostname that it does not know. Beside that: 530 with error 1033 when the tunnel has
 * no connector, 502 when the connector does not reach the origin.
 */
import { randomBytes } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import type { Cloudflare } from "../cloudflare/cloud.ts";
import type { Connector } from "../cloudflare/connectors.ts";
import type { IngressRule } from "../cloudflare/tunnelConfiguration.ts";
import type { Hosts } from "../hosts/hosts.ts";
import { OriginError } from "../hosts/testOrigin.ts";
import { countedBody } from "./countedBody.ts";
import { findRule } from "./ingress.ts";
import { EdgeErrorCode, resolve } from "./resolve.ts";

export interface EdgeOptions {
  cloudflare: Cloudflare;
  hosts: Hosts;
}

interface EdgeEnvironment {
  Bindings: Partial<HttpBindings>;
}
type EdgeContext = Context<EdgeEnvironment>;

const COLO = "FRA";
/** Not Cloudflare's: what the visitor's resolver would have said. */
const RESOLVER_HEADER = "x-sandbox-dns";
/** Documentation address, RFC 5737: for requests that came in without a socket. */
const UNKNOWN_VISITOR = "192.0.2.1";
const ERROR_STATUS: Record<EdgeErrorCode, number> = {
  [EdgeErrorCode.unknownHost]: 409,
  [EdgeErrorCode.originUnknown]: 530,
  [EdgeErrorCode.tunnelDown]: 530,
};
const CONNECTION_TIMED_OUT = 522;
const BAD_GATEWAY = 502;
const SERVICE_UNAVAILABLE = 503;
const UNKNOWN_ERROR = 520;
const WITHOUT_BODY = new Set([204, 205, 304]);

/** What Cloudflare shows to a client that is no browser. */
function errorPage(code: number, status = code): Response {
  return new Response(`error code: ${code}`, {
    status,
    headers: { "content-type": "text/plain; charset=UTF-8" },
  });
}

/** Serves every hostname of the emulated zones; the Host header decides. */
export function edgeApp({ cloudflare, hosts }: EdgeOptions): Hono<EdgeEnvironment> {
  const edge = new Edge(cloudflare, hosts);
  const app = new Hono<EdgeEnvironment>();
  app.all("*", (context) => edge.serve(context));
  return app;
}

class Edge {
  readonly #cloudflare: Cloudflare;
  readonly #hosts: Hosts;
  /** Requests that a tunnel has had: they go round its connectors. */
  readonly #served = new Map<string, number>();

  constructor(cloudflare: Cloudflare, hosts: Hosts) {
    this.#cloudflare = cloudflare;
    this.#hosts = hosts;
  }

  async serve(context: EdgeContext): Promise<Response> {
    const ray = `${randomBytes(8).toString("hex")}-${COLO}`;
    const hostname = (context.req.header("host") ?? "").replace(/:\d+$/, "").toLowerCase();
    const response = await this.#answer(context, hostname, ray);
    const headers = new Headers(response.headers);
    headers.set("server", "cloudflare");
    headers.set("cf-ray", ray);
    const record = this.#cloudflare.records.lookup(hostname);
    if (record === undefined) headers.set(RESOLVER_HEADER, "NXDOMAIN");
    const body =
      record?.proxied === true ? this.#counted(record.zoneId, hostname, response.body) : response.body;
    return new Response(body, { status: response.status, headers });
  }

  /** Counts a request of a hostname, and the bytes of its answer while they go out. */
  #counted(zoneId: string, hostname: string, body: Response["body"]): Response["body"] {
    const { analytics } = this.#cloudflare;
    analytics.countRequest(zoneId, hostname, { count: 1, bytes: 0 });
    return countedBody(body, (bytes) => analytics.countRequest(zoneId, hostname, { count: 0, bytes }));
  }

  async #answer(context: EdgeContext, hostname: string, ray: string): Promise<Response> {
    const resolution = resolve(this.#cloudflare, hostname);
    if (resolution.kind === "error") return errorPage(resolution.code, ERROR_STATUS[resolution.code]);
    // The sandbox has no servers with public addresses: nobody answers there.
    if (resolution.kind === "address") return errorPage(CONNECTION_TIMED_OUT);
    const connector = this.#nextConnector(resolution.tunnelId);
    if (connector === undefined) {
      return errorPage(EdgeErrorCode.tunnelDown, ERROR_STATUS[EdgeErrorCode.tunnelDown]);
    }
    const config = this.#cloudflare.tunnels.configuration(resolution.tunnelId)?.config;
    const url = new URL(context.req.url);
    const rule = config && findRule(config, hostname, url.pathname);
    // A connector without rules answers 503 to everything.
    if (rule === undefined || rule === null) return new Response(null, { status: SERVICE_UNAVAILABLE });
    return this.#followRule(context, { rule, connector, hostname, path: url.pathname + url.search, ray });
  }

  async #followRule(
    context: EdgeContext,
    request: { rule: IngressRule; connector: Connector; hostname: string; path: string; ray: string },
  ): Promise<Response> {
    const { rule, connector, hostname, path, ray } = request;
    const [, status] = /^http_status:(\d+)$/.exec(rule.service) ?? [];
    if (status !== undefined) return statusAnswer(Number(status));
    const instanceId = this.#hosts.instanceOf(connector.id);
    // A connector that a customer runs: the sandbox has nothing behind it.
    if (instanceId === undefined) return errorPage(BAD_GATEWAY);
    const { httpHostHeader, noTLSVerify } = rule.originRequest ?? {};
    try {
      return await this.#hosts.askOrigin(instanceId, {
        service: rule.service,
        noTlsVerify: noTLSVerify === true,
        method: context.req.method,
        path,
        headers: forwardedHeaders(context, httpHostHeader || hostname, ray),
      });
    } catch (error) {
      if (error instanceof OriginError) return errorPage(BAD_GATEWAY);
      throw error;
    }
  }

  #nextConnector(tunnelId: string): Connector | undefined {
    const active = this.#cloudflare.tunnels
      .connectors(tunnelId)
      .filter(({ connections, disconnectedAt }) => disconnectedAt === undefined && connections.length > 0);
    const served = this.#served.get(tunnelId) ?? 0;
    this.#served.set(tunnelId, served + 1);
    return active[served % active.length];
  }
}

function statusAnswer(status: number): Response {
  if (status < 200 || status > 599) return errorPage(UNKNOWN_ERROR);
  return new Response(WITHOUT_BODY.has(status) ? null : "", { status });
}

/** What the origin sees: the visitor's headers, and Cloudflare's own in the place of any that the visitor made up. */
function forwardedHeaders(context: EdgeContext, host: string, ray: string): Headers {
  const headers = new Headers(context.req.raw.headers);
  const visitor = context.env?.incoming?.socket.remoteAddress ?? UNKNOWN_VISITOR;
  const earlier = headers.get("x-forwarded-for");
  headers.set("host", host);
  headers.set("cf-connecting-ip", visitor);
  headers.set("x-forwarded-for", earlier === null ? visitor : `${earlier},${visitor}`);
  headers.set("x-forwarded-proto", "https");
  headers.set("cf-visitor", '{"scheme":"https"}');
  headers.set("cf-ray", ray);
  return headers;
}
