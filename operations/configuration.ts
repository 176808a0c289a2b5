/** Reads and checks a stack's configuration without the engine. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { reviveTimes } from "../config/decodeValue.ts";
import { parseStack, type RawStack } from "../config/parse.ts";
import { ConfigError, NAMESPACE, type Problem } from "../config/problems.ts";
import { resolveTenant } from "../config/tenants.ts";
import { readYaml, YamlTextError } from "../config/yamlText.ts";
import { problemsWithOthers } from "../environment/otherShards.ts";
import { parseShard } from "../environment/shard.ts";
import { readShardFiles, type ShardFiles } from "../environment/shardFiles.ts";
import { stackName } from "../tenantList/stackFileList.ts";
import type { ListSnapshot } from "../tenantList/tenantList.ts";
import type { Configuration } from "./context.ts";
import { ErrorCode, OperationError } from "./errors.ts";

/** A stack file as far as it concerns the operations. */
export interface StackFile {
  path: string;
  text: string;
  /** All that it says, as plain data. */
  contents: Readonly<Record<string, unknown>>;
  /** Values by key without `tenant-edge:`. */
  raw: RawStack;
  /** Keys of `raw` that are encrypted, at least in part. */
  secretKeys: string[];
  region: string | undefined;
  /** Plain values of other packages: `cloudflare:baseUrl`. */
  provider(key: string): string | undefined;
  /** True for a value that only the stack's secrets provider can read. */
  isEncrypted(key: string): boolean;
  /** The files of the other stacks of an environment, beside this one. */
  others(environment: string): Promise<ShardFiles>;
}

function isEncrypted(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (!Array.isArray(value) && typeof (value as { secure?: unknown }).secure === "string") return true;
  return Object.values(value).some(isEncrypted);
}

const isFields = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function stackFileValue(text: string, name: string): unknown {
  try {
    return readYaml(text).value;
  } catch (error) {
    if (!(error instanceof YamlTextError)) throw error;
    throw new OperationError(ErrorCode.InvalidConfiguration, `${name} is not valid YAML: ${error.message}`);
  }
}

/** @throws OperationError when there is no such file or it is no YAML. */
export async function readStackFile(directory: string, stack: string): Promise<StackFile> {
  const name = `Pulumi.${stackName(stack)}.yaml`;
  const path = join(directory, name);
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new OperationError(ErrorCode.InvalidConfiguration, `${path} cannot be read`, {
      ways: ["name a stack that has a file there (--stack), or the folder where it is (--cwd)"],
      cause: error,
    });
  });
  const root = stackFileValue(text, name);
  const config = isFields(root) ? root["config"] : undefined;
  const values = isFields(config) ? config : {};
  const ours = Object.entries(values).filter(([key]) => key.startsWith(NAMESPACE));
  const plain = (key: string) => {
    const value = values[key];
    return typeof value === "string" ? value : undefined;
  };
  return {
    path,
    text,
    contents: isFields(root) ? root : {},
    raw: Object.fromEntries(ours.map(([key, value]) => [key.slice(NAMESPACE.length), value])),
    secretKeys: ours.filter(([, value]) => isEncrypted(value)).map(([key]) => key.slice(NAMESPACE.length)),
    region: plain("aws:region"),
    provider: plain,
    isEncrypted: (key) => isEncrypted(values[key]),
    others: (environment) => readShardFiles(directory, environment, stackName(stack)),
  };
}

export function refusal(code: ErrorCode, location: string, problems: readonly Problem[]): OperationError {
  return new OperationError(code, new ConfigError(location, problems).message.trim(), {
    problems: problems.map(({ path, found, allowed, action }) => ({
      path,
      message: `found ${found}; allowed: ${allowed}${action === undefined ? "" : `; ${action}`}`,
    })),
  });
}

/** @param list whose entries stand in the place of those of the file. @throws OperationError with every problem. */
export function checkConfiguration(
  file: StackFile,
  list: Pick<ListSnapshot, "entries" | "location">,
): Configuration {
  const raw = reviveTimes({ ...file.raw, tenants: list.entries });
  const { config, problems } = parseStack(raw, file.region, file.secretKeys);
  if (config === undefined || file.region === undefined) {
    throw refusal(ErrorCode.InvalidConfiguration, list.location, problems);
  }
  const { tenants, ...settings } = config;
  return {
    settings,
    region: file.region,
    tenants: tenants.map((tenant) => resolveTenant(config, tenant)),
    entries: tenants,
  };
}

/**
 * What the program refuses of a list, too, told before anything is written or run. Only of a list that is to be brought
 * about: one stack's tenants can be looked at while another one's file is being mended.
 *
 * @throws OperationError name-taken when an id, a hostname, a name or a quota is taken by another stack of the environment;
 * invalid-configuration when another stack's file cannot be read.
 */
export async function checkOthers(
  { others }: StackFile,
  { settings, entries }: Pick<Configuration, "settings" | "entries">,
  location: string,
): Promise<void> {
  const found = await others(settings.environment);
  const { incomparable, clashes } = problemsWithOthers({ file: location, settings, entries }, found);
  const problems = [...incomparable, ...clashes];
  if (problems.length === 0) return;
  const code = incomparable.length === 0 ? ErrorCode.NameTaken : ErrorCode.InvalidConfiguration;
  throw refusal(code, location, problems);
}

/**
 * Hostnames that tenants of the other stacks of the environment have. A file that cannot be compared has none here:
 * before anything is written, `checkOthers` tells.
 */
export async function hostnamesElsewhere(
  { others }: StackFile,
  settings: Configuration["settings"],
): Promise<ReadonlySet<string>> {
  const { shards } = await others(settings.environment);
  const tenants = shards.flatMap((file) => {
    const shard = parseShard(file, settings);
    return "tenants" in shard ? shard.tenants : [];
  });
  return new Set(tenants.flatMap(({ hostnames }) => hostnames.map(({ hostname }) => hostname)));
}
