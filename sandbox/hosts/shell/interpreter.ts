/** Runs shell scripts on a host: its files, its commands, the rights of the process. */
import type { Bash, Command, ResolvedCommandContext } from "just-bash";
import { awsCommand } from "../commands/aws.ts";
import { chgrpCommand, chownCommand } from "../commands/chown.ts";
import { curlCommand } from "../commands/curl.ts";
import { dateCommand } from "../commands/date.ts";
import { dnfCommand } from "../commands/dnf.ts";
import { killCommand } from "../commands/kill.ts";
import { sha256sumCommand } from "../commands/sha256sum.ts";
import { sleepCommand } from "../commands/sleep.ts";
import { systemctlCommand } from "../commands/systemctl.ts";
import type { CommandResult } from "../machine.ts";
import { binaryProgram } from "../programs/binary.ts";
import { ExitError, type Invocation } from "../programs/program.ts";
import { fail, type HostCommand } from "./command.ts";
import { BINARY_COMMAND, ShellFiles } from "./shellFiles.ts";

/** Programs of the image that are not the interpreter's own. */
const COMMANDS: Record<string, HostCommand> = {
  aws: awsCommand,
  chgrp: chgrpCommand,
  chown: chownCommand,
  curl: curlCommand,
  date: dateCommand,
  dnf: dnfCommand,
  kill: killCommand,
  sha256sum: sha256sumCommand,
  sleep: sleepCommand,
  systemctl: systemctlCommand,
  [BINARY_COMMAND]: runBinary,
};

/** What Amazon Linux has and the interpreter brings. */
const SHELL_COMMANDS = [
  ...["awk", "base64", "basename", "bash", "cat", "chmod", "cp", "cut", "dirname", "echo", "egrep", "env"],
  ...["expr", "false", "find", "grep", "gunzip", "gzip", "head", "hostname", "ls", "md5sum", "mkdir", "mv"],
  ...["paste", "printenv", "printf", "pwd", "readlink", "rev", "rm", "rmdir", "sed", "seq", "sh", "sort"],
  ...[
    "stat",
    "tail",
    "tar",
    "tee",
    "timeout",
    "touch",
    "tr",
    "true",
    "uniq",
    "wc",
    "which",
    "whoami",
    "xargs",
  ],
] as const;

export const SEARCH_PATH = [
  ...["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"],
] as const;

/** systemd's own, for services without one. */
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin";

/** A script may wait for an hour of the host's, which is never one of ours. */
const LIMITS = {
  maxExecutionTimeMs: 24 * 3_600_000,
  maxCommandCount: 10_000_000,
  maxLoopIterations: 1_000_000,
};

/** Whether `name` is a program of the image that the sandbox plays. */
export function isImageCommand(name: string): boolean {
  return Object.hasOwn(COMMANDS, name) || SHELL_COMMANDS.some((known) => known === name);
}

/** A compiled program that a script calls, which ends by itself. */
async function runBinary({ words, environment, invocation }: Parameters<HostCommand>[0]) {
  const [path = "", ...rest] = words;
  const file = invocation.machine.files.get(path);
  if (file?.binary === undefined) return fail(127, `bash: ${path}: No such file or directory`);
  const lines: string[] = [];
  try {
    await binaryProgram(
      path,
      file.binary,
      invocation.machine,
    )({
      ...invocation,
      arguments: rest,
      environment,
      log: (line) => lines.push(`${line}\n`),
      ready: () => {},
    });
    return { stdout: lines.join(""), stderr: "", exitCode: 0 };
  } catch (error) {
    if (!(error instanceof ExitError)) throw error;
    return { ...fail(1, error.message), stdout: lines.join("") };
  }
}

function adapt(name: string, command: HostCommand, invocation: Invocation): Command {
  return {
    name,
    async execute(words: string[], context: ResolvedCommandContext) {
      const { detail, ...result } = await command({
        words,
        stdin: String(context.stdin),
        environment: context.exportedEnv ?? Object.fromEntries(context.env),
        invocation,
        resolve: (path) => context.fs.resolvePath(context.cwd, path),
      });
      const trouble = detail ?? result.stderr.trim();
      if (result.exitCode !== 0 && trouble !== "") invocation.trouble(trouble);
      return { ...result, stdoutKind: "text" as const };
    },
  };
}

async function newShell(invocation: Invocation): Promise<Bash> {
  // Loaded when the first script runs: most commands of the sandbox run none.
  const { Bash } = await import("just-bash");
  const { machine, account, umask, mayWrite, environment } = invocation;
  return new Bash({
    fs: new ShellFiles(machine.files, { account, umask, mayWrite, isCommand: isImageCommand }),
    cwd: "/",
    env: { PATH: DEFAULT_PATH, HOME: account.user === "root" ? "/root" : "/", ...environment },
    commands: [...SHELL_COMMANDS],
    customCommands: Object.entries(COMMANDS).map(([name, command]) => adapt(name, command, invocation)),
    // It changes globals of the whole process, and the scripts are our own.
    defenseInDepth: false,
    executionLimits: LIMITS,
  });
}

/** One word for the shell, whatever is in it. */
export function quoteWord(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** What a text prints and returns, as `bash -c` takes it. */
export async function shellResult(invocation: Invocation, text: string): Promise<CommandResult> {
  const shell = await newShell(invocation);
  const { signal } = invocation;
  const { stdout, stderr, exitCode } = await shell.exec(text, { rawScript: true, signal });
  return { stdout, stderr, exitCode };
}

/** Logs what comes out. Throws ExitError when it ends with another status than 0. */
async function run(invocation: Invocation, text: string): Promise<void> {
  const { stdout, stderr, exitCode } = await shellResult(invocation, text);
  const lines = `${stderr}${stdout}`.split("\n").filter((line) => line.trim() !== "");
  for (const line of lines) invocation.log(line);
  if (exitCode === 0 || invocation.signal.aborted) return;
  throw new ExitError(lines.at(-1) ?? `status=${exitCode}`);
}

/** A script file or a program of the image, with its arguments. */
export function runCommandLine(invocation: Invocation, words: readonly string[]): Promise<void> {
  return run(invocation, `${words.map(quoteWord).join(" ")} 2>&1`);
}

/** A text, as `bash -c` takes it. */
export function runText(invocation: Invocation, text: string): Promise<void> {
  return run(invocation, text);
}
