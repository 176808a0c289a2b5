/** What every command of the sandbox needs: an engine, the project's copies, and a running sandbox or a served one. */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { RateLimit } from "./cloudflare/rateLimit.ts";
import { selectedStack } from "./engine/defaultStack.ts";
import type { Engine } from "./engine/engine.ts";
import { engineHome, stateFolder } from "./engine/environment.ts";
import { findEngine } from "./engine/findEngine.ts";
import type { ReportProgress } from "./engine/progress.ts";
import { removeStaleLocks } from "./engine/staleLocks.ts";
import { FaultLog } from "./faults/faultLog.ts";
import { Faults } from "./faults/faults.ts";
import { FAULTS_SETTING, readFaultRules } from "./faults/readRules.ts";
import { ClaimKind, claimFolder, type FolderLock } from "./lock.ts";
import { prepareProject } from "./project/prepareProject.ts";
import { SandboxProvider, type SandboxUrls, startSandbox } from "./sandbox.ts";
import { UserError } from "./userError.ts";

/** The repository. */
export const CHECKOUT = resolve(import.meta.dirname, "..");

/** Where the project and stack files are: the repository, unless `TENANT_EDGE_CHECKOUT` names another folder. */
function projectCheckout(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(env["TENANT_EDGE_CHECKOUT"] ?? CHECKOUT);
}

/** Folder of the sandbox's state: may be deleted at any time when no command runs. */
export function sandboxFolder(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(env["TENANT_EDGE_SANDBOX"] ?? join(CHECKOUT, ".sandbox"));
}

export interface SessionOptions {
  /** How the command is called, for others that find the folder in use. */
  command: string;
  /** Default: `TENANT_EDGE_SANDBOX`, else `.sandbox` in the repository. */
  folder?: string;
  /** Default: `TENANT_EDGE_CHECKOUT`, else the repository. */
  checkout?: string;
  report: ReportProgress;
  /** Shows a sentence that the user should read. */
  notify(notice: string): void;
  signal?: AbortSignal | undefined;
  edgePort?: number | undefined;
  /** Refuse Cloudflare calls above this rate. Default: never. */
  rateLimit?: RateLimit | undefined;
  /** The stack that the command names. Default: the selected one, else staging. */
  stack?: string | undefined;
}

export interface Session {
  readonly engine: Engine;
  readonly folder: string;
  /** Where to run the engine. */
  readonly directory: string;
  /** Environment for the engine. */
  readonly env: Readonly<Record<string, string>>;
  readonly urls: SandboxUrls;
  /** The folder's lock; absent when the session uses a sandbox that another process serves. */
  readonly lock: FolderLock | undefined;
  close(): Promise<void>;
}

/** An environment variable of the sandbox has a value that means nothing. */
export class SandboxSettingError extends UserError {
  override readonly name = "SandboxSettingError";
}

/** Providers to leave to real plugins, from `TENANT_EDGE_REAL_PROVIDERS=cloudflare,random`. */
export function realProviders(env: NodeJS.ProcessEnv = process.env): SandboxProvider[] {
  const known = Object.values(SandboxProvider);
  return (env["TENANT_EDGE_REAL_PROVIDERS"] ?? "").split(",").flatMap((entry) => {
    const name = entry.trim();
    if (name === "") return [];
    const provider = known.find((candidate) => candidate === name);
    if (provider === undefined) {
      throw new SandboxSettingError(
        `TENANT_EDGE_REAL_PROVIDERS names "${name}"; it can have ${known.join(", ")}, separated by commas`,
      );
    }
    return [provider];
  });
}

/** Opens a session. Rejects with FolderInUseError when another command that cannot be shared has the folder. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { folder = sandboxFolder(), checkout = projectCheckout(), notify } = options;
  const real = realProviders();
  const faults = new Faults(readFaultRules());
  const engine = await findEngine({ report: options.report, signal: options.signal });
  mkdirSync(stateFolder(folder), { recursive: true });
  const claim = claimFolder(folder, options.command);
  if (claim.kind === ClaimKind.Attached) {
    if (faults.areAny) {
      throw new SandboxSettingError(
        `${FAULTS_SETTING} has no effect here: the sandbox is served by another process; set it for \`npm run sandbox -- serve\``,
      );
    }
    const { directory, notices } = await prepareProject({ checkout, folder });
    notices.forEach(notify);
    const urls = claim.server.urls as unknown as SandboxUrls;
    return { engine, folder, directory, env: claim.server.env, urls, lock: undefined, close: async () => {} };
  }
  try {
    const { directory, notices } = await prepareProject({ checkout, folder });
    notices.forEach(notify);
    if (removeStaleLocks(stateFolder(folder)) > 0) {
      notify("An earlier command was killed while it worked on a stack; its lock was removed.");
    }
    const sandbox = await startSandbox({
      folder,
      project: directory,
      engine,
      stack: options.stack ?? selectedStack(directory, engineHome(folder)),
      edgePort: options.edgePort,
      ...(options.rateLimit === undefined ? {} : { cloudflare: { rateLimit: options.rateLimit } }),
      realProviders: real,
      faults,
    });
    const log = faults.areAny ? new FaultLog(faults, folder) : undefined;
    return {
      engine,
      folder,
      directory,
      env: sandbox.env,
      urls: sandbox.urls,
      lock: claim.lock,
      async close() {
        try {
          await sandbox.close();
          if (log !== undefined) notify(log.summary());
        } finally {
          claim.lock.release();
        }
      },
    };
  } catch (error) {
    claim.lock.release();
    throw error;
  }
}
