import type { Context } from "hono";
import type { z } from "zod";
import { type ApiError, refuse } from "./apiError.ts";

/**
 * The JSON body as `schema` sees it. Throws (400) on what is no JSON, and what `invalid` makes of the first
 * problem when the body does not fit. Fields that the schema does not name are dropped, as the API does.
 */
export async function readBody<T>(
  c: Context,
  schema: z.ZodType<T>,
  invalid: (problem: string) => ApiError,
): Promise<T> {
  const text = await c.req.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw refuse(400, 6007, "Malformed JSON in request body");
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path.map(String).join(".") ?? "";
  throw invalid(path === "" ? (issue?.message ?? "invalid") : `${path}: ${issue?.message}`);
}
