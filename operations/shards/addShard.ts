/** Adds a stack to an environment: its file, and itself in the backend. */
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { openAudit } from "../../audit/openAudit.ts";
import { decodeValue } from "../../config/decodeValue.ts";
import { parseStack, type RawStack } from "../../config/parse.ts";
import { NAMESPACE, type Problem, show } from "../../config/problems.ts";
import { readYaml } from "../../config/yamlText.ts";
import {
  type NewShard,
  type NewShardRequest,
  newShard,
  type PresentShard,
} from "../../environment/newShard.ts";
import { encryptionIn, newShardText } from "../../environment/newShardText.ts";
import { readShardFiles } from "../../environment/shardFiles.ts";
import { openSharedList } from "../../tenantList/openTenantList.ts";
import type { SharedList } from "../../tenantList/sharedList.ts";
import { stackName } from "../../tenantList/stackFileList.ts";
import { auditedWork } from "../auditedWork.ts";
import { checkOthers, readStackFile, refusal, type StackFile } from "../configuration.ts";
import { ErrorCode, OperationError } from "../errors.ts";
import { knownError } from "../knownErrors.ts";
import { auditPlace, dataPlace } from "../places.ts";
import { makeStack, removeStack, stackNamesInBackend, takenName } from "./newStack.ts";
import { inOrder } from "./order.ts";

