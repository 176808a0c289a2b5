/** What to do when Cloudflare refuses to delete a tunnel because its connections are not yet gone. */

/** "Tunnel has active connections": Cloudflare counts a dropped connection for up to some minutes. */
const ACTIVE_CONNECTIONS = /"code":\s*1022\b|\b1022\b/;
const FIRST_PAUSE_SECONDS = 1;
const LONGEST_PAUSE_SECONDS = 30;
/** About four minutes in all. */
const ATTEMPTS = 12;

/** Seconds to wait before the next attempt, or `undefined` to give up. @param errors of all attempts, the newest first. */
export function pauseBeforeRetry(errors: readonly string[]): number | undefined {
  const [newest = ""] = errors;
  if (!ACTIVE_CONNECTIONS.test(newest) || errors.length > ATTEMPTS) return undefined;
  return Math.min(FIRST_PAUSE_SECONDS * 2 ** (errors.length - 1), LONGEST_PAUSE_SECONDS);
}
