/** The options of every command, and what follows from them. */
import { existsSync, readdirSync } from "node:fs";
import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import pc from "picocolors";
import type { Output, Surroundings } from "./surroundings.ts";
import { UsageError } from "./usageError.ts";

export interface GlobalOptions {
  stack?: string;
  cwd?: string;
  json?: true;
  actor?: string;
  /** Seconds. */
  timeout?: number;
  color: boolean;
}

/** Longer than any operation takes, and short enough for a timer. */
const LONGEST_TIMEOUT_SECONDS = 86_400;

function seconds(value: string): number {
  const number = Number(value);
  if (number > 0 && number <= LONGEST_TIMEOUT_SECONDS) return number;
  throw new InvalidArgumentError(`It has to be a number of seconds, up to ${LONGEST_TIMEOUT_SECONDS}.`);
}

export function addGlobalOptions(program: Command): Command {
  return program
    .option("--stack <name>", "the stack to work on; default: TENANT_EDGE_STACK")
    .option("--cwd <folder>", "the project's folder; default: this one")
    .option("--json", "print one JSON document to stdout from every operation, also when it fails")
    .option("--actor <name>", "who asks, for the audit; default: TENANT_EDGE_ACTOR, else your user name")
    .option("--timeout <seconds>", "stop at the next safe point after so long", seconds)
    .option("--no-color", "no colours; NO_COLOR does the same");
}

/** The folder with Pulumi.yaml. @throws UsageError when it has none. */
export function projectFolder({ cwd }: GlobalOptions, { directory }: Surroundings): string {
  const folder = resolve(directory, cwd ?? ".");
  if (existsSync(join(folder, "Pulumi.yaml"))) return folder;
  throw new UsageError(`${folder} has no Pulumi.yaml.`, [
    "Go to the project's folder, or name it with --cwd.",
  ]);
}

/** Of the last part, or in full: <organization>/<project>/<stack>. No part is `..`: it is no path. */
const STACK_NAME = /^(?:[\w-][\w.-]*\/){0,2}[\w-][\w.-]*$/;

/** The part of a stack's name that its file is called after. */
export function shortName(stack: string): string {
  return stack.slice(stack.lastIndexOf("/") + 1);
}

const STACK_FILE = /^Pulumi\.(.+)\.yaml$/;

/** Names of the stacks that have a file, sorted; none when there is no such folder. */
export function stackNames(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((file) => STACK_FILE.exec(file)?.[1] ?? [])
    .sort();
}

/**
 * The stack of `--stack` or TENANT_EDGE_STACK. The one that is selected in the engine's workspace is not taken: it may
 * have been selected long ago, for something else.
 *
 * @throws UsageError when none is named, when it is no name of a stack, or when it has no file.
 */
export function chosenStack(options: GlobalOptions, folder: string, env: NodeJS.ProcessEnv): string {
  const stack = options.stack ?? (env["TENANT_EDGE_STACK"] || undefined);
  const names = stackNames(folder);
  const files =
    names.length === 0
      ? `${folder} has no stack file (Pulumi.<stack>.yaml).`
      : `${folder} has ${names.map((name) => `Pulumi.${name}.yaml`).join(", ")}.`;
  if (stack === undefined) {
    throw new UsageError("No stack is named.", ["Name one with --stack or TENANT_EDGE_STACK.", files]);
  }
  if (!STACK_NAME.test(stack)) {
    throw new UsageError(`${JSON.stringify(stack)} is no name of a stack.`, [
      "Name it as prod, or in full as organization/project/prod, in letters, digits and . _ -",
      files,
    ]);
  }
  if (!names.includes(shortName(stack)))
    throw new UsageError(`The stack ${stack} has no file here.`, [files]);
  return stack;
}

export function actorOf({ actor }: GlobalOptions, env: NodeJS.ProcessEnv): string {
  const named = actor ?? env["TENANT_EDGE_ACTOR"];
  if (named !== undefined && named !== "") return named;
  try {
    return userInfo().username;
  } catch {
    // In a container the user may have a number and no name.
    return `user ${process.getuid?.() ?? "unknown"}`;
  }
}

export type Colours = ReturnType<typeof pc.createColors>;

/** Colours for a stream, where it is a terminal and nobody has switched them off. See https://no-color.org. */
export function coloursFor(output: Output, { color }: GlobalOptions, env: NodeJS.ProcessEnv): Colours {
  return pc.createColors(output.isTTY === true && color && !env["NO_COLOR"]);
}
