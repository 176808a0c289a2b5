/**
 * The stack that a command of the sandbox works on when the user names none.
 *
 * The default stack is selected as the CLI itself does it, once: from then on `stack select` of the user decides,
 * and no argument is put into the user's command.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { parse } from "yaml";
import { readCommandLine } from "./commandLine.ts";
import type { Engine } from "./engine.ts";

export const DEFAULT_STACK = "staging";

/** Commands that work on a stack, with their aliases. */
const STACK_COMMANDS = new Set([
  "about",
  "cancel",
  "config",
  "console",
  "cons",
  "destroy",
  "down",
  "dn",
  "history",
  "hist",
  "import",
  "logs",
  "log",
  "preview",
  "pre",
  "refresh",
  "ref",
  "stack",
  "state",
  "up",
  "update",
  "watch",
]);

/** Subcommands of those that need no stack, or make or choose one themselves. */
const WITHOUT_STACK = new Set([
  "stack init",
  "stack ls",
  "stack list",
  "stack rm",
  "stack remove",
  "stack select",
  "stack unselect",
  "config env",
]);

export interface StackOptions {
  /** The prepared project. */
  readonly cwd: string;
  /** Of the engine; see `engineEnvironment`. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** Whether a command works on a stack, as far as its arguments tell. */
export function needsStack(args: readonly string[]): boolean {
  const { words, asksForHelp } = readCommandLine(args);
  const [command, subcommand] = words;
  if (asksForHelp || command === undefined || !STACK_COMMANDS.has(command)) return false;
  return !WITHOUT_STACK.has(`${command} ${subcommand}`);
}

/**
 * Makes the stack that a command needs, on its first use: the default one when the user has neither named nor
 * selected a stack, and a named one when the repository has a file for it (so that a mistyped name is refused).
 * Rejects with the engine's own words when that fails.
 */
export async function ensureStack(
  engine: Engine,
  args: readonly string[],
  options: StackOptions,
): Promise<void> {
  if (!needsStack(args)) return;
  const { stack } = readCommandLine(args);
  if (stack === undefined) {
    if (selectedStack(options.cwd, options.env.PULUMI_HOME ?? "") === undefined)
      await pulumiStack(engine, ["select", "--create", DEFAULT_STACK], options);
  } else if (existsSync(join(options.cwd, `Pulumi.${stack}.yaml`)) && !hasState(stack, options)) {
    await pulumiStack(engine, ["init", "--no-select", stack], options);
  }
}

async function pulumiStack(engine: Engine, args: readonly string[], options: StackOptions): Promise<void> {
  const { cwd, env, signal } = options;
  const { failed, stderr, shortMessage } = await execa(
    engine.command,
    ["stack", ...args, "--non-interactive"],
    {
      cwd,
      env,
      extendEnv: false,
      stdin: "ignore",
      reject: false,
      ...(signal === undefined ? {} : { cancelSignal: signal }),
    },
  );
  signal?.throwIfAborted();
  if (failed) throw new Error(`\`pulumi stack ${args.join(" ")}\` failed: ${stderr.trim() || shortMessage}`);
}

/** The stack of this project that the engine's settings name as selected. @param home the engine's `PULUMI_HOME`. */
export function selectedStack(cwd: string, home: string): string | undefined {
  const workspaces = join(home, "workspaces");
  if (!existsSync(workspaces)) return undefined;
  const own = `${projectName(cwd)}-`;
  return readdirSync(workspaces)
    .filter((file) => file.startsWith(own) && file.endsWith("-workspace.json"))
    .map((file) => (JSON.parse(readFileSync(join(workspaces, file), "utf8")) as { stack?: string }).stack)
    .find((stack) => stack !== undefined && stack !== "");
}

/** Whether the file backend has a state of this stack. */
function hasState(stack: string, { cwd, env }: StackOptions): boolean {
  const stacks = join(fileURLToPath(env.PULUMI_BACKEND_URL ?? ""), ".pulumi", "stacks", projectName(cwd));
  return existsSync(join(stacks, `${stack}.json`));
}

function projectName(cwd: string): string {
  return (parse(readFileSync(join(cwd, "Pulumi.yaml"), "utf8")) as { name: string }).name;
}
