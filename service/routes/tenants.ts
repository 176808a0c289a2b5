/** One route per operation on a tenant, with the names of the contract. */
import { z } from "@hono/zod-openapi";
import { OPERATIONS, Scope } from "../../operations/contract.ts";
import * as contract from "../../operations/schemas.ts";
import type { ServiceApp, ServiceContext } from "../context.ts";
import { problemResponses } from "../document/responses.ts";
import { EXAMPLES } from "../examples.ts";
import {
  apiRoute,
  flag,
  guarded,
  jsonBody,
  jsonResponse,
  optionalJsonBody,
  runRoute,
  Tag,
} from "./apiRoute.ts";
import { look, lookFar, perform, probe } from "./perform.ts";
import { enrollBody, tenantPath } from "./schemas.ts";

const tag = Tag.Tenants;
const withSecrets = [Scope.Operate, Scope.Secrets];
/** The result without what is secret in it is the same result: routes answer the contract's own. */
const same = <R extends object>(result: R) => result;

const { to: keysTo, overlapHours } = contract.rotateKeysInput.shape;
const { to: tunnelTo, dropConnections } = contract.rotateTunnelInput.shape;
const { deleteBucket, retentionDays } = contract.disableInput.shape;

const rotateKeysBody = z.strictObject({ to: keysTo, overlapHours });
const rotateTunnelBody = z.strictObject({ to: tunnelTo, dropConnections });
const disableBody = z.strictObject({ deleteBucket, retentionDays });

const enroll = runRoute({
  method: "post",
  path: "/v1/tenants",
  operationId: "enrollTenant",
  tag,
  summary: OPERATIONS.enroll.summary,
  scopes: withSecrets,
  request: { body: jsonBody(enrollBody, EXAMPLES.enroll.input) },
  responses: { 200: jsonResponse(contract.enrollResult, "The tenant.", EXAMPLES.enroll.result) },
});

const list = apiRoute({
  method: "get",
  path: "/v1/tenants",
  operationId: "listTenants",
  tag,
  summary: OPERATIONS.list.summary,
  scopes: [Scope.Read],
  request: {},
  responses: { 200: jsonResponse(contract.listResult, "The tenants.", EXAMPLES.list.result) },
});

const status = apiRoute({
  method: "get",
  path: "/v1/tenants/{tenant}",
  operationId: "getTenant",
  tag,
  summary: OPERATIONS.status.summary,
  scopes: [Scope.Read],
  request: {
    params: tenantPath,
    query: z.strictObject({
      probe: flag
        .optional()
        .describe(
          "true: look now, which takes seconds and needs the scope operate. Default false: what was seen last.",
        ),
    }),
  },
  responses: {
    200: jsonResponse(contract.statusResult, "The tenant.", EXAMPLES.status.result),
    ...problemResponses(404),
  },
});

const token = apiRoute({
  method: "get",
  path: "/v1/tenants/{tenant}/token",
  operationId: "getTenantToken",
  tag,
  summary: OPERATIONS.token.summary,
  scopes: [Scope.Secrets],
  request: { params: tenantPath },
  responses: {
    200: jsonResponse(contract.tokenResult, "The token.", EXAMPLES.token.result),
    ...problemResponses(404, 409),
  },
});

const rotateKeys = runRoute({
  method: "post",
  path: "/v1/tenants/{tenant}/rotate-keys",
  operationId: "rotateTenantKeys",
  tag,
  summary: OPERATIONS.rotateKeys.summary,
  scopes: withSecrets,
  request: { params: tenantPath, body: optionalJsonBody(rotateKeysBody, { overlapHours: 24 }) },
  responses: { 200: jsonResponse(contract.rotateKeysResult, "The new key.", EXAMPLES.rotateKeys.result) },
});