export interface AddShardOptions extends NewShardRequest {
  /** Name of the environment: `prod`. */
  environment: string;
  /** Folder of Pulumi.yaml and the stack files. Default: the present one. */
  directory?: string | undefined;
  /** Where the engine, its backend and the storage's credentials are found. Default: that of this process. */
  env?: NodeJS.ProcessEnv | undefined;
  /** True: only say what would be done. Default false. */
  dryRun?: boolean | undefined;
  /** Who acts, for the audit. Default: the user of this process and the machine. */
  actor?: string | undefined;
  /** For the audit. Default `library`. */
  surface?: string | undefined;
  /** Where the audit goes: as for `openOperations`. */
  data?: string | undefined;
  /** As for `openOperations`. */
  audit?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface AddedShard {
  stack: string;
  /** `Pulumi.prod-3.yaml` */
  file: string;
  /** The stack whose settings it has. */
  like: string;
  region: string;
  /** Cloudflare account. */
  account: string;
  /** Stack in whose network its hosts are to live; null for one of its own. */
  networkOf: string | null;
  /** Keys of values that are encrypted anew for it. */
  secrets: string[];
  /** Keys of values that were left out, as they belong to another account. */
  left: string[];
  /** Where its list of tenants is shared; null when it is in the file. */
  sharedList: string | null;
  /** The file; before it is written, without what is encrypted. */
  text: string;
  /** False after a dry run. */
  written: boolean;
  /** What to do next, one sentence each. */
  next: string[];
}

/** Names that Pulumi takes for a stack, and that cannot be taken for a path or an option. */
const STACK_NAME = /^\w[\w.-]{0,99}$/;

interface Draft extends NewShard {
  source: StackFile;
  /** See `NewStackOptions`. */
  organization: string;
  list: SharedList | undefined;
}

function refuse(place: string, problems: readonly Problem[]): void {
  if (problems.length > 0) throw refusal(ErrorCode.InvalidInput, place, problems);
}

/** By stack, the environment's files. @throws OperationError when one of them cannot be read. */
async function filesOf(directory: string, environment: string): Promise<Map<string, StackFile>> {
  const { shards, unreadable } = await readShardFiles(directory, environment);
  if (unreadable.length > 0) refuse("The environment", unreadable);
  if (shards.length === 0) {
    throw new OperationError(ErrorCode.InvalidInput, `No stack is of the environment ${show(environment)}.`, {
      ways: [`make its first one as README says; its file has tenant-edge:environment: ${environment}`],
    });
  }
  const files = shards.map(async ({ stack }) => [stack, await readStackFile(directory, stack)] as const);
  return new Map(await Promise.all(files));
}

function present(stack: string, { text, isEncrypted }: StackFile): PresentShard {
  const { config } = readYaml(text, { merge: true }).value as { config: Record<string, unknown> };
  return { stack, config, isEncrypted };
}

/** @throws OperationError with everything for which the stack would not run. */
async function check(draft: Draft): Promise<void> {
  const { name, config, region, secrets, problems, source } = draft;
  const file = `Pulumi.${name}.yaml`;
  const named: Problem[] = STACK_NAME.test(name)
    ? []
    : [{ path: "name (--name)", found: show(name), allowed: "letters, digits and . _ -, at most 100" }];
  const ours = Object.entries(config).filter(([key]) => key.startsWith(NAMESPACE));
  const short = (key: string) => key.slice(NAMESPACE.length);
  const raw = ours.map(([key, value]) => [
    short(key),
    typeof value === "string" ? decodeValue(value) : value,
  ]);
  const secretKeys = secrets.filter((key) => key.startsWith(NAMESPACE)).map(short);
  const parsed = parseStack(Object.fromEntries(raw) as RawStack, region, secretKeys);
  refuse(file, [...named, ...problems, ...parsed.problems]);
  if (parsed.config === undefined) return;
  await checkOthers(source, { settings: parsed.config, entries: [] }, file);
}

async function sharedListOf(
  stack: string,
  config: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<SharedList | undefined> {
  const tenantList = config[`${NAMESPACE}tenantList`];
  if (typeof tenantList !== "string") return undefined;
  const list = await openSharedList({ stack, tenantList, env });
  if (!(await list.exists(signal))) return list;
  const { entries, location } = await list.read(signal);
  if (entries.length === 0) return list;
  throw takenName(location, `a shared list with ${entries.length} tenants at ${location}`);
}

function nextSteps(draft: NewShard, environment: string): string[] {
  const { name, left, networkOf, region } = draft;
  return [
    ...left.map(
      (key) =>
        `set ${key} of the new account: \`pulumi config set --secret ${key} --stack ${name}\` asks for it`,
    ),
    ...(networkOf === undefined
      ? [
          `look at tenant-edge:network before its first host: a new network in ${region} is made then, with a NAT gateway`,
        ]
      : []),
    `commit Pulumi.${name}.yaml: checkouts, pipelines and services know of the stack by its file`,
    `put tenants there: tenant-edge enroll --env ${environment} takes a stack with room, tenant-edge move --to ${name} brings one over`,
  ];
}

/**
 * The stack is empty and not deployed yet. Nothing is asked of a cloud but, for a shared list of tenants, of its storage.
 *
 * @throws OperationError invalid-input with every problem, name-taken when there is such a stack or file, update-failed
 * when the engine refuses. Then nothing is left of it.
 */
export async function addShard(options: AddShardOptions): Promise<AddedShard> {
  try {
    return await add(options);
  } catch (error) {
    throw knownError(error, options.signal);
  }
}

async function draftOf(options: AddShardOptions, directory: string, env: NodeJS.ProcessEnv): Promise<Draft> {
  const { environment, signal } = options;
  const files = await filesOf(directory, environment);
  const shards = inOrder([...files].map(([stack, file]) => present(stack, file)));
  const inBackend = await stackNamesInBackend({ directory, env, signal });
  const taken = inBackend.map(stackName);
  const shard = newShard(options, shards, taken);
  const source = files.get(shard.like.stack);
  if (source === undefined) throw new Error(`there is no ${shard.like.stack}`);
  const full = inBackend.find((each) => stackName(each) === shard.like.stack) ?? "";
  const organization = full.slice(0, full.lastIndexOf("/") + 1);
  const draft = { ...shard, source, organization, list: undefined };
  await check(draft);
  if (taken.includes(shard.name)) throw takenName(shard.name, `a stack ${shard.name} in the backend`);
  const file = `Pulumi.${shard.name}.yaml`;
  // Also one of another environment.
  if (existsSync(join(directory, file))) throw takenName(file, `a file ${file}`);
  return { ...draft, list: await sharedListOf(shard.name, shard.config, env, signal) };
}

/** Of two that add the same one, the second must not write over the first. */
async function writeNew(directory: string, file: string, text: string): Promise<void> {
  const path = join(directory, file);
  try {
    await writeFile(path, text, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw takenName(file, `a file ${file}`);
    // Half of it, on a full disk.
    await rm(path, { force: true });
    throw error;
  }
}

/** The stack, its shared list and its file: all of them or none. @returns the file's text. */
async function make(
  { name, organization, like, config, secrets, source, list, isAlike }: Draft,
  directory: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<string> {
  const stack = {
    directory,
    env,
    name,
    organization,
    like: like.stack,
    encryption: encryptionIn(source.text),
    secrets: Object.fromEntries(secrets.map((key) => [key, config[key]])),
    signal,
  };
  const made = await makeStack(stack);
  try {
    const text = newShardText(source.text, { ...config, ...made.secrets }, made.encryption, isAlike);
    await list?.create(signal);
    await writeNew(directory, `Pulumi.${name}.yaml`, text);
    return text;
  } catch (error) {
    await removeStack(stack);
    throw error;
  }
}

async function add(options: AddShardOptions): Promise<AddedShard> {
  const { environment, env = process.env, signal, dryRun = false } = options;
  const directory = resolve(options.directory ?? ".");
  const draft = await draftOf(options, directory, env);
  const { name, like, region, account, config, secrets, left, networkOf, source, list, isAlike } = draft;
  const plain = Object.fromEntries(Object.entries(config).filter(([key]) => !secrets.includes(key)));
  const result = {
    stack: name,
    file: `Pulumi.${name}.yaml`,
    like: like.stack,
    region,
    account,
    networkOf: networkOf ?? null,
    secrets,
    left,
    sharedList: list?.location ?? null,
    next: nextSteps(draft, environment),
  };
  if (dryRun) {
    return { ...result, text: newShardText(source.text, plain, {}, isAlike), written: false };
  }
  const { actor, surface } = options;
  const sink = await openAudit(auditPlace(dataPlace(directory, env, options.data), env, options.audit), env);
  const details = { reason: `like the stack ${like.stack}` };
  const about = { operation: "addShard", environment, stack: name, tenants: [], details, actor, surface };
  const text = await auditedWork(sink, about, { signal }, () => make(draft, directory, env, signal));
  return { ...result, text, written: true };
}
