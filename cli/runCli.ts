/** The command `tenant-edge`, from its arguments to its exit code. */
import { ExitCode } from "./exitCodes.ts";
import { makeProgram } from "./program.ts";
import { reportError } from "./reportError.ts";
import type { Surroundings } from "./surroundings.ts";

/** @param args without the names of Node and of the command. */
export async function runCli(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.done;
  const program = makeProgram(surroundings, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    // The arguments may be what is wrong: they are looked at as they stand.
    return reportError(
      error,
      { json: args.includes("--json"), color: !args.includes("--no-color") },
      surroundings,
    );
  }
}
