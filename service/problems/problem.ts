/** Problem details: the body of every answer that is not a success. RFC 9457, "Problem Details for HTTP APIs". */
import { z } from "@hono/zod-openapi";
import { OperationError } from "../../operations/errors.ts";
import { StorageError, VersionConflictError } from "../../storage/documentStore.ts";
import { PROBLEM_CODES, PROBLEM_TYPES, type ProblemCode, ServiceCode } from "./problemTypes.ts";

/** A problem without the request that met it: what an operation keeps of its failure. */
export const storedProblem = z.strictObject({
  type: z.string().describe("Address of a page about this kind of problem, relative to the service."),
  title: z.string(),
  status: z.int().min(400).max(599),
  detail: z.string().describe("What was found, for people."),
  code: z.enum(PROBLEM_CODES).describe("For programs to decide by."),
  ways: z.array(z.string()).describe("What can be done about it, one sentence each."),
  problems: z
    .array(z.strictObject({ path: z.string(), message: z.string() }))
    .describe("The places in the request or the configuration that are wrong."),
});
export type StoredProblem = z.output<typeof storedProblem>;

export const problemDetails = storedProblem
  .extend({ request_id: z.string().describe("Of this request; the logs have it too.") })
  .openapi("Problem", {
    example: {
      type: "/problems/tenant-not-found",
      title: PROBLEM_TYPES["tenant-not-found"].title,
      status: 404,
      detail: "There is no tenant acme.",
      code: "tenant-not-found",
      ways: ["GET /v1/tenants lists the tenants."],
      problems: [],
      request_id: "0f9b1c6e-3d52-4f0e-9b0a-6a1d3f1f5c11",
    },
  });

export interface ProblemExtras {
  ways?: readonly string[] | undefined;
  problems?: readonly { path: string; message: string }[] | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
}

export function describeProblem(
  code: ProblemCode,
  detail: string,
  extras: ProblemExtras = {},
): StoredProblem {
  const { status, title } = PROBLEM_TYPES[code];
  return {
    type: `/problems/${code}`,
    title,
    status,
    detail,
    code,
    ways: [...(extras.ways ?? [])],
    problems: (extras.problems ?? []).map(({ path, message }) => ({ path, message })),
  };
}

/** Thrown by handlers; becomes the answer. */
export class ProblemError extends Error {
  readonly problem: StoredProblem;
  readonly headers: Readonly<Record<string, string>>;

  constructor(problem: StoredProblem, headers: Readonly<Record<string, string>> = {}) {
    super(problem.detail);
    this.name = "ProblemError";
    this.problem = problem;
    this.headers = headers;
  }
}

export function problem(code: ProblemCode, detail: string, extras: ProblemExtras = {}): ProblemError {
  return new ProblemError(describeProblem(code, detail, extras), extras.headers);
}

/**
 * What may be told of an error. Only operations' own errors speak for themselves: the message of anything else could
 * hold what nobody asked for.
 */
export function problemOf(error: unknown): StoredProblem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof OperationError) return describeProblem(error.code, error.message, error);
  if (error instanceof StorageError || error instanceof VersionConflictError) {
    return describeProblem(
      ServiceCode.StorageUnavailable,
      "The place where the service keeps its operations cannot be used. Nothing new was begun.",
    );
  }
  return describeProblem(
    ServiceCode.InternalError,
    "The service met an error that it does not know. Its log has it under this request id.",
  );
}
