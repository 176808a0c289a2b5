/** Declares a route of the service with everything that all of them have. */
import { createRoute, type RouteConfig, z } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { Scope } from "../../operations/contract.ts";
import type { ServiceApp, ServiceContext } from "../context.ts";
import { COMMON_HEADERS, header, problemResponses, SECURITY_SCHEME } from "../document/responses.ts";
import { problem } from "../problems/problem.ts";
import { type ProblemStatus, ServiceCode } from "../problems/problemTypes.ts";
import { runView } from "../runs/runView.ts";

export const Tag = {
  Tunnels: "Tunnels",
  Managed: "Managed Cloudflare",
  Tenants: "Tenants",
  Environment: "Environment",
  Plans: "Plans",
  Operations: "Operations",
  Service: "Service",
} as const;
export type Tag = (typeof Tag)[keyof typeof Tag];

type RequestParts = NonNullable<RouteConfig["request"]>;

interface ApiRoute<M extends "get" | "post" | "delete", P extends string, Q extends RequestParts> {
  method: M;
  path: P;
  operationId: string;
  tag: Tag;
  summary: string;
  description?: string | undefined;
  scopes: readonly Scope[];
  /** Without `query`, every query parameter is refused. */
  request: Q;
  responses: RouteConfig["responses"];
}

/** What every route can answer that needs a token and reads parameters. */
const COMMON_PROBLEMS: ProblemStatus[] = [401, 403, 422, 429, 500, 502, 503, 504];

export function apiRoute<M extends "get" | "post" | "delete", P extends string, Q extends RequestParts>(
  route: ApiRoute<M, P, Q>,
) {
  const { tag, scopes, description, ...rest } = route;
  const bodyProblems = route.request.body === undefined ? {} : problemResponses(400, 413, 415);
  const headerProblems = route.request.headers === undefined ? {} : problemResponses(400);
  return createRoute({
    ...rest,
    ...(description === undefined ? {} : { description }),
    tags: [tag],
    security: [{ [SECURITY_SCHEME]: [...scopes] }],
    responses: {
      ...route.responses,
      ...bodyProblems,
      ...headerProblems,
      ...problemResponses(...COMMON_PROBLEMS),
    },
  });
}

/** Every option of theirs is a preference: what cannot be understood is ignored, as RFC 7240 wants it. */
export const runHeaders = z.object({
  prefer: z
    .string()
    .max(1000)
    .optional()
    .describe(
      "RFC 7240. `wait=10`: answer after ten seconds at the latest, with 202 when the operation still runs. `wait=0` or `respond-async`: at once.",
    ),
  "idempotency-key": z
    .string()
    .min(1)
    .max(255)
    .regex(/^[!-~]+$/, "1 to 255 printable ASCII characters without spaces")
    .optional()
    .describe(
      "Any unique text. Sent again with the same request within 24 hours, the operation is not done again but answered again.",
    ),
});

/** A route that runs an operation which changes something, and which can take minutes. */
export function runRoute<
  M extends "post" | "delete",
  P extends string,
  Q extends Omit<RequestParts, "headers">,
>(route: ApiRoute<M, P, Q>) {
  return apiRoute({
    ...route,
    request: { ...route.request, headers: runHeaders },
    responses: {
      ...route.responses,
      202: {
        description: "It takes longer than one wanted to wait. Ask after the operation at Location.",
        headers: { ...COMMON_HEADERS, ...header("Location"), ...header("Retry-After") },
        content: { "application/json": { schema: runView } },
        links: {
          operation: { operationId: "getOperation", parameters: { id: "$response.body#/id" } },
          events: { operationId: "getOperationEvents", parameters: { id: "$response.body#/id" } },
        },
      },
      ...problemResponses(404, 409),
    },
  });
}

export function jsonResponse(schema: z.ZodType, description: string, example?: unknown) {
  const content = example === undefined ? { schema } : { schema, example };
  return { description, headers: COMMON_HEADERS, content: { "application/json": content } };
}

export function jsonBody<S extends z.ZodType>(schema: S, example: z.input<S>) {
  return { required: true, content: { "application/json": { schema, example } } };
}

/** For operations whose every option has a default: the body may be missing. */
export function optionalJsonBody<S extends z.ZodType>(schema: S, example: z.input<S>) {
  return { content: { "application/json": { schema, example } } };
}

/** A switch among query parameters. */
export const flag = z
  .enum(["true", "false"])
  .transform((value) => value === "true")
  .openapi({ type: "boolean" });

const LARGEST_BODY_BYTES = 64 * 1024;

const limitBody = bodyLimit({
  maxSize: LARGEST_BODY_BYTES,
  onError: () => {
    throw new HTTPException(413);
  },
});

interface DeclaredRoute {
  method: string;
  request?: RequestParts | undefined;
  security?: { [SECURITY_SCHEME]?: string[] }[] | undefined;
  getRoutingPath(): string;
}

/** Puts the checks in front of a route that it declares: the token first, then the size, then unknown parameters. */
export function guarded<R extends DeclaredRoute>(
  app: ServiceApp,
  { allow }: Pick<ServiceContext, "allow">,
  route: R,
): R {
  const scopes = route.security?.[0]?.[SECURITY_SCHEME] ?? [];
  const [method, path] = [[route.method.toUpperCase()], [route.getRoutingPath()]];
  app.on(method, path, allow(scopes.filter((scope) => isScope(scope))), limitBody);
  if (route.request?.query === undefined) {
    app.on(method, path, async (c, next) => {
      const [unknown] = Object.keys(c.req.query());
      if (unknown !== undefined) {
        throw problem(
          ServiceCode.InvalidRequest,
          "The query has a parameter that this route does not take.",
          {
            problems: [
              { path: "query", message: `there is no parameter ${JSON.stringify(unknown.slice(0, 100))}` },
            ],
          },
        );
      }
      await next();
    });
  }
  if (route.request?.body !== undefined && route.request.body.required !== true) {
    app.on(method, path, async (c, next) => {
      // Some clients name the type of every body, also of none.
      const isJson = /json/i.test(c.req.header("content-type") ?? "");
      if (isJson && (await c.req.text()) === "")
        Object.assign(c.req.bodyCache, { text: Promise.resolve("{}") });
      await next();
    });
  }
  return route;
}

function isScope(scope: string): scope is Scope {
  return Object.values<string>(Scope).includes(scope);
}
