/** What the sandbox needs to know of a Pulumi engine. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { gte, parse } from "semver";
import { findExecutable } from "./findExecutable.ts";

/** The release the sandbox installs or builds; the same as that of the `@pulumi/pulumi` package. */
export const PINNED_VERSION = "3.255.0";

/**
 * The oldest release on the PATH that is used.
 *
 * The program's error hooks need 3.218. Engine and SDK are released together, and the further they are apart the
 * less anybody has tried the pair: ten minor releases are the distance that is accepted.
 */
export const MINIMUM_VERSION = "3.245.0";

export const EngineSource = {
  /** The user's own installation. */
  Path: "path",
  /** The official release, installed into the cache folder. */
  Installer: "installer",
  /** Built from the pinned Go module into the cache folder. */
  Go: "go",
} as const;
export type EngineSource = (typeof EngineSource)[keyof typeof EngineSource];

export const LanguageHostKind = {
  /** The installation has its own `pulumi-language-nodejs`. */
  Bundled: "bundled",
  /** The sandbox has to serve a language host and attach it. */
  Attached: "attached",
} as const;
export type LanguageHostKind = (typeof LanguageHostKind)[keyof typeof LanguageHostKind];

export interface Engine {
  /** Absolute path of the `pulumi` executable. */
  readonly command: string;
  /** Without the leading "v": `3.255.0`. */
  readonly version: string;
  readonly source: EngineSource;
  readonly languageHost: LanguageHostKind;
}

/** File name of an executable on this platform. */
export const executableName = (name: string): string => (process.platform === "win32" ? `${name}.exe` : name);

/**
 * Asks an executable for its version and describes it. Rejects when it does not run, does not answer within 20
 * seconds or is older than {@link MINIMUM_VERSION}.
 */
export async function inspectEngine(
  command: string,
  source: EngineSource,
  env: NodeJS.ProcessEnv,
): Promise<Engine> {
  const { stdout } = await execa(command, ["version"], {
    env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "1" },
    extendEnv: false,
    stdin: "ignore",
    timeout: 20_000,
  });
  const version = parse(stdout.trim());
  if (version === null) throw new Error(`${command} answered "${stdout.trim()}" when asked for its version`);
  if (!gte(version, MINIMUM_VERSION)) {
    throw new Error(`${command} is ${version.version}, and ${MINIMUM_VERSION} is the oldest that works`);
  }
  return describeEngine(command, version.version, source, env);
}

/** Describes an engine whose version is known. */
export function describeEngine(
  command: string,
  version: string,
  source: EngineSource,
  env: NodeJS.ProcessEnv,
): Engine {
  return { command, version, source, languageHost: languageHostOf(command, env) };
}

function languageHostOf(command: string, env: NodeJS.ProcessEnv): LanguageHostKind {
  const host = "pulumi-language-nodejs";
  const isBundled =
    existsSync(join(dirname(command), executableName(host))) || findExecutable(host, env) !== undefined;
  return isBundled ? LanguageHostKind.Bundled : LanguageHostKind.Attached;
}
