/** How the real Cloudflare provider repeats a call: the rules of the official clients, with longer waits. */
import { setTimeout as timer } from "node:timers/promises";

export interface RetryOptions {
  /** Attempts after the first. @default 10 */
  maxRetries: number;
  /** Milliseconds before the first retry; each next wait is twice as long. @default 2,000 */
  baseDelay: number;
  /** Longest wait in milliseconds. @default 30,000 */
  maxDelay: number;
  /** @default a timer */
  sleep: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
}

export const DEFAULT_RETRY: RetryOptions = {
  maxRetries: 10,
  baseDelay: 2_000,
  maxDelay: 30_000,
  sleep: (milliseconds, signal) => timer(milliseconds, undefined, { signal }),
};

/** A wait that a server asks for is honoured below this many milliseconds. */
const LONGEST_ASKED = 60_000;

/** What an attempt came to: a status with headers, or (no headers) a connection that failed. */
export interface Outcome {
  status?: number | undefined;
  headers?: Headers | undefined;
}

export function isRetried({ status, headers }: Outcome): boolean {
  const told = headers?.get("x-should-retry");
  if (told === "true") return true;
  if (told === "false") return false;
  return status === undefined || status === 408 || status === 409 || status === 429 || status >= 500;
}

/** Milliseconds that `Retry-After` asks for: seconds or a date. */
function askedDelay(headers: Headers | undefined): number | undefined {
  const asked = headers?.get("retry-after") ?? undefined;
  if (asked === undefined || asked === "") return undefined;
  const seconds = Number(asked);
  const delay = Number.isNaN(seconds) ? Date.parse(asked) - Date.now() : seconds * 1000;
  return delay >= 0 && delay < LONGEST_ASKED ? delay : undefined;
}

/** Waits before the retry of this number (0 for the first). Throws when aborted. */
export async function waitBeforeRetry(
  retry: number,
  outcome: Outcome,
  options: RetryOptions,
  signal: AbortSignal,
): Promise<void> {
  const backOff = Math.min(options.baseDelay * 2 ** retry, options.maxDelay) * (1 - Math.random() * 0.25);
  await options.sleep(askedDelay(outcome.headers) ?? backOff, signal);
}
