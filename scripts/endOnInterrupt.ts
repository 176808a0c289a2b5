/** For long commands of which nothing is kept before their end. */
import { constants } from "node:os";

/** A shell adds the number of the signal to this for the exit code of a command that was ended by it. */
const SIGNAL_BASE = 128;

/**
 * Ends this process at the first interrupt, and with it what it has started: running the engine would keep it alive, as
 * the engine is asked to stop first.
 */
export function endOnInterrupt(): void {
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(name, () => {
      process.stderr.write("Interrupted; nothing is kept of this run.\n");
      process.exit(SIGNAL_BASE + constants.signals[name]);
    });
  }
}
