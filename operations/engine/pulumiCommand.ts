/**
 * Runs the `pulumi` command line for the Automation API so that an update outlives this process.
 *
 * The API's own runner reads the engine's output through pipes: when the reader is killed, the engine dies of the broken
 * pipe in the middle of an update, and leaves things behind that no state knows. Here an update writes into a file: it
 * finishes what it began, and the next run goes on from there. What commands that only read print may be secrets, which
 * must not stay in a file when this process is killed: those are read through pipes.
 */
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { parse, type SemVer } from "semver";
import { ErrorCode, OperationError } from "../errors.ts";

const isPosix = process.platform !== "win32";
/** They change the stack; what they print is no secret. */
const OUTLIVING: ReadonlySet<string> = new Set(["up", "refresh", "destroy"]);
const VERSION_PATIENCE = 20_000;

/** A command of the engine that failed, with what it printed. Never shown as it is: see `updateFailed`. */
export class EngineCommandError extends Error {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;

  constructor(stdout: string, stderr: string, exitCode: number) {
    super(`the engine ended with exit code ${exitCode}`);
    this.name = "EngineCommandError";
    this.stdout = stdout;
    this.stderr = stderr;
    this.exitCode = exitCode;
  }
}

interface CommandResult {
  stdout: string;
  stderr: string;
  code: number;
}

/** In the place of the Automation API's `PulumiCommand`. */
export class DetachedPulumi {
  readonly command = "pulumi";
  readonly version: SemVer;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(version: SemVer, env: NodeJS.ProcessEnv) {
    this.version = version;
    this.#env = env;
  }

  /** The engine on the PATH of this environment. @throws OperationError not-set-up when there is none. */
  static async find(env: NodeJS.ProcessEnv): Promise<DetachedPulumi> {
    const { stdout, failed } = await execa("pulumi", ["version"], {
      env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "1" },
      extendEnv: false,
      stdin: "ignore",
      timeout: VERSION_PATIENCE,
      reject: false,
    });
    const version = failed ? null : parse(stdout.trim());
    if (version === null) {
      throw new OperationError(
        ErrorCode.NotSetUp,
        "there is no Pulumi engine on the PATH, or it does not run",
        {
          ways: [
            "install it as https://www.pulumi.com/docs/install/ says, or try things in the sandbox: npm run tenant-edge",
            "tenant-edge doctor says what else is missing",
          ],
        },
      );
    }
    return new DetachedPulumi(version, env);
  }

  /**
   * Called by the Automation API. An aborted signal is one interrupt: the engine finishes what is under way and stops.
   * @throws EngineCommandError
   */
  async run(
    args: string[],
    cwd: string,
    env: Record<string, string>,
    _onOutput?: (text: string) => void,
    _onError?: (text: string) => void,
    signal?: AbortSignal,
  ): Promise<CommandResult> {
    signal?.throwIfAborted();
    const whole = [...args, "--non-interactive"];
    if (!OUTLIVING.has(args[0] ?? "")) return await this.#pipe(whole, cwd, env, signal);
    const folder = mkdtempSync(join(tmpdir(), "tenant-edge-engine-"));
    const [stdout, stderr] = [join(folder, "stdout"), join(folder, "stderr")];
    try {
      const code = await this.#spawn(whole, cwd, env, [stdout, stderr], signal);
      const result = { stdout: readFileSync(stdout, "utf8"), stderr: readFileSync(stderr, "utf8"), code };
      if (code !== 0) throw new EngineCommandError(result.stdout, result.stderr, code);
      return result;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  async #pipe(
    args: string[],
    cwd: string,
    env: Record<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<CommandResult> {
    const child = execa(this.command, args, {
      cwd,
      env: { ...this.#env, PULUMI_AUTOMATION_API: "true", ...env },
      extendEnv: false,
      stdin: "ignore",
      reject: false,
      // A Ctrl-C in the terminal is passed on by the signal, once.
      detached: isPosix,
    });
    const interrupt = () => child.kill("SIGINT");
    signal?.addEventListener("abort", interrupt, { once: true });
    try {
      const { stdout, stderr, exitCode = -1 } = await child;
      if (exitCode !== 0) throw new EngineCommandError(stdout, stderr, exitCode);
      return { stdout, stderr, code: exitCode };
    } finally {
      signal?.removeEventListener("abort", interrupt);
    }
  }

  #spawn(
    args: string[],
    cwd: string,
    env: Record<string, string>,
    files: [string, string],
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const [out, err] = files.map((file) => openSync(file, "w", 0o600));
    const child = spawn(this.command, args, {
      cwd,
      env: { ...this.#env, PULUMI_AUTOMATION_API: "true", ...env },
      stdio: ["ignore", out, err],
      detached: isPosix,
    });
    for (const file of [out, err]) if (file !== undefined) closeSync(file);
    const interrupt = () => child.kill("SIGINT");
    signal?.addEventListener("abort", interrupt, { once: true });
    return new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => resolve(code ?? -1));
    }).finally(() => signal?.removeEventListener("abort", interrupt));
  }
}
