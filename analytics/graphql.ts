/** Questions to Cloudflare's GraphQL Analytics API. */
import { z } from "zod";
import type { CloudflareApi } from "../clients/cloudflareApi.ts";
import { because } from "../clients/failureText.ts";

/** Cloudflare's analytics do not give what was asked for. The message says why and holds no token. */
export class AnalyticsError extends Error {
  /** The token or the plan lacks something; otherwise Cloudflare failed. */
  readonly notAllowed: boolean;

  constructor(message: string, notAllowed: boolean, options?: ErrorOptions) {
    super(message, options);
    this.name = "AnalyticsError";
    this.notAllowed = notAllowed;
  }
}

const PERMISSIONS =
  'The API token needs the permissions "Account Analytics Read" on the account, for its buckets, and "Analytics Read" on the zone, for requests.';

/** As "Error responses" of Cloudflare's GraphQL documentation words them. */
const REFUSED = /authori[sz]ed|authentication|does not have access/i;

const envelope = z.object({
  data: z.unknown(),
  errors: z
    .array(z.object({ message: z.string() }))
    .nullish()
    .transform((errors) => errors ?? []),
});

/**
 * A value as GraphQL writes it. Values stand in the query itself and not in variables, because Cloudflare's schema has
 * its own names for the types of strings.
 */
export function literal(value: string | readonly string[]): string {
  return JSON.stringify(value);
}

/**
 * @param query below `viewer`.
 * @param shape of what `viewer` answers.
 * @throws AnalyticsError.
 */
export async function askAnalytics<T>(
  cloudflare: CloudflareApi,
  query: string,
  shape: z.ZodType<T>,
  signal?: AbortSignal | undefined,
): Promise<T> {
  const client = await cloudflare.client();
  let answer: unknown;
  try {
    answer = await client.post("/graphql", {
      body: { query: `{ viewer { ${query} } }` },
      signal: signal ?? null,
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw failure(messageOf(error, cloudflare.apiToken), statusOf(error));
  }
  const { data, errors } = envelope.catch({ data: undefined, errors: [] }).parse(answer);
  const [first] = errors;
  if (first !== undefined) throw failure(first.message, undefined);
  const parsed = z.object({ viewer: shape }).safeParse(data);
  if (!parsed.success) {
    throw new AnalyticsError(
      `Cloudflare's analytics answered something unexpected: ${z.prettifyError(parsed.error)}`,
      false,
    );
  }
  return parsed.data.viewer;
}

function failure(message: string, status: number | undefined, cause?: unknown): AnalyticsError {
  const notAllowed = status === 401 || status === 403 || REFUSED.test(message);
  const text = `Cloudflare's analytics refused: ${message}${notAllowed ? `. ${PERMISSIONS}` : ""}`;
  return new AnalyticsError(text, notAllowed, cause === undefined ? undefined : { cause });
}

/** GraphQL's own words where there are some: the client would show the whole answer. */
function messageOf(error: unknown, apiToken: string | undefined): string {
  const answer = z.object({ error: envelope }).safeParse(error);
  const [first] = answer.data?.error.errors ?? [];
  return first?.message ?? because(error, [apiToken]);
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("status" in error)) return undefined;
  return typeof error.status === "number" ? error.status : undefined;
}
