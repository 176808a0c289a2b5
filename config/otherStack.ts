/** Reads of stacks that another process may be writing. */
import pRetry from "p-retry";
import { HALF_WRITTEN } from "./halfWritten.ts";

const STATE_POLL = { retries: 10, minTimeout: 200, maxTimeout: 1_000, randomize: true };

/** Again, for some seconds, while the state is half-written. @throws what `read` throws. */
export async function readOtherStack<T>(read: () => Promise<T>): Promise<T> {
  return await pRetry(read, {
    ...STATE_POLL,
    shouldRetry: ({ error }) => HALF_WRITTEN.test(error.message),
  });
}
