/** The parts of the OpenAPI document that routes share: security, headers, and an answer for every problem. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { ServiceEnv } from "../environment.ts";
import { problemDetails } from "../problems/problem.ts";
import { PROBLEM_CODES, PROBLEM_TYPES, type ProblemStatus } from "../problems/problemTypes.ts";

type Headers = Record<string, { $ref: string }>;

export const SECURITY_SCHEME = "bearer";

/** Every answer has it. */
export const COMMON_HEADERS: Headers = { "X-Request-Id": { $ref: "#/components/headers/X-Request-Id" } };

const HEADERS = {
  "X-Request-Id": {
    description:
      "Id of the request: the one that it was sent with, when that was sane; the logs have it too.",
    required: true,
    schema: { type: "string" },
  },
  "WWW-Authenticate": {
    description: "RFC 6750: what kind of token is needed, and what is wrong with this one.",
    required: true,
    schema: { type: "string" },
  },
  "Retry-After": {
    description: "Seconds after which the same request may well succeed.",
    schema: { type: "integer", minimum: 0 },
  },
  Location: { description: "Where to ask after the operation.", required: true, schema: { type: "string" } },
} as const;

const STATUS_HEADERS: Readonly<Partial<Record<ProblemStatus, (keyof typeof HEADERS)[]>>> = {
  401: ["WWW-Authenticate"],
  403: ["WWW-Authenticate"],
  429: ["Retry-After"],
  502: ["Retry-After"],
  503: ["Retry-After"],
  504: ["Retry-After"],
};

export function header(name: keyof typeof HEADERS): Headers {
  return { [name]: { $ref: `#/components/headers/${name}` } };
}

/** Answers of a route, to be put among its `responses`. */
export function problemResponses(...statuses: ProblemStatus[]): Record<string, { $ref: string }> {
  return Object.fromEntries(
    statuses.map((status) => [String(status), { $ref: `#/components/responses/Problem${status}` }]),
  );
}

export function registerComponents({ openAPIRegistry: registry }: OpenAPIHono<ServiceEnv>): void {
  registry.register("Problem", problemDetails);
  registry.registerComponent("securitySchemes", SECURITY_SCHEME, {
    type: "http",
    scheme: "bearer",
    description:
      "A token of the service. Scopes: `read` for what only looks, `operate` for what changes something, `secrets` for answers that hold a secret.",
  });
  for (const [name, value] of Object.entries(HEADERS)) registry.registerComponent("headers", name, value);
  const statuses = new Set(PROBLEM_CODES.map((code) => PROBLEM_TYPES[code].status));
  for (const status of statuses) {
    const codes = PROBLEM_CODES.filter((code) => PROBLEM_TYPES[code].status === status);
    const headers = (STATUS_HEADERS[status] ?? []).map(header);
    registry.registerComponent("responses", `Problem${status}`, {
      description: codes.map((code) => `\`${code}\`: ${PROBLEM_TYPES[code].title}.`).join(" "),
      headers: Object.assign({}, COMMON_HEADERS, ...headers),
      content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
    });
  }
}
