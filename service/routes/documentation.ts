/** The OpenAPI document, a page that renders it, and a page for every kind of problem. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createRoute, type RouteConfig, z } from "@hono/zod-openapi";
import { html } from "hono/html";
import { secureHeaders } from "hono/secure-headers";
import type { ServiceApp, ServiceContext } from "../context.ts";
import { finishDocument } from "../document/finish.ts";
import { COMMON_HEADERS, problemResponses } from "../document/responses.ts";
import { PROBLEM_CODES, PROBLEM_TYPES } from "../problems/problemTypes.ts";
import { Tag } from "./apiRoute.ts";

const TAGS = [
  { name: Tag.Tunnels, description: "Tunnels of customers who run cloudflared themselves." },
  { name: Tag.Managed, description: "Tunnel, hostname and bucket of a hub." },
  { name: Tag.Tenants, description: "Everything that can be done with a tenant." },
  { name: Tag.Environment, description: "Operations on all tenants." },
  { name: Tag.Plans, description: "Dry runs: what an operation would do." },
  { name: Tag.Operations, description: "Operations that take longer than their callers waited." },
  { name: Tag.Service, description: "The service itself." },
];

const DESCRIPTION = `Enrolls tenants, tells how they are, rotates, disables and removes them.

Operations that change something can take minutes. Their answer comes when they are done; when that takes longer than
the service waits, or than the caller asked for with \`Prefer: wait=10\`, the answer is 202 with the operation to ask
after. Every operation can be sent again: what is done is not done twice. With an \`Idempotency-Key\` that holds even
for rotations.

Unknown fields and parameters are refused. Everything that is not a success is answered with problem details (RFC 9457)
whose \`code\` is for programs.`;

const requirePackage = createRequire(import.meta.url);

const ASSETS = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
} as const;

const documentResponses: RouteConfig["responses"] = {
  200: {
    description: "OpenAPI 3.1.",
    headers: COMMON_HEADERS,
    content: { "application/json": { schema: z.record(z.string(), z.unknown()) } },
  },
  ...problemResponses(500),
};

const documentRoute = createRoute({
  method: "get",
  path: "/openapi.json",
  operationId: "getDocument",
  tags: [Tag.Service],
  summary: "This document",
  responses: documentResponses,
});

const problemPage = createRoute({
  method: "get",
  path: "/problems/{code}",
  operationId: "getProblemType",
  tags: [Tag.Service],
  summary: "What a kind of problem means",
  request: { params: z.object({ code: z.enum(PROBLEM_CODES) }) },
  responses: {
    200: {
      description: "For people.",
      headers: COMMON_HEADERS,
      content: { "text/plain": { schema: z.string() } },
    },
    ...problemResponses(422, 500),
  },
});

/** The page's scripts and styles come from here alone; styles may stand in elements, as the page's library sets some. */
const pageHeaders = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", "data:"],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
});

export function addDocumentation(app: ServiceApp, service: ServiceContext, version: string): void {
  const { basePath } = service;
  let text: string | undefined;
  const makeDocument = () =>
    JSON.stringify(
      finishDocument(
        app.getOpenAPI31Document({
          openapi: "3.1.0",
          info: { title: "tenant-edge", version, description: DESCRIPTION },
          servers: [{ url: basePath === "" ? "/" : basePath }],
          tags: TAGS,
        }),
      ),
    );

  app.openapi(documentRoute, (c) => {
    text ??= makeDocument();
    return c.body(text, 200, { "Content-Type": "application/json" });
  });

  app.openapi(problemPage, (c) => {
    const { code } = c.req.valid("param");
    const { status, title, retryAfterSeconds } = PROBLEM_TYPES[code];
    const again =
      retryAfterSeconds === undefined
        ? ""
        : `The same request may succeed later: wait ${retryAfterSeconds} seconds.\n`;
    return c.text(`${code}\n\n${title}.\nIt is answered with status ${status}.\n${again}`, 200);
  });

  app.use("/docs", pageHeaders);
  app.use("/docs/*", pageHeaders);
  app.get("/docs", (c) =>
    c.html(html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>tenant-edge</title>
<link rel="stylesheet" href="${basePath}/docs/swagger-ui.css">
<div id="page"></div>
<script src="${basePath}/docs/swagger-ui-bundle.js"></script>
<script src="${basePath}/docs/start.js"></script>
</html>`),
  );
  app.get("/docs/start.js", (c) =>
    c.body(
      `SwaggerUIBundle(${JSON.stringify({ url: `${basePath}/openapi.json`, dom_id: "#page", deepLinking: true, validatorUrl: null })});\n`,
      200,
      { "Content-Type": "text/javascript; charset=utf-8" },
    ),
  );
  for (const [name, type] of Object.entries(ASSETS)) {
    app.get(`/docs/${name}`, async (c) =>
      c.body(new Uint8Array(await readFile(requirePackage.resolve(`swagger-ui-dist/${name}`))), 200, {
        "Content-Type": type,
        "Cache-Control": "public, max-age=3600",
      }),
    );
  }
}
