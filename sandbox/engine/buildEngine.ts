/** The third way to an engine: built from the Go module that `go.mod` beside this file pins. Takes minutes, once. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { coerce, gte } from "semver";
import {
  describeEngine,
  type Engine,
  EngineSource,
  executableName,
  inspectEngine,
  PINNED_VERSION,
} from "./engine.ts";
import { findExecutable } from "./findExecutable.ts";
import { GROUP_LEADER, signalGroup, trackGroup } from "./processGroup.ts";
import { EngineStep, type ReportProgress, StepReporter } from "./progress.ts";
import { workFolder } from "./workFolder.ts";

export interface BuildOptions {
  /** Cache folder of the release. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly report: ReportProgress;
  readonly signal?: AbortSignal | undefined;
}

const MODULE_FOLDER = import.meta.dirname;
const CLI_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
const TAGS = "osusergo,grpcnotrace";
const LINKER_FLAGS = `-w -s -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${PINNED_VERSION}`;

const builtCommand = (folder: string): string => join(folder, "built", executableName("pulumi"));

/** The engine that an earlier run built. It has run once, before it was kept. */
export function builtEngine(folder: string, env: NodeJS.ProcessEnv): Engine | undefined {
  const command = builtCommand(folder);
  return existsSync(command) ? describeEngine(command, PINNED_VERSION, EngineSource.Go, env) : undefined;
}

/**
 * Builds the engine. The caller holds the lock of the folder. Module checksums are verified against go.sum, which a
 * build never changes. Rejects with the reason when there is no suitable `go` or the build fails.
 */
export async function buildEngine(options: BuildOptions): Promise<Engine> {
  const { folder, env } = options;
  const go = findExecutable("go", env);
  if (go === undefined) throw new Error("there is no `go` on the PATH");
  await checkGoVersion(go, options);

  const packages = await downloadModules(go, options);
  const work = workFolder(folder);
  try {
    const built = join(work, executableName("pulumi"));
    await compile(go, built, packages, options);
    await inspectEngine(built, EngineSource.Go, env);
    const target = builtCommand(folder);
    mkdirSync(dirname(target), { recursive: true });
    renameSync(built, target);
    return describeEngine(target, PINNED_VERSION, EngineSource.Go, env);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Refuses a `go` that is too old and may not fetch a newer toolchain by itself. */
async function checkGoVersion(go: string, options: BuildOptions): Promise<void> {
  const required = coerce(/^go (\S+)$/m.exec(readFileSync(join(MODULE_FOLDER, "go.mod"), "utf8"))?.[1] ?? "");
  const answer = await runGo(go, ["env", "GOVERSION", "GOTOOLCHAIN"], options);
  const [versionLine = "", toolchain = ""] = answer.stdout.split("\n");
  const found = coerce(versionLine);
  if (required === null || found === null)
    throw new Error(`${go} did not tell its version: ${answer.stdout}`);
  // From 1.21 on `go` fetches the toolchain that go.mod asks for, unless it is told to be content with itself.
  const fetchesToolchain = gte(found, "1.21.0") && toolchain !== "local" && toolchain !== "path";
  if (!gte(found, required) && !fetchesToolchain) {
    throw new Error(`${go} is ${found.version}, and the build needs ${required.version}`);
  }
}

/** Fetches the modules and counts the packages that the build consists of. */
async function downloadModules(go: string, options: BuildOptions): Promise<number> {
  const step = new StepReporter(options.report, EngineStep.Download, "Go modules of the engine");
  let modules = 0;
  try {
    const { stdout } = await runGo(
      go,
      ["list", "-mod=readonly", "-tags", TAGS, "-deps", CLI_PACKAGE],
      options,
      (line) => {
        const module = /^go: downloading (\S+) (\S+)/.exec(line);
        if (module === null) return;
        modules += 1;
        step.update(`Go modules of the engine: ${modules} so far, now ${module[1]} ${module[2]}`);
      },
    );
    return stdout.split("\n").filter((line) => line !== "").length;
  } finally {
    step.end();
  }
}

async function compile(go: string, output: string, packages: number, options: BuildOptions): Promise<void> {
  const step = new StepReporter(
    options.report,
    EngineStep.Compile,
    `engine ${PINNED_VERSION}: ${packages} Go packages; takes some minutes, once per machine`,
  );
  let compiled = 0;
  try {
    await runGo(
      go,
      ["build", "-v", "-mod=readonly", "-tags", TAGS, "-ldflags", LINKER_FLAGS, "-o", output, CLI_PACKAGE],
      options,
      (line) => {
        if (!/^[\w.~-]+(\/[\w.~-]+)*$/.test(line)) return;
        compiled += 1;
        step.update(
          line === CLI_PACKAGE
            ? `engine ${PINNED_VERSION}: linking`
            : `engine ${PINNED_VERSION}: ${compiled} of at most ${packages} packages, now ${line}`,
        );
      },
    );
  } finally {
    step.end();
  }
}

async function runGo(
  go: string,
  args: readonly string[],
  options: BuildOptions,
  onErrorLine: (line: string) => void = () => {},
): Promise<{ stdout: string }> {
  const { env, signal } = options;
  signal?.throwIfAborted();
  const child = execa(go, args, {
    ...GROUP_LEADER,
    cwd: MODULE_FOLDER,
    // A workspace file in a folder above would bring other versions.
    env: { ...env, CGO_ENABLED: "0", GOWORK: "off" },
    extendEnv: false,
    stdin: "ignore",
    reject: false,
  });
  trackGroup(child);
  const end = () => signalGroup(child.pid, "SIGKILL");
  signal?.addEventListener("abort", end, { once: true });
  createInterface({ input: child.stderr }).on("line", onErrorLine);
  const result = await child;
  signal?.removeEventListener("abort", end);
  signal?.throwIfAborted();
  if (result.failed)
    throw new Error(`\`go ${args[0]}\` failed: ${explain(result.stderr) || result.shortMessage}`);
  return { stdout: result.stdout };
}

/** The last lines of what `go` said, without the names of what it fetched and compiled before. */
function explain(stderr: string): string {
  const lines = stderr
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("go: downloading "));
  return lines.slice(-5).join("; ");
}
