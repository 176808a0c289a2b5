/** What the numbers and paths of the service may be. */
import { z } from "zod";
import { ErrorCode, OperationError } from "../operations/errors.ts";

const options = z.object({
  basePath: z
    .string()
    .regex(/^(?:\/[A-Za-z0-9._~-]+)*$/, "empty, or as /staging: no slash at its end")
    .optional(),
  waitSeconds: z.number().min(1).max(3600).optional(),
  drainSeconds: z.number().min(0).max(3600).optional(),
  port: z.int().min(0).max(65_535).optional(),
  trustedProxies: z.int().min(0).max(10).optional(),
});

/** @throws OperationError not-set-up, with every option that is wrong. */
export function checkOptions(given: object): void {
  const { error } = options.safeParse(given);
  if (error === undefined) return;
  const problems = error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  const lines = problems.map(({ path, message }) => `${path}: ${message}`);
  throw new OperationError(ErrorCode.NotSetUp, `The service does not start like this: ${lines.join("; ")}.`, {
    problems,
  });
}
