/** Runs the `pulumi` command line for a user or a program, to an end that leaves no process behind. */
import { constants } from "node:os";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { UserError } from "../userError.ts";
import { readCommandLine, withAbsolutePaths } from "./commandLine.ts";
import { ensureStack } from "./defaultStack.ts";
import type { Engine } from "./engine.ts";
import { GROUP_LEADER, signalGroup, trackGroup } from "./processGroup.ts";

export interface RunPulumiOptions {
  /** The prepared project. */
  readonly cwd: string;
  /** Of the engine; see `engineEnvironment`. */
  readonly env: Readonly<Record<string, string>>;
  /** `inherit` gives the command the user's terminal; `pipe` collects what it prints. Default `inherit`. */
  readonly stdio?: "inherit" | "pipe";
  /** Called with each line while it runs, with `pipe`. */
  readonly onLine?: (line: string) => void;
  /** Aborting it is like a first Ctrl-C: the engine finishes what is under way and stops. */
  readonly signal?: AbortSignal | undefined;
}

export interface PulumiResult {
  /** As a shell counts: 128 + the signal's number for a command that was ended by a signal. */
  readonly exitCode: number;
  /** Empty with `inherit`. */
  readonly stdout: string;
  /** Empty with `inherit`. */
  readonly stderr: string;
}

/** The user's arguments would lead out of the sandbox. */
export class SandboxArgumentError extends UserError {
  override readonly name = "SandboxArgumentError";
}

interface Interruptible {
  readonly pid?: number | undefined;
  kill(signal: NodeJS.Signals): boolean;
}

const INTERRUPTS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * One Ctrl-C arrives several times: from the terminal, and again from npm, which passes it on. What follows within
 * this many milliseconds is the same one.
 */
const SAME_INTERRUPT = 500;

/** A shell adds the number of the signal to this for the exit code of a command that was ended by it. */
const SIGNAL_BASE = 128;

/**
 * Runs a command on the prepared project, on the default stack unless the user has chosen one.
 *
 * While it runs, the first interrupt of this process asks the engine to stop gracefully, the second to stop at once,
 * and the third ends it. Rejects only when the command cannot be run at all.
 */
export async function runPulumi(
  engine: Engine,
  args: readonly string[],
  options: RunPulumiOptions,
): Promise<PulumiResult> {
  const { cwd, env, stdio = "inherit", onLine, signal } = options;
  if (readCommandLine(args).hasOtherFolder) {
    throw new SandboxArgumentError(
      "--cwd (-C) does not work here: the sandbox runs the program of this repository on copies of its stack files",
    );
  }
  const [command = ""] = readCommandLine(args).words;
  if (command === "login" || command === "logout") {
    throw new SandboxArgumentError(
      `${command} does not work here: the sandbox keeps its stacks in a folder of its own and leaves your Pulumi settings alone`,
    );
  }
  await ensureStack(engine, args, options);
  signal?.throwIfAborted();

  const child = execa(engine.command, withAbsolutePaths(args, process.cwd()), {
    ...GROUP_LEADER,
    cwd,
    env,
    extendEnv: false,
    stdin: stdio === "inherit" ? "inherit" : "ignore",
    stdout: stdio,
    stderr: stdio,
    reject: false,
  });
  trackGroup(child, "SIGTERM");
  if (onLine !== undefined) {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on("line", onLine);
    }
  }
  const stopListening = passInterrupts(child, signal);
  try {
    const result = await child;
    if (result.exitCode === undefined && result.signal === undefined) throw new Error(result.shortMessage);
    const ended = result.signal === undefined ? 0 : constants.signals[result.signal];
    return {
      exitCode: result.exitCode ?? SIGNAL_BASE + ended,
      stdout: result.stdout ?? "",
      stderr: result.stderr ?? "",
    };
  } finally {
    stopListening();
  }
}

/** Turns interrupts of this process into interrupts of the child: one for one. */
function passInterrupts(child: Interruptible, signal: AbortSignal | undefined): () => void {
  let interrupts = 0;
  let last = Number.NEGATIVE_INFINITY;
  const interrupt = () => {
    if (performance.now() - last < SAME_INTERRUPT) return;
    last = performance.now();
    interrupts += 1;
    if (interrupts > 2) signalGroup(child.pid, "SIGKILL");
    // A Windows console interrupts all its processes by itself, and there is no other way to interrupt one.
    else if (process.platform !== "win32") child.kill("SIGINT");
  };
  const resize = () => child.kill("SIGWINCH");
  for (const name of INTERRUPTS) process.on(name, interrupt);
  process.on("SIGWINCH", resize);
  signal?.addEventListener("abort", interrupt, { once: true });
  return () => {
    for (const name of INTERRUPTS) process.off(name, interrupt);
    process.off("SIGWINCH", resize);
    signal?.removeEventListener("abort", interrupt);
  };
}
