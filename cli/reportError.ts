/** How the command ends when something went wrong. */
import { CommanderError } from "commander";
import { printable } from "../naming/printable.ts";
import { OperationError } from "../operations/errors.ts";
import { knownError } from "../operations/knownErrors.ts";
import { TimedOutError } from "./deadline.ts";
import { ExitCode, exitCodeOf } from "./exitCodes.ts";
import { coloursFor } from "./globalOptions.ts";
import type { Surroundings } from "./surroundings.ts";
import { errorDocument, errorText } from "./text/errorText.ts";
import { UsageError } from "./usageError.ts";

export interface ReportOptions {
  json: boolean;
  color: boolean;
}

/** What commander has printed already, for `--json`. */
function fromCommander({ code, message }: CommanderError): UsageError {
  // It has printed the help: without a command, or at `help` of an unknown one.
  if (code === "commander.help") {
    return new UsageError("No known command is named.", ["`tenant-edge --help` lists them."]);
  }
  return new UsageError(message.replace(/^error: /, ""));
}

/** Prints the error: always as text to stderr, and with `--json` as a document to stdout. @returns the exit code. */
export function reportError(
  thrown: unknown,
  { json, color }: ReportOptions,
  surroundings: Surroundings,
): ExitCode {
  const { stdout, stderr, signal, env } = surroundings;
  const error = knownError(thrown);
  const document = (shown: object) => {
    if (json) stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
  };
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return ExitCode.done;
    document(errorDocument(fromCommander(error)));
    return ExitCode.usage;
  }
  if (error instanceof OperationError) {
    stderr.write(`${errorText(error, coloursFor(stderr, { color }, env))}\n`);
    document(errorDocument(error));
    if (signal.aborted) return ExitCode.interrupted;
    return error instanceof TimedOutError ? ExitCode.tryAgain : exitCodeOf(error.code);
  }
  if (signal.aborted) {
    stderr.write("Interrupted.\n");
    document({ error: { code: "aborted", message: "Interrupted.", problems: [], ways: [] } });
    return ExitCode.interrupted;
  }
  const message = error instanceof Error ? error.message : String(error);
  // Nobody has foreseen it: whoever mends it wants to know where it arose.
  stderr.write(`${printable(error instanceof Error ? (error.stack ?? message) : message)}\n`);
  document({ error: { code: "unexpected", message, problems: [], ways: [] } });
  return ExitCode.failed;
}
