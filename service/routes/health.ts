/** For those who watch the service: alive, ready, metrics. */
import { createRoute, z } from "@hono/zod-openapi";
import { Scope } from "../../operations/contract.ts";
import type { ServiceApp, ServiceContext } from "../context.ts";
import { COMMON_HEADERS, problemResponses } from "../document/responses.ts";
import { problem } from "../problems/problem.ts";
import { ServiceCode } from "../problems/problemTypes.ts";
import { apiRoute, guarded, jsonResponse, Tag } from "./apiRoute.ts";

const tags = [Tag.Service];
const health = z.object({ status: z.literal("ok") }).openapi("Health");

const healthz = createRoute({
  method: "get",
  path: "/healthz",
  operationId: "isAlive",
  tags,
  summary: "Whether the process answers",
  responses: { 200: jsonResponse(health, "It does.", { status: "ok" }), ...problemResponses(500) },
});

const readyz = createRoute({
  method: "get",
  path: "/readyz",
  operationId: "isReady",
  tags,
  summary:
    "Whether the service can do its work: storage, tenant list and tokens can be read, and it is not shutting down",
  responses: { 200: jsonResponse(health, "It can.", { status: "ok" }), ...problemResponses(500, 503) },
});

const metricsRoute = apiRoute({
  method: "get",
  path: "/metrics",
  operationId: "getMetrics",
  tag: Tag.Service,
  summary: "Counts in Prometheus' text format",
  scopes: [Scope.Read],
  request: {},
  responses: {
    200: {
      description: "The counts.",
      headers: COMMON_HEADERS,
      content: { "text/plain": { schema: z.string() } },
    },
  },
});

export function addHealth(app: ServiceApp, service: ServiceContext): void {
  app.openapi(healthz, (c) => c.json({ status: "ok" }, 200));

  app.openapi(readyz, async (c) => {
    const [storage, list] = await Promise.allSettled([service.checkStorage(), service.recentList()]);
    const problems = [
      ...(service.runner.draining ? [{ path: "service", message: "it is shutting down" }] : []),
      ...(storage.status === "rejected" ? [{ path: "storage", message: "it cannot be reached" }] : []),
      ...(list.status === "rejected" ? [{ path: "list", message: "the tenant list cannot be read" }] : []),
      ...(service.tokensReadable() ? [] : [{ path: "tokens", message: "the file of tokens cannot be read" }]),
    ];
    if (problems.length > 0)
      throw problem(ServiceCode.NotReady, "The service cannot do its work now.", { problems });
    return c.json({ status: "ok" }, 200);
  });

  const route = service.metricsOpen ? { ...metricsRoute, security: [] } : guarded(app, service, metricsRoute);
  app.openapi(route, async (c) =>
    c.body(await service.metrics.text(), 200, { "Content-Type": service.metrics.contentType }),
  );
}
