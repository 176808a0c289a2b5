/** The frame of every command: progress of the engine's search, clear errors, an exit code, nothing left behind. */
import { openSession, type Session, type SessionOptions } from "../session.ts";
import { showEngineProgress } from "./showEngineProgress.ts";

/** Errors whose message says all there is to say to a user; others show where they come from. */
const FOR_USERS = new Set([
  "FolderInUseError",
  "NoEngineError",
  "SandboxArgumentError",
  "SandboxSettingError",
  "StackFileError",
  "ProjectFileError",
  "UserError",
]);

/** Something the user can mend; the message says how. */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** Exit code of a command that was interrupted while it was starting: 128 + SIGINT. */
const INTERRUPTED = 130;

/** Opens a session, showing progress on stderr. */
export async function openSessionVisibly(
  options: Pick<SessionOptions, "command" | "signal" | "edgePort">,
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
    const isForUsers = error instanceof Error && FOR_USERS.has(error.name);
    process.stderr.write(
      `${isForUsers ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exitCode = 1;
  } finally {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
}
