/** One line of log and one count per request. */
import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { Logger } from "pino";
import type { ServiceEnv } from "../environment.ts";
import type { Metrics } from "./metrics.ts";

/**
 * Writes the named values and no others: no header, body, query or path as sent, so that there is nothing to redact.
 */
export function observeRequest(metrics: Metrics, log: Logger): MiddlewareHandler<ServiceEnv> {
  return async (c, next) => {
    const started = performance.now();
    await next();
    const last = matchedRoutes(c).at(-1)?.path ?? "";
    // Only middleware matched: there is no such route.
    const route = last === "" || last.endsWith("*") ? "none" : last;
    const seconds = (performance.now() - started) / 1000;
    const { method } = c.req;
    const { status } = c.res;
    metrics.countRequest({ route, method, status }, seconds);
    log.info(
      {
        request_id: c.get("requestId"),
        method,
        route,
        status,
        duration_ms: Math.round(seconds * 1000),
        actor: c.get("caller")?.name,
        problem: c.get("problemCode"),
      },
      "request",
    );
  };
}
