/** The lists of tenants of all stacks of an environment, as they stand now. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import pMap from "p-map";
import { because } from "../../clients/failureText.ts";
import { parseStack } from "../../config/parse.ts";
import type { Problem } from "../../config/problems.ts";
import { environmentOf } from "../../environment/environmentOf.ts";
import { parseShard } from "../../environment/shard.ts";
import {
  incomparable,
  readShardFiles,
  type ShardFile,
  type ShardFiles,
  STACK_FILE,
} from "../../environment/shardFiles.ts";
import { openTenantList } from "../../tenantList/openTenantList.ts";
import type { TenantList } from "../../tenantList/tenantList.ts";
import { refusal } from "../configuration.ts";
import { ErrorCode, OperationError } from "../errors.ts";
import type { TenantReference } from "../findTenant.ts";
import { inOrder } from "./order.ts";
import type { Place } from "./place.ts";

const SHARED_LIST = "tenantList";
/** Shared lists that are read side by side. */
const CONCURRENCY = 8;

export interface ShardLists {
  /** In order. A stack whose list is shared has that list's tenants, not those of its file. */
  shards: readonly ShardFile[];
  /** Files that may be of the environment, and lists of it, that cannot be read. */
  unreadable: readonly Problem[];
}

export interface EnvironmentPlace {
  /** Folder of Pulumi.yaml and the stack files. */
  directory: string;
  environment: string;
  /** Credentials of shared lists. */
  env: NodeJS.ProcessEnv;
}

function noStack({ directory, environment }: EnvironmentPlace, reasons: string): OperationError {
  return new OperationError(
    ErrorCode.InvalidConfiguration,
    `no stack file in ${directory} is of the environment ${environment}${reasons}`,
    { ways: ["name an environment that Pulumi.<stack>.yaml there has as its tenant-edge:environment"] },
  );
}

const isFields = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** Reads them again and again; what is parsed or opened once stays so. */
export class EnvironmentLists {
  readonly #place: EnvironmentPlace;
  readonly #shared = new Map<string, Promise<TenantList>>();

  constructor(place: EnvironmentPlace) {
    this.#place = place;
  }

  /**
   * The lists that may have this word: of 40 files, the one that has a tenant is found in a tenth of the time. Those whose
   * text writes it otherwise, with an escape, are missing.
   */
  async mentioning(word: string, signal?: AbortSignal): Promise<ShardLists> {
    const { directory, environment } = this.#place;
    const isOfUse = (text: string) => text.includes(word) || text.includes(SHARED_LIST);
    return await this.#withLists(await readShardFiles(directory, environment, undefined, isOfUse), signal);
  }

  /** All of them. @throws OperationError invalid-configuration when no file is of the environment. */
  async read(signal?: AbortSignal): Promise<ShardLists> {
    const { directory, environment } = this.#place;
    const files = await readShardFiles(directory, environment);
    const reasons = files.unreadable.map(({ path, found }) => `; ${path} is ${found}`).join("");
    if (files.shards.length === 0) throw noStack(this.#place, reasons);
    return await this.#withLists(files, signal);
  }

  /** The stacks in order, without a look at their lists. @throws as `read`. */
  async stacks(): Promise<{ stack: string; file: string }[]> {
    const { directory, environment } = this.#place;
    const all = await Promise.all(
      (await readdir(directory)).map(async (file) => {
        const stack = STACK_FILE.exec(file)?.[1];
        const text = stack && (await readFile(join(directory, file), "utf8").catch(() => ""));
        return stack && text && environmentOf(text) === environment ? [{ stack, file }] : [];
      }),
    );
    const found = all.flat();
    if (found.length === 0) throw noStack(this.#place, "");
    return inOrder(found);
  }

  async #withLists({ shards, unreadable }: ShardFiles, signal: AbortSignal | undefined): Promise<ShardLists> {
    const results = await pMap(inOrder(shards), (shard) => this.#withList(shard, signal), {
      concurrency: CONCURRENCY,
    });
    return {
      shards: results.filter((result) => "raw" in result),
      unreadable: [...unreadable, ...results.filter((result) => "found" in result)],
    };
  }

  async #withList(shard: ShardFile, signal: AbortSignal | undefined): Promise<ShardFile | Problem> {
    const { tenantList } = shard.raw;
    if (typeof tenantList !== "string") return shard;
    try {
      const { entries } = await (await this.#list(shard.stack, tenantList)).read(signal);
      return { ...shard, raw: { ...shard.raw, tenants: entries } };
    } catch (error) {
      signal?.throwIfAborted();
      return incomparable(
        `tenant-edge:tenantList of ${shard.file}`,
        because(error),
        "a list that can be read",
      );
    }
  }

  async #list(stack: string, tenantList: string): Promise<TenantList> {
    const { directory, env } = this.#place;
    const key = JSON.stringify([stack, tenantList]);
    const list = this.#shared.get(key) ?? openTenantList({ directory, stack, tenantList, env });
    this.#shared.set(key, list);
    try {
      return await list;
    } catch (error) {
      this.#shared.delete(key);
      throw error;
    }
  }
}

/** The stack whose list has the tenant, by its id or its hub. */
export function listing({ shards }: ShardLists, { tenant, hubId }: TenantReference): string | undefined {
  const [field, wanted] = tenant === undefined ? ["hubId", hubId] : ["id", tenant];
  if (wanted === undefined) return undefined;
  const has = ({ raw }: ShardFile) => {
    const entries: unknown = raw["tenants"];
    return Array.isArray(entries) && entries.some((entry) => isFields(entry) && entry[field] === wanted);
  };
  return shards.find(has)?.stack;
}

/**
 * The stacks as a new tenant may go to one of them.
 *
 * @throws OperationError invalid-configuration when the tenants of one cannot be compared: whatever is enrolled may be
 * there already.
 */
export function placesOf({ shards, unreadable }: ShardLists): Place[] {
  const [first] = shards;
  const read = shards.map(({ raw, region }) => parseStack({ ...raw, tenants: [] }, region));
  const here = read.find(({ config }) => config !== undefined)?.config;
  // One that cannot run for a reason of its own may still be compared; without any that can, nothing can.
  if (here === undefined || first === undefined) {
    throw refusal(ErrorCode.InvalidConfiguration, first?.file ?? "the environment", [
      ...unreadable,
      ...(read[0]?.problems ?? []),
    ]);
  }
  const results = shards.map((file) => ({ file, shard: parseShard(file, here) }));
  const problems = [...unreadable, ...results.flatMap(({ shard }) => ("found" in shard ? [shard] : []))];
  if (problems.length > 0) throw refusal(ErrorCode.InvalidConfiguration, here.environment, problems);
  return results.flatMap(({ file, shard }, index): Place[] => {
    if ("found" in shard) return [];
    const { config, problems = [] } = read[index] ?? {};
    const [problem] = problems;
    const { zoneName } = (config ?? here).cloudflare;
    return [
      {
        stack: file.stack,
        region: file.region,
        zoneName,
        problem: problem && `${problem.path} of ${file.file} is ${problem.found}`,
        shard,
      },
    ];
  });
}
