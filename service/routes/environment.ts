/** Operations on all tenants of the environment: what is due, sweeps, usage, history. */
import { z } from "@hono/zod-openapi";
import { OPERATIONS, Scope } from "../../operations/contract.ts";
import * as contract from "../../operations/schemas.ts";
import { usageCsv } from "../../operations/usageCsv.ts";
import type { ServiceApp, ServiceContext } from "../context.ts";
import { problemResponses } from "../document/responses.ts";
import { EXAMPLES } from "../examples.ts";
import { apiRoute, guarded, jsonResponse, optionalJsonBody, runRoute, Tag } from "./apiRoute.ts";
import { lookFar, perform } from "./perform.ts";

const tag = Tag.Environment;
const same = <R extends object>(result: R) => result;

const expire = runRoute({
  method: "post",
  path: "/v1/expire",
  operationId: "expire",
  tag,
  summary: OPERATIONS.expire.summary,
  scopes: [Scope.Operate],
  request: { body: optionalJsonBody(contract.expireInput, EXAMPLES.expire.input) },
  responses: { 200: jsonResponse(contract.expireResult, "What was due.", EXAMPLES.expire.result) },
});

const sweepHealth = runRoute({
  method: "post",
  path: "/v1/sweeps/health",
  operationId: "sweepHealth",
  tag,
  summary: OPERATIONS.sweepHealth.summary,
  scopes: [Scope.Operate],
  request: { body: optionalJsonBody(contract.sweepHealthInput, EXAMPLES.sweepHealth.input) },
  responses: {
    200: jsonResponse(contract.sweepHealthResult, "What was found.", EXAMPLES.sweepHealth.result),
  },
});

const sweepOrphans = runRoute({
  method: "post",
  path: "/v1/sweeps/orphans",
  operationId: "sweepOrphans",
  tag,
  summary: OPERATIONS.sweepOrphans.summary,
  scopes: [Scope.Operate],
  request: { body: optionalJsonBody(contract.sweepOrphansInput, EXAMPLES.sweepOrphans.input) },
  responses: {
    200: jsonResponse(contract.sweepOrphansResult, "What was found.", EXAMPLES.sweepOrphans.result),
  },
});

const repair = runRoute({
  method: "post",
  path: "/v1/repair",
  operationId: "repair",
  tag,
  summary: OPERATIONS.repair.summary,
  scopes: [Scope.Operate],
  request: { body: optionalJsonBody(contract.repairInput, EXAMPLES.repair.input) },
  responses: { 200: jsonResponse(contract.repairResult, "What was mended.", EXAMPLES.repair.result) },
});

const usageJson = jsonResponse(contract.usageResult, "The usage.", EXAMPLES.usage.result);

const usage = apiRoute({
  method: "get",
  path: "/v1/usage",
  operationId: "getUsage",
  tag,
  summary: OPERATIONS.usage.summary,
  scopes: [Scope.Read],
  request: {
    query: z.strictObject({
      ...contract.usageInput.shape,
      format: z.enum(["json", "csv"]).optional().describe("Default json."),
    }),
  },
  responses: {
    200: {
      ...usageJson,
      content: {
        ...usageJson.content,
        "text/csv": { schema: z.string(), example: usageCsv(EXAMPLES.usage.result) },
      },
    },
    ...problemResponses(404),
  },
});

const history = apiRoute({
  method: "get",
  path: "/v1/history",
  operationId: "getHistory",
  tag,
  summary: OPERATIONS.history.summary,
  scopes: [Scope.Read],
  request: {
    query: z.strictObject({
      tenant: contract.historyInput.shape.tenant,
      limit: z.preprocess(
        (value) => (typeof value === "string" && /^\d{1,9}$/.test(value) ? Number(value) : value),
        contract.historyInput.shape.limit,
      ),
    }),
  },
  responses: {
    200: jsonResponse(contract.historyResult, "The latest first.", EXAMPLES.history.result),
    ...problemResponses(404),
  },
});

export function addEnvironment(app: ServiceApp, service: ServiceContext): void {
  const { operations } = service;

  app.openapi(guarded(app, service, expire), (c) =>
    perform(c, service, { operation: "expire", input: c.req.valid("json") }, same),
  );
  app.openapi(guarded(app, service, sweepHealth), (c) =>
    perform(c, service, { operation: "sweepHealth", input: c.req.valid("json") }, same),
  );
  app.openapi(guarded(app, service, sweepOrphans), (c) =>
    perform(c, service, { operation: "sweepOrphans", input: c.req.valid("json") }, same),
  );
  app.openapi(guarded(app, service, repair), (c) =>
    perform(c, service, { operation: "repair", input: c.req.valid("json") }, same),
  );
  app.openapi(guarded(app, service, usage), async (c) => {
    const { format, ...input } = c.req.valid("query");
    const result = contract.usageResult.parse(
      await lookFar(c, service, (call) => operations.usage(input, call)),
    );
    if (format !== "csv") return c.json(result, 200);
    return c.body(usageCsv(result), 200, { "Content-Type": "text/csv; charset=utf-8; header=present" });
  });
  app.openapi(guarded(app, service, history), async (c) => {
    const input = c.req.valid("query");
    return c.json(
      contract.historyResult.parse(await lookFar(c, service, (call) => operations.history(input, call))),
      200,
    );
  });
}
