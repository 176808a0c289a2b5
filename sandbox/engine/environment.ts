/** The environment in which the engine and the program run in the sandbox. */
import { devNull } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Engine } from "./engine.ts";

export interface EngineAddresses {
  /** Ports of the attached providers by package: `aws`, `cloudflare`, `random`. */
  readonly providers: Readonly<Record<string, number>>;
  /** Port of the attached language host; left out where the engine has its own. */
  readonly languageHost?: number;
}

export interface EngineEnvironmentOptions {
  readonly engine: Engine;
  /** The sandbox's folder, absolute. */
  readonly folder: string;
  readonly addresses: EngineAddresses;
  /** What the user's shell has. Default: the environment of this process. */
  readonly base?: NodeJS.ProcessEnv;
  /** Put last, over everything else: what a provider under test needs, for example. */
  readonly extra?: Readonly<Record<string, string>>;
}

/**
 * The passphrase of the sandbox's own state. It protects nothing: what lies in the sandbox opens no real account.
 */
const PASSPHRASE = "sandbox";

/** The user's variables that could lead to a real account or into another project's state. */
const WITHHELD = /^(AWS_|CLOUDFLARE_|CF_|PULUMI_)/i;

/** Folder of the executables that npm installed, and with them of the pinned Node. */
const NPM_EXECUTABLES = join(import.meta.dirname, "..", "..", "node_modules", ".bin");

/** Folder of what runs policy packs, for an engine that has no language host of its own to do it. */
const ANALYZERS = join(import.meta.dirname, "analyzers");

/** Folder of the engine's state files within the sandbox's folder. */
export const stateFolder = (folder: string): string => join(folder, "state");

/** Folder of the engine's settings (selected stack, plugins) within the sandbox's folder. */
export const engineHome = (folder: string): string => join(folder, "pulumi");

/**
 * What programs inherit: the user's environment without any cloud's credentials, and stand-ins in their place, so
 * that nothing in the sandbox can reach a real account.
 */
export function programEnvironment(base: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(base)) {
    if (value !== undefined && !WITHHELD.test(name)) env[name] = value;
  }
  const noProxy = [env.NO_PROXY ?? env.no_proxy, "127.0.0.1", "localhost"].filter(Boolean).join(",");
  return {
    ...env,
    PATH: [NPM_EXECUTABLES, env.PATH ?? env.Path].filter(Boolean).join(delimiter),
    // The SDK's gRPC client would take a proxy also for the engine on this machine.
    NO_PROXY: noProxy,
    no_proxy: noProxy,
    AWS_ACCESS_KEY_ID: "sandbox",
    AWS_SECRET_ACCESS_KEY: "sandbox",
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: "true",
    PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
  };
}

/** The environment for the `pulumi` command line. */
export function engineEnvironment(options: EngineEnvironmentOptions): Record<string, string> {
  const { engine, folder, addresses, base = process.env, extra = {} } = options;
  const env = programEnvironment(base);
  const providers = Object.entries(addresses.providers).map(([name, port]) => `${name}:${port}`);
  return {
    ...env,
    // The executables beside the engine's are those of the same release.
    PATH: [env.PATH, ...(addresses.languageHost === undefined ? [] : [ANALYZERS]), dirname(engine.command)]
      .filter(Boolean)
      .join(delimiter),
    PULUMI_HOME: engineHome(folder),
    PULUMI_BACKEND_URL: pathToFileURL(stateFolder(folder)).href,
    PULUMI_SKIP_UPDATE_CHECK: "1",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // Hooks of the program also have to run when it is destroyed.
    PULUMI_RUN_PROGRAM: "true",
    ...(providers.length === 0 ? {} : { PULUMI_DEBUG_PROVIDERS: providers.join(",") }),
    ...(addresses.languageHost === undefined
      ? {}
      : { PULUMI_DEBUG_LANGUAGES: `nodejs:${addresses.languageHost}` }),
    ...extra,
  };
}
