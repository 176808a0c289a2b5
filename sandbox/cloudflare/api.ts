/** The HTTP API under `/client/v4`: what happens around every route. */
import { Hono } from "hono";
import { matchedRoutes } from "hono/route";
import type { Accounts } from "./accounts.ts";
import type { Analytics } from "./analytics/analytics.ts";
import { analyticsRoutes, GRAPHQL_PATH, graphqlRefusal } from "./analyticsRoutes.ts";
import { ApiError, refuse, unroutable } from "./apiError.ts";
import { type ApiEnvironment, authenticate } from "./authentication.ts";
import { bucketRoutes } from "./bucketRoutes.ts";
import type { Buckets } from "./buckets.ts";
import { type CallLog, Service } from "./callLog.ts";
import { fail } from "./envelope.ts";
import type { RateLimiter } from "./rateLimit.ts";
import { recordRoutes } from "./recordRoutes.ts";
import type { Records } from "./records.ts";
import { tokenRoutes } from "./tokenRoutes.ts";
import type { Tokens } from "./tokens.ts";
import { tunnelRoutes } from "./tunnelRoutes.ts";
import type { Tunnels } from "./tunnels.ts";
import { zoneRoutes } from "./zoneRoutes.ts";
import type { Zones } from "./zones.ts";

export const BASE_PATH = "/client/v4";

/**
 * Where faults come in. Answers in the API's place, or with `undefined` leaves it to the API; may call `proceed` to
 * let the call take effect and then answer something else.
 */
export type Intercept = (
  request: Request,
  proceed: () => Promise<Response>,
) => Response | undefined | Promise<Response | undefined>;

export interface ApiParts {
  accounts: Accounts;
  zones: Zones;
  tokens: Tokens;
  tunnels: Tunnels;
  records: Records;
  buckets: Buckets;
  analytics: Analytics;
  calls: CallLog;
  now: () => Date;
  limiter?: RateLimiter | undefined;
  intercept?: Intercept | undefined;
}

export function createApi(parts: ApiParts): Hono<ApiEnvironment> {
  const app = new Hono<ApiEnvironment>().basePath(BASE_PATH);

  app.use("*", async (c, next) => {
    await next();
    const route = matchedRoutes(c).findLast(({ method }) => method !== "ALL");
    parts.calls.append({
      time: parts.now().toISOString(),
      service: Service.api,
      method: c.req.method,
      route: route === undefined ? "*" : plainPattern(route.path),
      path: c.req.path,
      status: c.res.status,
      ...(c.get("token") === undefined ? {} : { tokenId: c.get("token").id }),
    });
  });

  app.use("*", async (c, next) => {
    let proceeded = false;
    const answer = await parts.intercept?.(c.req.raw, async () => {
      proceeded = true;
      await next();
      return c.res;
    });
    if (!proceeded && answer === undefined) return next();
    if (answer !== undefined && answer !== c.res) {
      c.res = undefined;
      c.res = answer;
    }
    return;
  });

  app.use("*", authenticate(parts.tokens, parts.limiter));
  zoneRoutes(app, parts.zones, parts.accounts);
  tokenRoutes(app, parts.tokens);
  tunnelRoutes(app, parts.tunnels);
  recordRoutes(app, parts.records, parts.zones);
  bucketRoutes(app, parts.buckets);
  analyticsRoutes(app, parts);

  const paths = new Set(app.routes.filter(({ method }) => method !== "ALL").map(({ path }) => path));
  for (const path of paths) {
    app.all(path.slice(BASE_PATH.length), (c) => {
      throw refuse(405, 10000, `${c.req.method} method not allowed for the api_token authentication scheme`);
    });
  }

  app.notFound((c) => fail(c, unroutable(c.req.path)));
  app.onError((error, c) => {
    const refusal =
      error instanceof ApiError ? error : refuse(500, 10001, `Internal error: ${error.message}`);
    return c.req.path === BASE_PATH + GRAPHQL_PATH
      ? graphqlRefusal(c, refusal, parts.now())
      : fail(c, refusal);
  });
  return app;
}

/** `/zones/:zone{[0-9a-f]{32}}` as `/zones/:zone`. */
function plainPattern(path: string): string {
  return path.slice(BASE_PATH.length).replace(/:(\w+)\{[^/]*\}/g, ":$1");
}
