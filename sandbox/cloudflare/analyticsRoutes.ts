/** `POST /graphql`. Its refusals are those of GraphQL, not the envelope of the other routes. */
import type { Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { z } from "zod";
import type { Analytics } from "./analytics/analytics.ts";
import { datasets } from "./analytics/datasets.ts";
import type { AnalyticsApi, Viewer } from "./analytics/execute.ts";
import type { ApiError } from "./apiError.ts";
import { type ApiEnvironment, holdsOnZone } from "./authentication.ts";
import { Level } from "./permissionGroups.ts";
import { grants } from "./tokenPolicy.ts";
import type { Token } from "./tokens.ts";
import type { Zones } from "./zones.ts";

export const GRAPHQL_PATH = "/graphql";

const body = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
});

export function analyticsRoutes(
  app: Hono<ApiEnvironment>,
  { analytics, zones, now }: { analytics: Analytics; zones: Zones; now: () => Date },
): void {
  let loading: Promise<AnalyticsApi> | undefined;
  // Loaded when somebody asks: most commands of the sandbox never do.
  const load = async () =>
    new (await import("./analytics/execute.ts")).AnalyticsApi(datasets(analytics, zones), now);

  app.post(GRAPHQL_PATH, async (c) => {
    const parsed = body.safeParse(await c.req.json().catch(() => undefined));
    if (!parsed.success) return refusal(c, 400, "query contains error, please review it and retry", now());
    loading ??= load();
    const { status, body: answer } = await (await loading).answer(
      parsed.data,
      viewerOf(c.get("token"), zones),
    );
    return c.json(answer, status as ContentfulStatusCode);
  });
}

function viewerOf({ policies }: Token, zones: Zones): Viewer {
  const mayReadZone = (zoneId: string) => {
    const zone = zones.get(zoneId);
    return zone !== undefined && holdsOnZone(policies, "Analytics", Level.read, zone);
  };
  return {
    mayReadAccount: (accountId) =>
      grants(policies, "Account Analytics", Level.read, { kind: "account", accountId }),
    zoneIds: zones.list().flatMap(({ id }) => (mayReadZone(id) ? [id] : [])),
    mayReadZone,
  };
}

/** How the API's own refusals read here: a token that is missing or no good, or an error of the sandbox. */
export function graphqlRefusal(c: Context, error: ApiError, now: Date): Response {
  const isInternal = error.status >= 500;
  return refusal(c, isInternal ? 500 : 401, isInternal ? error.message : "Unauthorized", now);
}

function refusal(c: Context, status: ContentfulStatusCode, message: string, now: Date): Response {
  const errors = [{ message, path: null, extensions: { timestamp: now.toISOString() } }];
  return c.json({ data: null, errors }, status);
}
