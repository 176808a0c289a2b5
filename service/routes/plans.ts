/** Dry runs: what an operation would do, for each that changes something. */
import { z } from "@hono/zod-openapi";
import {
  type ChangingOperation,
  type InputOf,
  OPERATIONS,
  type OperationName,
  Scope,
} from "../../operations/contract.ts";
import type { ServiceApp, ServiceContext } from "../context.ts";
import { problemResponses } from "../document/responses.ts";
import { EXAMPLES, PLAN_EXAMPLE } from "../examples.ts";
import { CHANGING } from "../runs/invoke.ts";
import { apiRoute, guarded, jsonBody, jsonResponse, optionalJsonBody, Tag } from "./apiRoute.ts";
import { lookFar } from "./perform.ts";
import { enrollBody, requiringOne } from "./schemas.ts";

const plan = z
  .object({
    operation: z.enum(Object.keys(OPERATIONS) as OperationName[]),
    tenant: z.string().describe("Empty for operations on no single tenant."),
    list: z
      .array(z.object({ path: z.string(), before: z.string(), after: z.string() }))
      .describe("Values of the tenant's entry that would change, as JSON."),
    steps: z
      .array(z.object({ tenant: z.string(), type: z.string(), name: z.string(), action: z.string() }))
      .describe("Resources that the engine would create, update, replace or delete."),
    notes: z.array(z.string()),
  })
  .openapi("Plan");

function bodyOf(operation: ChangingOperation) {
  const { input } = OPERATIONS[operation];
  const example = EXAMPLES[operation].input;
  if (operation === "enroll") return jsonBody<z.ZodType>(enrollBody, example);
  if (!("tenant" in input.shape)) return optionalJsonBody<z.ZodType>(input, example);
  return jsonBody<z.ZodType>(requiringOne(input, "oneOf", ["tenant", "hubId", "tunnelId"]), example);
}

const planRoute = (operation: ChangingOperation) =>
  apiRoute({
    method: "post",
    path: `/v1/plans/${operation}`,
    operationId: `plan${operation.charAt(0).toUpperCase()}${operation.slice(1)}`,
    tag: Tag.Plans,
    summary: `Dry run: ${OPERATIONS[operation].summary.charAt(0).toLowerCase()}${OPERATIONS[operation].summary.slice(1)}`,
    scopes: [Scope.Operate],
    request: { body: bodyOf(operation) },
    responses: {
      200: jsonResponse(plan, "What would be done.", PLAN_EXAMPLE),
      ...problemResponses(404, 409),
    },
  });

export function addPlans(app: ServiceApp, service: ServiceContext): void {
  for (const operation of CHANGING) {
    app.openapi(guarded(app, service, planRoute(operation)), async (c) => {
      const input = c.req.valid("json") as InputOf<ChangingOperation>;
      const found = await lookFar(c, service, (call) => service.operations.plan(operation, input, call));
      return c.json(plan.parse(found), 200);
    });
  }
}
