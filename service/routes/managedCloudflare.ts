/** Tunnel, hostname and bucket of a hub, with the names of the control service that came before. */
import { z } from "@hono/zod-openapi";
import { type ResultOf, Scope } from "../../operations/contract.ts";
import { ErrorCode, OperationError } from "../../operations/errors.ts";
import * as contract from "../../operations/schemas.ts";
import type { ServiceApp, ServiceContext } from "../context.ts";
import { problemResponses } from "../document/responses.ts";
import { EXAMPLES } from "../examples.ts";
import { apiRoute, guarded, jsonBody, jsonResponse, runRoute, Tag } from "./apiRoute.ts";
import { look, perform } from "./perform.ts";
import { foreignId } from "./schemas.ts";

const hubId = foreignId.describe("Id of the hub; one tunnel, one hostname and one bucket for each.");

const enrollBody = z.strictObject({
  account_id: foreignId.describe("The customer's account."),
  hub_id: hubId,
  requested_subdomain: contract.enrollInput.shape.subdomain,
});

const enrolled = z
  .object({
    tunnel_id: z.string(),
    tunnel_token: z.string(),
    hostname: z.string(),
    r2_endpoint: z.string(),
    r2_bucket: z.string(),
    r2_access_key_id: z.string(),
    r2_secret_access_key: z.string(),
  })
  .openapi("ManagedEnrollment");

const status = z
  .object({
    enabled: z.boolean(),
    hostname: z.string(),
    tunnel_id: z.string().nullable(),
    r2_bucket: z.string().nullable(),
    last_health_check: z.iso.datetime().nullable(),
    errors: z.array(z.string()),
  })
  .openapi("ManagedStatus");

const keys = z
  .object({ r2_access_key_id: z.string(), r2_secret_access_key: z.string() })
  .openapi("ManagedKeys");
const done = z.object({ ok: z.literal(true) }).openapi("ManagedDone");

const disableBody = z.strictObject({
  hub_id: hubId,
  delete_bucket: z.boolean().describe("true: empty and delete the bucket now."),
  retention_days: contract.disableInput.shape.retentionDays,
});

/** A hub has a bucket, unless somebody enrolled it without one by other means. */
function present(value: string | null): string {
  if (value !== null) return value;
  throw new OperationError(ErrorCode.NoBucket, "The hub's tenant has no bucket, so it has no keys.");
}

const toEnrolled = (result: ResultOf<"enroll">) => ({
  tunnel_id: result.tunnelId,
  tunnel_token: result.tunnelToken,
  hostname: result.hostname,
  r2_endpoint: present(result.endpoint),
  r2_bucket: present(result.bucket),
  r2_access_key_id: present(result.accessKeyId),
  r2_secret_access_key: present(result.secretAccessKey),
});

const toStatus = (result: ResultOf<"status">) => ({
  enabled: result.enabled,
  hostname: result.hostname,
  tunnel_id: result.tunnelId,
  r2_bucket: result.bucket,
  last_health_check: result.lastHealthCheck,
  errors: result.errors,
});

const toKeys = (result: ResultOf<"rotateKeys">) => ({
  r2_access_key_id: present(result.accessKeyId),
  r2_secret_access_key: present(result.secretAccessKey),
});

const enroll = runRoute({
  method: "post",
  path: "/v1/managed-cloudflare/enroll",
  operationId: "managedEnroll",
  tag: Tag.Managed,
  summary: "Give a hub its tunnel, hostname and bucket, or the same answer again",
  description: "A hub that was disabled is enabled again.",
  scopes: [Scope.Operate, Scope.Secrets],
  request: {
    body: jsonBody(enrollBody, { account_id: "account-4", hub_id: "hub-1017", requested_subdomain: "acme" }),
  },
  responses: { 200: jsonResponse(enrolled, "What the hub needs.", toEnrolled(EXAMPLES.enroll.result)) },
});

const getStatus = apiRoute({
  method: "get",
  path: "/v1/managed-cloudflare/status",
  operationId: "managedStatus",
  tag: Tag.Managed,
  summary: "How a hub is, as last seen",
  scopes: [Scope.Read],
  request: { query: z.strictObject({ hub_id: hubId }) },
  responses: {
    200: jsonResponse(status, "The hub.", toStatus(EXAMPLES.status.result)),
    ...problemResponses(404),
  },
});

const rotateKeys = runRoute({
  method: "post",
  path: "/v1/managed-cloudflare/rotate-keys",
  operationId: "managedRotateKeys",
  tag: Tag.Managed,
  summary: "Give a hub's bucket a new key; the old one stays valid for the environment's overlap",
  description:
    "The same request within ten minutes after the end of a rotation gets that rotation's answer again. For another rotation, send a new Idempotency-Key.",
  scopes: [Scope.Operate, Scope.Secrets],
  request: { body: jsonBody(z.strictObject({ hub_id: hubId }), { hub_id: "hub-1017" }) },
  responses: { 200: jsonResponse(keys, "The new key.", toKeys(EXAMPLES.rotateKeys.result)) },
});

const disable = runRoute({
  method: "post",
  path: "/v1/managed-cloudflare/disable",
  operationId: "managedDisable",
  tag: Tag.Managed,
  summary: "Stop a hub's tunnel and revoke its keys",
  scopes: [Scope.Operate],
  request: { body: jsonBody(disableBody, { hub_id: "hub-1017", delete_bucket: false, retention_days: 30 }) },
  responses: { 200: jsonResponse(done, "It is done.", { ok: true }) },
});

export function addManagedCloudflare(app: ServiceApp, service: ServiceContext): void {
  app.openapi(guarded(app, service, enroll), (c) => {
    const body = c.req.valid("json");
    const input = {
      accountId: body.account_id,
      hubId: body.hub_id,
      subdomain: body.requested_subdomain,
      host: false,
      bucket: true,
      reactivate: true,
    };
    return perform(c, service, { operation: "enroll", input }, toEnrolled);
  });

  app.openapi(guarded(app, service, getStatus), async (c) => {
    const { hub_id } = c.req.valid("query");
    const result = await look(c, service, (call) => service.operations.status({ hubId: hub_id }, call));
    return c.json(toStatus(result), 200);
  });

  app.openapi(guarded(app, service, rotateKeys), (c) => {
    const input = { hubId: c.req.valid("json").hub_id };
    return perform(c, service, { operation: "rotateKeys", input }, toKeys, { repeats: true });
  });

  app.openapi(guarded(app, service, disable), (c) => {
    const { hub_id, delete_bucket, retention_days } = c.req.valid("json");
    const input = { hubId: hub_id, deleteBucket: delete_bucket, retentionDays: retention_days };
    return perform(c, service, { operation: "disable", input }, () => ({ ok: true }));
  });
}
