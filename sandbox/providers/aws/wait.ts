/** Bounded waiting for a state. */
import { setTimeout as sleep } from "node:timers/promises";

const FIRST_PAUSE = 5;
const LONGEST_PAUSE = 250;
/** Milliseconds. The sandbox's transitions take a fraction of a second unless told otherwise. */
const TIMEOUT = 60_000;

/**
 * Polls until `look` has an answer. `what` begins the error of a wait that takes too long.
 * Throws when the engine cancels the operation.
 */
export async function waitFor<T>(
  what: string,
  signal: AbortSignal,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + TIMEOUT;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`${what}: timeout while waiting (${TIMEOUT / 1000}s)`);
    await sleep(pause, undefined, { signal });
  }
}