const rotateTunnel = runRoute({
  method: "post",
  path: "/v1/tenants/{tenant}/rotate-tunnel",
  operationId: "rotateTenantTunnel",
  tag,
  summary: OPERATIONS.rotateTunnel.summary,
  scopes: withSecrets,
  request: { params: tenantPath, body: optionalJsonBody(rotateTunnelBody, { dropConnections: false }) },
  responses: {
    200: jsonResponse(contract.rotateTunnelResult, "The new token.", EXAMPLES.rotateTunnel.result),
  },
});

const disable = runRoute({
  method: "post",
  path: "/v1/tenants/{tenant}/disable",
  operationId: "disableTenant",
  tag,
  summary: OPERATIONS.disable.summary,
  scopes: [Scope.Operate],
  request: { params: tenantPath, body: optionalJsonBody(disableBody, { retentionDays: 30 }) },
  responses: { 200: jsonResponse(contract.disableResult, "It is disabled.", EXAMPLES.disable.result) },
});

const enable = runRoute({
  method: "post",
  path: "/v1/tenants/{tenant}/enable",
  operationId: "enableTenant",
  tag,
  summary: OPERATIONS.enable.summary,
  scopes: withSecrets,
  request: { params: tenantPath, body: optionalJsonBody(z.strictObject({}), {}) },
  responses: { 200: jsonResponse(contract.enrollResult, "It is back.", EXAMPLES.enable.result) },
});

const remove = runRoute({
  method: "delete",
  path: "/v1/tenants/{tenant}",
  operationId: "removeTenant",
  tag,
  summary: OPERATIONS.remove.summary,
  description: "A tenant that is not there any more is no error: `changed` is false then.",
  scopes: [Scope.Operate],
  request: {
    params: tenantPath,
    query: z.strictObject({
      purge: flag.optional().describe("true: do not wait for the end of the retention. Default false."),
      emptyBucket: flag
        .optional()
        .describe("true: delete the objects in the bucket. Default false: a bucket with objects is refused."),
    }),
  },
  responses: { 200: jsonResponse(contract.removeResult, "It is gone.", EXAMPLES.remove.result) },
});

export function addTenants(app: ServiceApp, service: ServiceContext): void {
  const { operations } = service;

  app.openapi(guarded(app, service, enroll), (c) =>
    perform(c, service, { operation: "enroll", input: c.req.valid("json") }, same),
  );
  app.openapi(guarded(app, service, list), async (c) =>
    c.json(contract.listResult.parse(await look(c, service, (call) => operations.list({}, call))), 200),
  );
  app.openapi(guarded(app, service, status), async (c) => {
    const { tenant } = c.req.valid("param");
    const found =
      c.req.valid("query").probe === true
        ? await probe(c, service, tenant)
        : await look(c, service, (call) => operations.status({ tenant }, call));
    return c.json(contract.statusResult.parse(found), 200);
  });
  app.openapi(guarded(app, service, token), async (c) => {
    const input = c.req.valid("param");
    return c.json(
      contract.tokenResult.parse(await lookFar(c, service, (call) => operations.token(input, call))),
      200,
    );
  });
  app.openapi(guarded(app, service, rotateKeys), (c) => {
    const input = { ...c.req.valid("param"), ...c.req.valid("json") };
    return perform(c, service, { operation: "rotateKeys", input }, same);
  });
  app.openapi(guarded(app, service, rotateTunnel), (c) => {
    const input = { ...c.req.valid("param"), ...c.req.valid("json") };
    return perform(c, service, { operation: "rotateTunnel", input }, same);
  });
  app.openapi(guarded(app, service, disable), (c) => {
    const input = { ...c.req.valid("param"), ...c.req.valid("json") };
    return perform(c, service, { operation: "disable", input }, same);
  });
  app.openapi(guarded(app, service, enable), (c) =>
    perform(c, service, { operation: "enable", input: c.req.valid("param") }, same),
  );
  app.openapi(guarded(app, service, remove), (c) => {
    const input = { ...c.req.valid("param"), ...c.req.valid("query") };
    return perform(c, service, { operation: "remove", input }, same);
  });
}
