/** An environment of several stacks in a sandbox of its own: one with the network, and shards that use it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import pMap from "p-map";
import { parse, stringify } from "yaml";
import type { Operations } from "../operations/contract.ts";
import { openEnvironment } from "../operations/shards/openEnvironment.ts";
import { ShardOutcome, type UpResult } from "../operations/shards/up/contract.ts";
import type { Engine } from "../sandbox/engine/engine.ts";
import { networkConfig, shardConfig } from "./config.ts";
import { type MeasuredStack, memoryReport, openMeasured, type Run, timed } from "./measured.ts";

const ENVIRONMENT = "bench";
/** Stacks that are brought up side by side: as many as the machine is expected to have cores. */
const AT_ONCE = 2;
const PROGRAM = fileURLToPath(new URL("programs/up.ts", import.meta.url));

export interface UpRun extends Run {
  /** Stacks that the engine was begun for. */
  begun: number;
  /** Peak of the memory of the process that brings them up, in MB (10^6 bytes). */
  memory: number;
}

const DONE: readonly ShardOutcome[] = [ShardOutcome.UpToDate, ShardOutcome.Unchanged, ShardOutcome.Updated];

const shardName = (shard: number): string => `${ENVIRONMENT}-${shard}`;

export class BenchEnvironment {
  readonly #stack: MeasuredStack;
  readonly #folder = mkdtempSync(join(tmpdir(), "tenant-edge-bench-"));
  #shards = 0;

  private constructor(stack: MeasuredStack) {
    this.#stack = stack;
  }

  /** With the network, and no shard yet. */
  static async open(engine: Engine): Promise<BenchEnvironment> {
    const environment = new BenchEnvironment(await openMeasured({ engine, config: networkConfig() }));
    try {
      // In the same way as the shards: or it would run once more with the first of them.
      await environment.up("changed");
      return environment;
    } catch (error) {
      await environment.close();
      throw error;
    }
  }

  /** Writes the files of further shards. @param room tenants that each may have besides. */
  add(shards: number, tenants: number, room = 0): void {
    for (let shard = 0; shard < shards; shard += 1) {
      this.#shards += 1;
      this.#write(this.#shards, shardConfig(this.#shards, tenants, room));
    }
  }

  /** Gives the first tenant of a shard another origin. */
  change(shard: number, port: number): void {
    const { config } = parse(readFileSync(this.#file(shard), "utf8")) as { config: Record<string, unknown> };
    const [first, ...rest] = config["tenant-edge:tenants"] as object[];
    const changed = { ...first, origin: { service: `http://localhost:${port}` } };
    this.#write(shard, { ...config, "tenant-edge:tenants": [changed, ...rest] });
  }

  /** @param which `changed`: only those whose inputs are others. @throws Error when one of them is not brought up. */
  async up(which: "all" | "changed"): Promise<UpRun> {
    const { sandbox, project } = this.#stack;
    const report = join(this.#folder, "memory");
    const args = [memoryReport(report), PROGRAM, project, ENVIRONMENT, which, String(AT_ONCE)];
    const mark = sandbox.cloudflare.calls.mark();
    const start = performance.now();
    const { stdout } = await execa(process.execPath, args, {
      env: { ...sandbox.env },
      extendEnv: false,
      stdin: "ignore",
    });
    const seconds = (performance.now() - start) / 1000;
    const { shards } = JSON.parse(stdout) as UpResult;
    const failed = shards.filter(({ outcome }) => !DONE.includes(outcome));
    if (failed.length > 0) {
      throw new Error(failed.map(({ stack, reason }) => `${stack} was not brought up: ${reason}`).join("\n"));
    }
    await sandbox.hosts.settled();
    return {
      seconds,
      calls: sandbox.cloudflare.calls.since(mark, "api").length,
      begun: shards.filter(({ outcome }) => outcome !== ShardOutcome.UpToDate).length,
      memory: Number(readFileSync(report, "utf8")),
    };
  }

  /** One command on each of these shards, side by side. */
  async each(shards: readonly number[], args: readonly string[]): Promise<Run> {
    const mark = this.#stack.sandbox.cloudflare.calls.mark();
    const start = performance.now();
    await pMap(shards, (shard) => timed(this.#stack, [...args, "--stack", shardName(shard)]), {
      concurrency: AT_ONCE,
    });
    const seconds = (performance.now() - start) / 1000;
    return { seconds, calls: this.#stack.sandbox.cloudflare.calls.since(mark, "api").length };
  }

  /** On all its stacks. */
  async operate<T>(work: (operations: Operations) => Promise<T>): Promise<T> {
    const { sandbox, project } = this.#stack;
    const operations = await openEnvironment({
      directory: project,
      environment: ENVIRONMENT,
      env: { ...sandbox.env },
    });
    try {
      return await work(operations);
    } finally {
      await operations.close();
      await sandbox.hosts.settled();
    }
  }

  async close(): Promise<void> {
    rmSync(this.#folder, { recursive: true, force: true });
    await this.#stack.close();
  }

  #file(shard: number): string {
    return join(this.#stack.project, `Pulumi.${shardName(shard)}.yaml`);
  }

  /** What the engine has added to the file (`encryptionsalt`) stays. */
  #write(shard: number, config: object): void {
    let present: object = {};
    try {
      present = parse(readFileSync(this.#file(shard), "utf8")) as object;
    } catch {
      // A new one.
    }
    writeFileSync(this.#file(shard), stringify({ ...present, config }));
  }
}
