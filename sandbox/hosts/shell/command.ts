/** A program of the image that scripts call, and that ends by itself. */
import type { CommandResult } from "../machine.ts";
import type { Invocation } from "../programs/program.ts";

export interface CommandInput {
  words: readonly string[];
  /** Standard input, one character for each byte. */
  stdin: string;
  /** Exported variables. */
  environment: Readonly<Record<string, string>>;
  /** Of the unit's process that the script belongs to. */
  invocation: Invocation;
  /** Makes a path absolute. */
  resolve(path: string): string;
}

export type HostCommand = (input: CommandInput) => Promise<CommandResult>;

export function succeed(stdout = ""): CommandResult {
  return { stdout, stderr: "", exitCode: 0 };
}

/** @param message without the new line at its end */
export function fail(exitCode: number, message: string): CommandResult {
  return { stdout: "", stderr: message === "" ? "" : `${message}\n`, exitCode };
}
