/** As much of the `pulumi` command line as the sandbox has to understand. */
import { resolve } from "node:path";

export interface CommandLine {
  /** The command and its subcommand: `["stack", "select"]`; empty for `pulumi --version`. */
  readonly words: readonly string[];
  /** The value of `--stack` or `-s`. */
  readonly stack: string | undefined;
  /** Whether another folder is asked for by `--cwd` or `-C`. */
  readonly hasOtherFolder: boolean;
  readonly asksForHelp: boolean;
}

/** Global options that take the next argument as their value, as they may stand before the command. */
const OPTIONS_WITH_VALUE = new Set([
  "--color",
  "--cwd",
  "-C",
  "--memprofilerate",
  "--otel-traces",
  "--profiling",
  "--stack",
  "-s",
  "--tracing",
  "--verbose",
  "-v",
]);

/** Reads the arguments of a `pulumi` command. What follows `--` belongs to the command itself. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const end = args.indexOf("--");
  const own = end === -1 ? args : args.slice(0, end);
  const words: string[] = [];
  for (let index = 0; index < own.length; index += 1) {
    const argument = own[index] ?? "";
    if (OPTIONS_WITH_VALUE.has(argument)) index += 1;
    else if (!argument.startsWith("-")) words.push(argument);
  }
  return {
    words,
    stack: optionValue(own, "--stack", "-s"),
    hasOtherFolder: optionValue(own, "--cwd", "-C") !== undefined,
    asksForHelp: own.includes("--help") || own.includes("-h"),
  };
}

/** The value of an option in any of its spellings: `--stack x`, `--stack=x`, `-s x`, `-sx`, `-s=x`. */
function optionValue(args: readonly string[], long: string, short: string): string | undefined {
  for (const [index, argument] of args.entries()) {
    if (argument === long || argument === short) return args[index + 1] ?? "";
    if (argument.startsWith(`${long}=`)) return argument.slice(long.length + 1);
    if (/^-\w/.test(argument) && argument.startsWith(short))
      return argument.slice(short.length).replace(/^=/, "");
  }
  return undefined;
}

/** Options whose values are files or folders of the user's. */
const OPTIONS_WITH_PATH = ["--policy-pack", "--policy-pack-config"];

/** The same arguments with those paths made absolute: the engine runs in another folder than the user. */
export function withAbsolutePaths(args: readonly string[], folder: string): string[] {
  return args.map((argument, index) => {
    const before = args[index - 1];
    if (before !== undefined && OPTIONS_WITH_PATH.includes(before)) return resolve(folder, argument);
    const option = OPTIONS_WITH_PATH.find((name) => argument.startsWith(`${name}=`));
    return option === undefined
      ? argument
      : `${option}=${resolve(folder, argument.slice(option.length + 1))}`;
  });
}
