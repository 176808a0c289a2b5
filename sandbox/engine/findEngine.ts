/**
 * Finds a Pulumi engine for the sandbox: the one on the PATH, else the official release from its installer, else one
 * built from the pinned Go module. The last two are kept in the user's cache.
 */
import { join } from "node:path";
import { type FileLock, waitForLock } from "../fileLock.ts";
import { UserError } from "../userError.ts";
import { buildEngine, builtEngine } from "./buildEngine.ts";
import { engineFolder } from "./cacheFolder.ts";
import { type Engine, EngineSource, inspectEngine, MINIMUM_VERSION, PINNED_VERSION } from "./engine.ts";
import { findExecutable } from "./findExecutable.ts";
import { earlierFailure, type InstallOptions, installEngine, installedEngine } from "./installEngine.ts";
import { EngineStep, type ReportProgress, StepReporter } from "./progress.ts";

export interface FindEngineOptions {
  readonly report: ReportProgress;
  /** Ends the search with everything that it has started. */
  readonly signal?: AbortSignal | undefined;
  /** Default: that of this process. `PATH`, `TENANT_EDGE_CACHE` and `TENANT_EDGE_RETRY_INSTALL` are read. */
  readonly env?: NodeJS.ProcessEnv;
  /** See {@link InstallOptions}. */
  readonly installer?: InstallOptions["installer"];
  readonly stallTime?: number;
}

/** None of the three ways led to an engine. */
export class NoEngineError extends UserError {
  override readonly name = "NoEngineError";

  constructor(reasons: { readonly path: string; readonly installer: string; readonly go: string }) {
    super(
      [
        "No Pulumi engine could be found, installed or built. Any one of these helps:",
        `  1. pulumi on the PATH, ${MINIMUM_VERSION} or newer: ${reasons.path}`,
        "     Install it: https://www.pulumi.com/docs/install/",
        `  2. the official installer of release ${PINNED_VERSION}: ${reasons.installer}`,
        "     Allow this machine to reach get.pulumi.com, and set TENANT_EDGE_RETRY_INSTALL=1 once.",
        `  3. a build with Go: ${reasons.go}`,
        "     Install Go (https://go.dev/doc/install) and let it reach its module proxy.",
      ].join("\n"),
    );
  }
}

/** Finds, installs or builds an engine. Rejects with {@link NoEngineError} when there is no way to one. */
export async function findEngine(options: FindEngineOptions): Promise<Engine> {
  const { report, signal, env = process.env } = options;
  const onPath = await engineOnPath(report, env);
  if (typeof onPath !== "string") return onPath;

  const folder = engineFolder(env);
  const kept = keptEngine(folder, env);
  if (kept !== undefined) return kept;

  const lock = await lockForBuilding(folder, report, signal);
  try {
    // Whoever held the lock before may have done the work.
    return keptEngine(folder, env) ?? (await makeEngine(folder, onPath, options));
  } finally {
    lock.release();
  }
}

/** The engine on the PATH, or why there is none. */
async function engineOnPath(report: ReportProgress, env: NodeJS.ProcessEnv): Promise<Engine | string> {
  const command = findExecutable("pulumi", env);
  if (command === undefined) return "there is none";
  const step = new StepReporter(report, EngineStep.Path, command);
  try {
    return await inspectEngine(command, EngineSource.Path, env);
  } catch (error) {
    return messageOf(error);
  } finally {
    step.end();
  }
}

function keptEngine(folder: string, env: NodeJS.ProcessEnv): Engine | undefined {
  return installedEngine(folder, env) ?? builtEngine(folder, env);
}

async function makeEngine(folder: string, onPath: string, options: FindEngineOptions): Promise<Engine> {
  const { report, signal, env = process.env, installer, stallTime } = options;
  let installerReason = earlierFailure(folder, env);
  if (installerReason === undefined) {
    try {
      return await installEngine({
        folder,
        env,
        report,
        signal,
        ...(installer === undefined ? {} : { installer }),
        ...(stallTime === undefined ? {} : { stallTime }),
      });
    } catch (error) {
      signal?.throwIfAborted();
      installerReason = messageOf(error);
    }
  }
  try {
    return await buildEngine({ folder, env, report, signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw new NoEngineError({ path: onPath, installer: installerReason, go: messageOf(error) });
  }
}

async function lockForBuilding(
  folder: string,
  report: ReportProgress,
  signal: AbortSignal | undefined,
): Promise<FileLock> {
  let step: StepReporter | undefined;
  try {
    return await waitForLock(join(folder, "build.lock.db"), "installs or builds the engine", {
      signal,
      onWait: (holder) => {
        const who =
          holder === undefined ? "another process" : `process ${holder.pid} (since ${holder.since})`;
        step ??= new StepReporter(report, EngineStep.Wait, `${who} installs or builds the engine`);
      },
    });
  } finally {
    step?.end();
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "shortMessage" in error ? String(error.shortMessage) : error.message;
}
