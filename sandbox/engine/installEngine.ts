/**
 * The second way to an engine: the official release, into the cache folder.
 *
 * On a network that reaches package registries only, this cannot work and must not cost minutes. So the time is
 * bounded by progress: an attempt that brings no new bytes for a while is over, one that goes on may take as long as
 * it needs; and what has failed once is not tried again for the same release on the same machine.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { writeFileAtomically } from "../writeFileAtomically.ts";
import {
  describeEngine,
  type Engine,
  EngineSource,
  executableName,
  inspectEngine,
  PINNED_VERSION,
} from "./engine.ts";
import { GROUP_LEADER, signalGroup, trackGroup } from "./processGroup.ts";
import { EngineStep, type ReportProgress, StepReporter } from "./progress.ts";
import { workFolder } from "./workFolder.ts";

export interface InstallOptions {
  /** Cache folder of the release. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly report: ReportProgress;
  readonly signal?: AbortSignal | undefined;
  /** The installer; called with the folder to install into and the version. */
  readonly installer?: readonly [string, ...string[]];
  /** Milliseconds without a new byte after which the installer is ended. Default 20,000. */
  readonly stallTime?: number;
}

interface FailedAttempt {
  readonly at: string;
  readonly reason: string;
}

const OFFICIAL_INSTALLER = [process.execPath, join(import.meta.dirname, "officialInstaller.ts")] as const;

const COMMAND = join("bin", executableName("pulumi"));

const installedCommand = (folder: string): string => join(folder, "installed", COMMAND);

const attemptFile = (folder: string): string => join(folder, "installer-failed.json");

/** The release that an earlier run installed. It has run once, before it was kept. */
export function installedEngine(folder: string, env: NodeJS.ProcessEnv): Engine | undefined {
  const command = installedCommand(folder);
  return existsSync(command)
    ? describeEngine(command, PINNED_VERSION, EngineSource.Installer, env)
    : undefined;
}

/** Why the installer is not to be tried; undefined when it is. */
export function earlierFailure(folder: string, env: NodeJS.ProcessEnv): string | undefined {
  if (env.TENANT_EDGE_RETRY_INSTALL === "1") return undefined;
  try {
    const { at, reason } = JSON.parse(readFileSync(attemptFile(folder), "utf8")) as FailedAttempt;
    return `failed at ${at} and is not tried again (TENANT_EDGE_RETRY_INSTALL=1 tries it): ${reason}`;
  } catch {
    return undefined;
  }
}

/** Installs the official release. The caller holds the lock of the folder. Rejects with the reason when it fails. */
export async function installEngine(options: InstallOptions): Promise<Engine> {
  const { folder, env, signal } = options;
  const step = new StepReporter(options.report, EngineStep.Install, `official release ${PINNED_VERSION}`);
  const work = workFolder(folder);
  try {
    await runInstaller(work, options, step);
    await inspectEngine(join(work, "root", COMMAND), EngineSource.Installer, env);
    const installed = join(folder, "installed");
    rmSync(installed, { recursive: true, force: true });
    renameSync(join(work, "root"), installed);
    rmSync(attemptFile(folder), { force: true });
    return describeEngine(installedCommand(folder), PINNED_VERSION, EngineSource.Installer, env);
  } catch (error) {
    // An interrupted attempt says nothing about the network.
    if (signal?.aborted !== true) noteFailure(folder, error);
    throw error;
  } finally {
    step.end();
    rmSync(work, { recursive: true, force: true });
  }
}

async function runInstaller(work: string, options: InstallOptions, step: StepReporter): Promise<void> {
  const { env, signal, installer = OFFICIAL_INSTALLER, stallTime = 20_000 } = options;
  signal?.throwIfAborted();
  const root = join(work, "root");
  const downloads = join(work, "downloads");
  mkdirSync(downloads);
  const [command, ...args] = installer;
  const child = execa(command, [...args, root, PINNED_VERSION], {
    ...GROUP_LEADER,
    env: { ...env, TMPDIR: downloads, TEMP: downloads, TMP: downloads },
    extendEnv: false,
    stdin: "ignore",
    reject: false,
  });
  trackGroup(child);
  const end = () => signalGroup(child.pid, "SIGKILL");
  signal?.addEventListener("abort", end, { once: true });
  const finished = new AbortController();
  const watch = watchGrowth(work, stallTime, finished.signal, end, (bytes) =>
    step.update(`official release ${PINNED_VERSION}: ${(bytes / 1e6).toFixed(0)} MB fetched`),
  );
  const result = await child;
  finished.abort();
  const stalled = await watch;
  signal?.removeEventListener("abort", end);
  signal?.throwIfAborted();
  if (stalled) throw new Error(`nothing arrived within ${stallTime / 1000} s`);
  if (result.failed) throw new Error(lastLine(result.stderr) ?? result.shortMessage);
}

/** Calls `end` and resolves to true when a folder has not grown for `stallTime` milliseconds. */
async function watchGrowth(
  folder: string,
  stallTime: number,
  finished: AbortSignal,
  end: () => void,
  onGrowth: (bytes: number) => void,
): Promise<boolean> {
  let size = folderSize(folder);
  let grewAt = performance.now();
  while (!finished.aborted) {
    await delay(Math.min(500, stallTime / 4), undefined, { signal: finished }).catch(() => {});
    const now = folderSize(folder);
    if (now !== size) {
      size = now;
      grewAt = performance.now();
      onGrowth(size);
    } else if (!finished.aborted && performance.now() - grewAt > stallTime) {
      end();
      return true;
    }
  }
  return false;
}

/** Bytes of all files under a folder; what vanishes meanwhile counts nothing. */
function folderSize(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

function noteFailure(folder: string, error: unknown): void {
  const attempt: FailedAttempt = {
    at: new Date().toISOString(),
    reason: error instanceof Error ? error.message : String(error),
  };
  writeFileAtomically(attemptFile(folder), `${JSON.stringify(attempt)}\n`);
}

function lastLine(text: unknown): string | undefined {
  if (typeof text !== "string") return undefined;
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .at(-1);
}
