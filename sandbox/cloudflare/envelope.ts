/** The envelope of every answer, and the two ways the API cuts a list into pages. */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type ApiError, refuse } from "./apiError.ts";

export interface PageInfo {
  page: number;
  per_page: number;
  count: number;
  total_count: number;
  total_pages: number;
}

export function succeed(c: Context, result: unknown, resultInfo?: object): Response {
  const envelope = { success: true, errors: [], messages: [], result };
  return c.json(resultInfo === undefined ? envelope : { ...envelope, result_info: resultInfo });
}

export function fail(c: Context, error: ApiError): Response {
  return c.json(
    { success: false, errors: error.errors, messages: [], result: null },
    error.status as ContentfulStatusCode,
  );
}

/**
 * The page that `page` and `per_page` of the query ask for. A page past the end is empty, not an error.
 * Throws (400) on numbers outside what the endpoint takes.
 */
export function paginate<T>(
  c: Context,
  items: readonly T[],
  perPage: { default: number; max: number },
): { items: T[]; info: PageInfo } {
  const page = positiveInteger(c, "page", 1, Number.MAX_SAFE_INTEGER);
  const size = positiveInteger(c, "per_page", perPage.default, perPage.max);
  const cut = items.slice((page - 1) * size, page * size);
  return {
    items: cut,
    info: {
      page,
      per_page: size,
      count: cut.length,
      total_count: items.length,
      total_pages: Math.ceil(items.length / size),
    },
  };
}

export function positiveInteger(c: Context, name: string, fallback: number, max: number): number {
  const text = c.req.query(name);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw refuse(400, 6008, `Invalid value for query parameter ${name}: must be between 1 and ${max}`);
  }
  return value;
}

/** A boolean of the query; undefined when it is absent. Throws (400) when it is neither true nor false. */
export function booleanQuery(c: Context, name: string): boolean | undefined {
  const text = c.req.query(name);
  if (text === undefined) return undefined;
  if (text === "true") return true;
  if (text === "false") return false;
  throw refuse(400, 6008, `Invalid value for query parameter ${name}: must be true or false`);
}
