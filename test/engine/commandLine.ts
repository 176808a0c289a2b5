/** Runs the project's commands as a user does: as processes, in a sandbox folder of the test's own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { onTestFinished } from "vitest";

export const CHECKOUT = resolve(import.meta.dirname, "../..");

/** A command line that starts one of the project's commands. */
export const commandFile = (name: string): string => join(CHECKOUT, "sandbox/commands", `${name}.ts`);

export interface CommandResult {
  exitCode: number | null;
  /** stdout and stderr as they came. */
  output: string;
}

export interface RunningCommand {
  readonly process: ChildProcess;
  /** Resolves when the output has a match. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  ended: Promise<CommandResult>;
}

export interface CommandLine {
  readonly folder: string;
  start(command: string, ...args: string[]): RunningCommand;
  run(command: string, ...args: string[]): Promise<CommandResult>;
  /** A line for the shell, as README has it. */
  shell(line: string): Promise<CommandResult>;
  /** Command lines of processes that belong to this sandbox. Linux only: empty elsewhere. */
  processes(): string[];
}

/**
 * A sandbox folder and what runs on it; both are gone when the test is finished.
 *
 * @param checkout whose stack files are used. Default: this repository.
 */
export function commandLine({ checkout = CHECKOUT } = {}): CommandLine {
  const folder = mkdtempSync(join(tmpdir(), "tenant-edge-commands-"));
  const env = {
    ...process.env,
    TENANT_EDGE_SANDBOX: folder,
    TENANT_EDGE_CHECKOUT: checkout,
    CI: "true",
    FORCE_COLOR: "0",
  };
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));

  function follow(child: ChildProcess): RunningCommand {
    onTestFinished(() => void child.kill("SIGKILL"));
    let output = "";
    const listeners = new Set<() => void>();
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        for (const listener of listeners) listener();
      });
    }
    const ended = once(child, "close").then(([exitCode]) => ({
      exitCode: exitCode as number | null,
      output,
    }));
    const printed = (pattern: RegExp) =>
      new Promise<RegExpExecArray>((found, failed) => {
        const look = () => {
          const match = pattern.exec(output);
          if (match === null) return;
          listeners.delete(look);
          found(match);
        };
        listeners.add(look);
        void ended.then(() => failed(new Error(`the command ended without ${pattern}:\n${output}`)));
        look();
      });
    return { process: child, printed, ended };
  }

  const start: CommandLine["start"] = (command, ...args) =>
    follow(
      spawn(process.execPath, [commandFile(command), ...args], {
        cwd: CHECKOUT,
        env,
        stdio: ["ignore", "pipe", "pipe"],
      }),
    );

  return {
    folder,
    start,
    run: (command, ...args) => start(command, ...args).ended,
    shell: (line) =>
      follow(spawn(line, { cwd: CHECKOUT, env, shell: true, stdio: ["ignore", "pipe", "pipe"] })).ended,
    processes: () =>
      process.platform === "linux"
        ? readdirSync("/proc")
            .filter((pid) => /^\d+$/.test(pid))
            .flatMap((pid) => own(pid, folder))
        : [],
  };
}

/** The command line of a process that has the folder in its environment or arguments. */
function own(pid: string, folder: string): string[] {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
    return command !== "" && (command.includes(folder) || environment.includes(folder))
      ? [`${pid}: ${command}`]
      : [];
  } catch {
    // It has just ended.
    return [];
  }
}
