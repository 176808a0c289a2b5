/** The frame of every command: progress of the engine's search, clear errors, an exit code, nothing left behind. */
import { openSession, type Session, type SessionOptions } from "../session.ts";
import { UserError } from "../userError.ts";
import { showEngineProgress } from "./showEngineProgress.ts";

/** Exit code of a command that was interrupted while it was starting: 128 + SIGINT. */
const INTERRUPTED = 130;

/** Opens a session, showing progress on stderr. */
export async function openSessionVisibly(
  options: Pick<SessionOptions, "command" | "signal" | "edgePort" | "rateLimit" | "stack">,
): Promise<Session> {
  const display = showEngineProgress(process.stderr);
  try {
    return await openSession({
      ...options,
      report: display.report,
      notify(notice) {
        display.close();
        process.stderr.write(`${notice}\n`);
      },
    });
  } finally {
    display.close();
  }
}

/** Runs the command to its exit code. Interrupts before it has taken them over itself end it cleanly. */
export async function runCommand(command: (signal: AbortSignal) => Promise<number>): Promise<void> {
  const starting = new AbortController();
  const interrupt = () => starting.abort();
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  try {
    process.exitCode = await command(starting.signal);
  } catch (error) {
    if (starting.signal.aborted) {
      process.exitCode = INTERRUPTED;
      return;
    }
    const isForUsers = error instanceof UserError;
    process.stderr.write(
      `${isForUsers ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exitCode = 1;
  } finally {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
}
