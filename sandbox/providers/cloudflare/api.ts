/** Calls to Cloudflare's API through the official client, with the real provider's retries and error texts. */
import { STATUS_CODES } from "node:http";
import type { Cloudflare } from "cloudflare";
import { attributionHeaders } from "../../faults/attribution.ts";
import { isRetried, type Outcome, type RetryOptions, waitBeforeRetry } from "./retry.ts";

/** Any JSON of the API. */
// biome-ignore lint/suspicious/noExplicitAny: the API's answers are taken as they come; each type picks what it knows.
export type Json = any;

export type Method = "get" | "post" | "put" | "patch" | "delete";

export interface CallOptions {
  body?: Json;
  headers?: Record<string, string>;
  signal: AbortSignal;
}

/** A refusal by the API, or a call that could not be made. The text is that of the real provider. */
export class CloudflareCallError extends Error {
  /** HTTP status; absent when no answer came. */
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(`failed to make http request: ${message}`);
    this.name = "CloudflareCallError";
    this.status = status;
  }
}

interface Failure extends Outcome {
  /** As in the error's text after method and URL. */
  text: string;
}

export class CloudflareApi {
  readonly #client: Cloudflare;
  readonly #retry: RetryOptions;

  constructor(client: Cloudflare, retry: RetryOptions) {
    this.#client = client;
    this.#retry = retry;
  }

  /**
   * The answer's `result`. As with the real provider a successful status is taken at its word: `undefined` for an
   * answer without a result, or that is no JSON.
   */
  async call(method: Exclude<Method, "delete">, path: string, options: CallOptions): Promise<Json> {
    return parse(await this.#send(method, path, options))?.result;
  }

  /** Throws also when a successful answer has no JSON in it, as the real provider does for deletions. */
  async delete(path: string, options: CallOptions): Promise<void> {
    const text = await this.#send("delete", path, options);
    if (parse(text) === undefined) {
      throw new CloudflareCallError(
        text === ""
          ? "expected destination type of 'string' or '[]byte' for responses with content-type '' that is not 'application/json'"
          : "error parsing response json: invalid character",
      );
    }
  }

  async #send(method: Method, path: string, options: CallOptions): Promise<string> {
    for (let retry = 0; ; retry++) {
      const outcome = await this.#attempt(method, path, options);
      if (typeof outcome === "string") return outcome;
      options.signal.throwIfAborted();
      if (retry >= this.#retry.maxRetries || !isRetried(outcome)) {
        const url = this.#client.buildURL(path, undefined);
        throw new CloudflareCallError(`${method.toUpperCase()} "${url}": ${outcome.text}`, outcome.status);
      }
      await waitBeforeRetry(retry, outcome, this.#retry, options.signal);
    }
  }

  /** The answer's text, or why there is none. */
  async #attempt(method: Method, path: string, options: CallOptions): Promise<string | Failure> {
    try {
      const headers = { ...options.headers, ...attributionHeaders() };
      const response = await this.#client[method](path, { ...options, headers, maxRetries: 0 }).asResponse();
      return await response.text();
    } catch (error) {
      return failureOf(error);
    }
  }
}

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The client's errors carry what the server answered; a failed connection carries only its cause. */
function failureOf(error: unknown): Failure {
  const {
    status,
    headers,
    error: body,
    cause,
  } = error as Partial<Outcome> & { error?: Json; cause?: unknown };
  if (status === undefined) {
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : (cause ?? error);
    return { text: reason instanceof Error ? reason.message : String(reason) };
  }
  const json = body === undefined ? "" : ` ${JSON.stringify(body)}`;
  return { status, headers, text: `${status} ${STATUS_CODES[status] ?? ""}${json}` };
}
