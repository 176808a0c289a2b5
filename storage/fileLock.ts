/** One writer of a file at a time, whichever process it is in. */
import pRetry from "p-retry";
import { lock } from "proper-lockfile";
import { StorageError } from "./documentStore.ts";
import { fullDiskAdvice } from "./fullDisk.ts";

/** A lock that its holder has not refreshed for so long was left behind by a process that is dead. */
const STALE_MILLISECONDS = 4000;
/** How long to wait for one: longer than it takes to see that one was left behind. */
const WAIT_MILLISECONDS = 15_000;

const UNWRITABLE = new Set(["EACCES", "EPERM", "EROFS"]);

/**
 * Runs something that only one process at a time may do, with a folder as the lock. Keep it short: a lock whose holder
 * did not get to run for 4 seconds is taken over.
 *
 * @param lockPath the folder, whose parent exists.
 * @param run is given a check to call right before what cannot be undone: it throws when the lock was taken over.
 * @throws StorageError when the lock is held for longer than 15 seconds, or cannot be made.
 */
export async function withFileLock<T>(
  lockPath: string,
  run: (assertHeld: () => void) => Promise<T>,
  signal?: AbortSignal | undefined,
): Promise<T> {
  let lost = false;
  const acquire = () =>
    lock(lockPath, {
      lockfilePath: lockPath,
      realpath: false,
      stale: STALE_MILLISECONDS,
      onCompromised: () => {
        lost = true;
      },
    });
  const release = await pRetry(acquire, {
    retries: Number.POSITIVE_INFINITY,
    maxRetryTime: WAIT_MILLISECONDS,
    minTimeout: 10,
    factor: 1.5,
    maxTimeout: 200,
    randomize: true,
    shouldRetry: ({ error }) => codeOf(error) === "ELOCKED",
    signal,
  }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw explain(lockPath, error);
  });
  try {
    return await run(() => {
      if (lost) throw new StorageError(`${lockPath} was taken over by another process. Nothing was written.`);
    });
  } finally {
    // Fails only when it was taken over, and then it is not ours to give back.
    await release().catch(() => undefined);
  }
}

function explain(lockPath: string, error: unknown): StorageError {
  const code = codeOf(error) ?? "";
  if (code === "ELOCKED") {
    return new StorageError(
      `${lockPath} has been held by another process for more than ${WAIT_MILLISECONDS / 1000} seconds. Nothing was changed; try again once that process is done.`,
    );
  }
  const action = UNWRITABLE.has(code)
    ? " Its folder has to be writable for this user."
    : fullDiskAdvice(code);
  return new StorageError(`${lockPath} could not be made (${code}).${action}`, { cause: error });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
