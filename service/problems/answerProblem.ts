/** Turns whatever went wrong with a request into its answer. */
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Logger } from "pino";
import type { ServiceEnv } from "../environment.ts";
import { describeError } from "../observe/describeError.ts";
import { ProblemError, problem, problemOf } from "./problem.ts";
import { PROBLEM_TYPES, type ProblemCode, ServiceCode } from "./problemTypes.ts";

/** What Hono itself and its validators throw, by status. */
const THROWN_STATUSES: Readonly<Record<number, ProblemCode>> = {
  400: ServiceCode.MalformedRequest,
  413: ServiceCode.BodyTooLarge,
  415: ServiceCode.UnsupportedMediaType,
};

const THROWN_DETAILS: Readonly<Record<number, string>> = {
  400: "The body is no JSON.",
  413: "The body is larger than the service takes.",
  415: "The body has to be JSON in UTF-8, with the header Content-Type: application/json.",
};

function known(error: unknown): unknown {
  if (!(error instanceof HTTPException)) return error;
  const code = THROWN_STATUSES[error.status];
  return code === undefined ? error : problem(code, THROWN_DETAILS[error.status] ?? "");
}

export interface ProblemContext {
  log: Logger;
  /** Where the service is mounted. */
  basePath: string;
}

export function answerProblem(
  c: Context<ServiceEnv>,
  thrown: unknown,
  { log, basePath }: ProblemContext,
): Response {
  const error = known(thrown);
  const stored = problemOf(error);
  const requestId = c.get("requestId");
  c.set("problemCode", stored.code);
  // What an operation met was logged when it ended.
  if (stored.code === ServiceCode.InternalError && !(error instanceof ProblemError)) {
    log.error({ request_id: requestId, error: describeError(thrown) }, "unknown error");
  }
  const { status, retryAfterSeconds } = PROBLEM_TYPES[stored.code];
  const headers: Record<string, string> = { "Content-Type": "application/problem+json" };
  if (retryAfterSeconds !== undefined) headers["Retry-After"] = String(retryAfterSeconds);
  if (error instanceof ProblemError) Object.assign(headers, error.headers);
  return c.body(
    JSON.stringify({ ...stored, type: `${basePath}${stored.type}`, request_id: requestId }),
    status,
    headers,
  );
}
