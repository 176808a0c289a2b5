/**
 * What to do when Cloudflare still refused a call for its limit after the provider had tried again and again.
 *
 * The provider repeats a refused call ten times, 2 to 30 seconds apart: two and a half to three and a half minutes in
 * all. Cloudflare refuses for the rest of a window of five minutes, so that a window can outlast the provider.
 */

import { CLOUDFLARE_LIMIT } from "./apiLimit.ts";

/** How the provider tells the status: `POST "https://…": 429 Too Many Requests {…}`. */
const LIMITED = /": 429 Too Many Requests\b/;

/**
 * The share of a window that is waited. Short, since the provider begins anew, slowly, and from the last minute of a window
 * on does what `Retry-After` says: a long wait would let the next window pass unused.
 */
const PAUSE = 1 / 60;
/** With more to do than a few windows allow, a call may be refused in several of them. */
const WINDOWS = 4;

/**
 * Milliseconds to wait before the engine should try a create, update or delete again; undefined to give up, since it
 * failed for another reason or has been refused for four windows.
 *
 * @param errors what the engine has seen so far, the newest first.
 * @param elapsedMilliseconds since the resource's operation began, the provider's own retries included.
 * @param window of the limit. Default: Cloudflare's.
 */
export function pauseWhenLimited(
  errors: readonly string[],
  elapsedMilliseconds: number,
  { windowMilliseconds } = { windowMilliseconds: CLOUDFLARE_LIMIT.windowSeconds * 1000 },
): number | undefined {
  const [newest = ""] = errors;
  if (!LIMITED.test(newest) || elapsedMilliseconds >= WINDOWS * windowMilliseconds) return undefined;
  return Math.ceil(windowMilliseconds * PAUSE);
}
