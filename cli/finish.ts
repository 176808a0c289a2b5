import type { ExitCode } from "./exitCodes.ts";

/** Takes the exit code of a command that did not throw. */
export type Finish = (exitCode: ExitCode) => void;
