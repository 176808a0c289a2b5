/**
 * The stack files of one environment. An environment is every `Pulumi.<stack>.yaml` beside Pulumi.yaml whose
 * `tenant-edge:environment` is the same: nothing else says which stacks belong together.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { decodeValue, reviveTimes } from "../config/decodeValue.ts";
import type { RawStack } from "../config/parse.ts";
import { NAMESPACE, type Problem } from "../config/problems.ts";
import { readYaml, YamlTextError } from "../config/yamlText.ts";
import { printableLine } from "../naming/printable.ts";

/** Names that Pulumi takes for a stack: `Pulumi.prod copy.yaml` and `Pulumi.prod~.yaml` are none's. */
export const STACK_FILE = /^Pulumi\.([\w.-]+)\.yaml$/;
const ENVIRONMENT_KEY = `${NAMESPACE}environment`;
/** The engine writes stack files in place: one that is empty or broken may be half of what it is a moment later. */
const WRITTEN_AFTER_MILLISECONDS = 100;

export interface ShardFile {
  /** Name of the stack: `prod-2`. */
  stack: string;
  /** `Pulumi.prod-2.yaml` */
  file: string;
  /** Values by key without `tenant-edge:`, unchecked. */
  raw: RawStack;
  /** `aws:region`; undefined when it does not stand in the file. */
  region?: string | undefined;
}

export interface ShardFiles {
  /** By name. */
  shards: ShardFile[];
  /** Files that may be of the environment, and cannot be read. */
  unreadable: Problem[];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What another file lacks for its tenants to be compared. @param path in the file, or the file itself. */
export function incomparable(path: string, found: string, allowed: string): Problem {
  return {
    path,
    found,
    allowed: `${allowed}: without it, its tenants cannot be compared with those here`,
    action: "mend it, or take the file away when there is no such stack",
  };
}

async function textOf(folder: string, file: string): Promise<string | Problem> {
  try {
    return await readFile(join(folder, file), "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Removed since the folder was listed.
    if (code === "ENOENT") return "";
    return incomparable(file, `what cannot be read (${code})`, "a stack file that can be read");
  }
}

function valuesOf(text: string, environment: string): Pick<ShardFile, "raw" | "region"> | undefined {
  // Merge keys count, as they do for Pulumi.
  const { value } = readYaml(text, { merge: true });
  const config = isRecord(value) ? value["config"] : undefined;
  if (!isRecord(config) || config[ENVIRONMENT_KEY] !== environment) return undefined;
  const ours = Object.entries(config).filter(([key]) => key.startsWith(NAMESPACE));
  // A list or an object may have been set as a whole, in JSON.
  const raw = ours.map(([key, each]) => [
    key.slice(NAMESPACE.length),
    typeof each === "string" ? decodeValue(each) : each,
  ]);
  const region = config["aws:region"];
  return {
    raw: reviveTimes(Object.fromEntries(raw) as RawStack),
    region: typeof region === "string" ? region : undefined,
  };
}

function parse(
  stack: string,
  file: string,
  text: string,
  environment: string,
): ShardFile | Problem | undefined {
  // Most files of other environments need not be parsed, and what is wrong with them is not ours to tell.
  if (!text.includes(ENVIRONMENT_KEY) || !text.includes(environment)) return undefined;
  try {
    const values = valuesOf(text, environment);
    return values === undefined ? undefined : { stack, file, ...values };
  } catch (error) {
    if (!(error instanceof YamlTextError)) throw error;
    const [reason = ""] = error.message.split("\n");
    return incomparable(file, `no YAML: ${printableLine(reason)}`, "a stack file that can be read");
  }
}

/** By path: what the file was when it was read last. A process reads the same files again and again. */
const parsed = new Map<string, { text: string; environment: string; shard: ShardFile }>();

function parseOnce(
  path: string,
  { stack, file }: Pick<ShardFile, "stack" | "file">,
  text: string,
  environment: string,
): ShardFile | Problem | undefined {
  const known = parsed.get(path);
  if (known !== undefined && known.text === text && known.environment === environment) return known.shard;
  const result = parse(stack, file, text, environment);
  if (result !== undefined && "raw" in result) parsed.set(path, { text, environment, shard: result });
  return result;
}

async function read(
  folder: string,
  stack: string,
  file: string,
  environment: string,
  isOfUse: (text: string) => boolean,
  isAgain = false,
): Promise<ShardFile | Problem | undefined> {
  const text = await textOf(folder, file);
  if (typeof text === "string" && text !== "" && !isOfUse(text)) return undefined;
  const result =
    typeof text === "string" ? parseOnce(join(folder, file), { stack, file }, text, environment) : text;
  const isWhole = text !== "" && (result === undefined || "raw" in result);
  if (isWhole || isAgain) return result;
  await setTimeout(WRITTEN_AFTER_MILLISECONDS);
  return await read(folder, stack, file, environment, isOfUse, true);
}

/**
 * Files of other environments, and files that are none of ours, are passed over. A folder that is not there, as for a
 * program inside another one (Automation API), has none.
 *
 * @param except stack whose file is not read. @param isOfUse whether a file with this text is looked for: parsing it takes
 * most of the time. Default: every one is.
 */
export async function readShardFiles(
  folder: string,
  environment: string,
  except?: string,
  isOfUse: (text: string) => boolean = () => true,
): Promise<ShardFiles> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const results = await Promise.all(
    names.sort().map(async (file) => {
      const stack = STACK_FILE.exec(file)?.[1];
      if (stack === undefined || stack === except) return undefined;
      return await read(folder, stack, file, environment, isOfUse);
    }),
  );
  const found = results.filter((result) => result !== undefined);
  return {
    shards: found.filter((result) => "raw" in result),
    unreadable: found.filter((result) => "found" in result),
  };
}
