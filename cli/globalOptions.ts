/** The options of every command, and what follows from them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import pc from "picocolors";
import { environmentOf } from "../environment/environmentOf.ts";
import { shortStackName } from "../naming/shortStackName.ts";
import type { Output, Surroundings, Target } from "./surroundings.ts";
import { UsageError } from "./usageError.ts";

export interface GlobalOptions {
  stack?: string;
  /** Name of an environment: all of its stacks. */
  env?: string;
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
    .option("--env <name>", "instead of the stack: all stacks of an environment; default: TENANT_EDGE_ENV")
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

const STACK_FILE = /^Pulumi\.(.+)\.yaml$/;

/** Names of the stacks that have a file, sorted; none when there is no such folder. */
export function stackNames(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((file) => STACK_FILE.exec(file)?.[1] ?? [])
    .sort();
}

const ENVIRONMENT_KEY = "tenant-edge:environment";

/** A file that cannot be read is of none here: whoever works with it tells why. */
function environmentOfFile(path: string): string | undefined {
  try {
    return environmentOf(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** The stacks that have a file, by their environment; each file is read, and its list not looked at. */
function byEnvironment(folder: string): Map<string | undefined, string[]> {
  const stacks = stackNames(folder).filter((stack) => STACK_NAME.test(stack));
  return Map.groupBy(stacks, (stack) => environmentOfFile(join(folder, `Pulumi.${stack}.yaml`)));
}

/** Names of the environments of the stack files, sorted. */
export function environmentNames(folder: string): string[] {
  return [...byEnvironment(folder).keys()].filter((name) => name !== undefined).sort();
}

/** Names of the stacks of an environment, sorted. */
export function stacksOfEnvironment(folder: string, environment: string): string[] {
  return byEnvironment(folder).get(environment) ?? [];
}

function filesThere(folder: string): string {
  const names = stackNames(folder);
  if (names.length === 0) return `${folder} has no stack file (Pulumi.<stack>.yaml).`;
  return `${folder} has ${names.map((name) => `Pulumi.${name}.yaml`).join(", ")}.`;
}

function environmentsThere(folder: string): string {
  const names = environmentNames(folder);
  if (names.length === 0) return `No stack file in ${folder} says its ${ENVIRONMENT_KEY}.`;
  return `The stack files in ${folder} are of ${names.join(", ")}.`;
}

/** @throws UsageError when it is no name of a stack, or when it has no file. */
function knownStack(stack: string, folder: string): string {
  const files = filesThere(folder);
  if (!STACK_NAME.test(stack)) {
    throw new UsageError(`${JSON.stringify(stack)} is no name of a stack.`, [
      "Name it as prod, or in full as organization/project/prod, in letters, digits and . _ -",
      files,
    ]);
  }
  if (!stackNames(folder).includes(shortStackName(stack)))
    throw new UsageError(`The stack ${stack} has no file here.`, [files]);
  return stack;
}

/** @throws UsageError when no stack file is of it. */
function knownEnvironment(environment: string, folder: string): string {
  if (environmentNames(folder).includes(environment)) return environment;
  throw new UsageError(`No stack is of the environment ${JSON.stringify(environment)}.`, [
    environmentsThere(folder),
    "A stack file says of which it is with tenant-edge:environment.",
  ]);
}

/** @throws UsageError when both are named in the same place. */
function refuseBoth(stack: string | undefined, environment: string | undefined, ways: string[]): void {
  if (stack === undefined || environment === undefined) return;
  throw new UsageError(`Both a stack (${stack}) and an environment (${environment}) are named.`, ways);
}

/**
 * The stack of `--stack` or TENANT_EDGE_STACK, for a command that works on one alone. The one that is selected in the
 * engine's workspace is not taken: it may have been selected long ago, for something else.
 *
 * @throws UsageError when none is named, when it is no name of a stack, or when it has no file.
 */
export function chosenStack(options: GlobalOptions, folder: string, env: NodeJS.ProcessEnv): string {
  const files = filesThere(folder);
  if (options.env !== undefined) {
    throw new UsageError("This command works on one stack, and an environment is named with --env.", [
      "Name a stack with --stack instead.",
      files,
    ]);
  }
  const stack = options.stack ?? (env["TENANT_EDGE_STACK"] || undefined);
  if (stack === undefined) {
    throw new UsageError("No stack is named.", ["Name one with --stack or TENANT_EDGE_STACK.", files]);
  }
  return knownStack(stack, folder);
}

/**
 * The environment of `--env` or TENANT_EDGE_ENV, for a command that works on all of its stacks.
 *
 * @throws UsageError when none is named, when a stack is named with `--stack`, or when no stack file is of it.
 */
export function chosenEnvironment(options: GlobalOptions, folder: string, env: NodeJS.ProcessEnv): string {
  if (options.stack !== undefined) {
    throw new UsageError(
      "This command works on all stacks of an environment, and a stack is named with --stack.",
      ["Name an environment with --env instead.", environmentsThere(folder)],
    );
  }
  const environment = options.env ?? (env["TENANT_EDGE_ENV"] || undefined);
  if (environment === undefined) {
    throw new UsageError("No environment is named.", [
      "Name one with --env or TENANT_EDGE_ENV.",
      environmentsThere(folder),
    ]);
  }
  return knownEnvironment(environment, folder);
}

/**
 * What to work on, for commands that work on one stack as on all of an environment. An option comes before what the
 * surroundings say.
 *
 * @throws UsageError when none is named, or both are; otherwise as for one alone.
 */
export function chosenTarget(options: GlobalOptions, folder: string, env: NodeJS.ProcessEnv): Target {
  const [stack, environment] = [env["TENANT_EDGE_STACK"] || undefined, env["TENANT_EDGE_ENV"] || undefined];
  refuseBoth(options.stack, options.env, ["Name one of them: --stack or --env."]);
  if (options.env !== undefined) return { environment: knownEnvironment(options.env, folder) };
  if (options.stack !== undefined) return { stack: knownStack(options.stack, folder) };
  refuseBoth(stack, environment, [
    "TENANT_EDGE_STACK and TENANT_EDGE_ENV are both set: name one of the two with --stack or --env, or set only one.",
  ]);
  if (environment !== undefined) return { environment: knownEnvironment(environment, folder) };
  if (stack !== undefined) return { stack: knownStack(stack, folder) };
  throw new UsageError("No stack is named, and no environment.", [
    "Name one with --stack or TENANT_EDGE_STACK.",
    "Or name an environment, for all of its stacks, with --env or TENANT_EDGE_ENV.",
    filesThere(folder),
    environmentsThere(folder),
  ]);
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
