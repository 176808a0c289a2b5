/**
 * Brings all stacks of an environment to what their files say, side by side. A stack whose last update had the same inputs
 * is passed over; so a run that was stopped, or failed for some, goes on where it was.
 */
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import PQueue from "p-queue";
import type { AuditSink } from "../../../audit/audit.ts";
import { openAudit } from "../../../audit/openAudit.ts";
import { sharedBudget } from "../../../clients/sharedBudget.ts";
import { AutomationStack } from "../../engine/automationStack.ts";
import { DetachedPulumi } from "../../engine/pulumiCommand.ts";
import { knownError } from "../../knownErrors.ts";
import { auditPlace, dataPlace } from "../../places.ts";
import { CALLS_PER_NEW_TENANT, type Room, shardsAtOnce } from "./atOnce.ts";
import { previewShard, resultOf, type ShardRun, updateShard } from "./bringShard.ts";
import {
  ShardOutcome,
  type ShardResult,
  type UpCall,
  type UpEvent,
  UpEventKind,
  type UpOptions,
  type UpResult,
} from "./contract.ts";
import { Digests } from "./digests.ts";
import { homeOf } from "./homes.ts";
import { programDigest } from "./programDigest.ts";
import { readShards, type Shard } from "./readShards.ts";
import { readNetwork, readStandings, type Standing } from "./standing.ts";

const LOCK_PATIENCE_SECONDS = 300;
const MILLISECONDS = 1000;
const NEVER_MADE: Standing = { isThere: false, digest: undefined, isBroken: false };

/**
 * @throws OperationError with all problems of all stack files at once, and nothing was begun; those of the engine's command.
 * What goes wrong with a stack is told by its result.
 */
export async function upEnvironment(options: UpOptions, call: UpCall = {}): Promise<UpResult> {
  const { environment, env = process.env } = options;
  const directory = resolve(options.directory ?? ".");
  const begun = performance.now();
  try {
    const shards = await readShards({ directory, environment, env });
    const names = shards.map(({ stack }) => stack);
    const pulumi = await DetachedPulumi.find(env);
    const [program, standings] = await Promise.all([
      programDigest(directory),
      readStandings(pulumi, directory, names),
    ]);
    const audit = auditPlace(dataPlace(directory, env, options.data), env, options.audit);
    const sink = await openAudit(audit, env);
    const found = { shards, program, standings, pulumi, sink };
    const run = new EnvironmentRun({ ...options, directory, env }, call, found);
    const { atOnce, results } = await run.all();
    return {
      environment,
      isPreview: options.preview === true,
      shards: results,
      atOnce,
      seconds: Math.round(performance.now() - begun) / MILLISECONDS,
    };
  } catch (error) {
    throw knownError(error, call.signal);
  }
}

interface Found {
  shards: readonly Shard[];
  /** See `programDigest`. */
  program: string | undefined;
  standings: ReadonlyMap<string, Standing>;
  pulumi: DetachedPulumi;
  /** Where the audit goes. */
  sink: AuditSink;
}

/** A stack whose network may not be as its file says: what others make of it would be for nothing. */
function hasFailedAsWhole({ outcome, failedTenants }: ShardResult): boolean {
  if (outcome === ShardOutcome.Failed) return failedTenants.length === 0 || failedTenants.includes("");
  return outcome === ShardOutcome.Interrupted || outcome === ShardOutcome.NotBegun;
}

class EnvironmentRun {
  readonly #options: UpOptions & { directory: string; env: NodeJS.ProcessEnv };
  readonly #call: UpCall;
  readonly #signal: AbortSignal;
  readonly #found: Found;
  readonly #engines: ReadonlyMap<string, AutomationStack>;
  readonly #digests: Digests;

  constructor(
    options: UpOptions & { directory: string; env: NodeJS.ProcessEnv },
    call: UpCall,
    found: Found,
  ) {
    this.#options = options;
    this.#call = call;
    this.#signal = call.signal ?? new AbortController().signal;
    this.#found = found;
    const { directory, env } = options;
    this.#engines = new Map(
      found.shards.map(({ stack }) => [stack, new AutomationStack({ directory, stack, env })]),
    );
    const networkOf = (stack: string) => readNetwork(found.pulumi, directory, stack);
    this.#digests = new Digests({ ...found, networkOf });
  }

  async all(): Promise<{ atOnce: number; results: ShardResult[] }> {
    const { shards } = this.#found;
    const areDue = await Promise.all(shards.map((shard) => this.#isDue(shard)));
    const due = shards.filter((shard, index) => areDue[index] && this.#isWanted(shard));
    const atOnce = await this.#atOnce(due);
    const stacks = shards.length === 1 ? "1 stack" : `${shards.length} stacks`;
    const message = `${stacks}, ${due.length} to look at, ${atOnce} at a time`;
    this.#tell({ kind: UpEventKind.Checked, stack: "", message, total: due.length, atOnce });

    const queue = new PQueue({ concurrency: atOnce });
    const running = new Map<string, Promise<ShardResult>>();
    const isFirst = (shard: Shard) => homeOf(shard, shards) === undefined;
    for (const shard of [...shards.filter(isFirst), ...shards.filter((one) => !isFirst(one))]) {
      const home = homeOf(shard, shards)?.stack ?? "";
      running.set(shard.stack, this.#after(running.get(home), shard, queue));
    }
    const results = await Promise.all(shards.map(({ stack }) => running.get(stack)));
    return { atOnce, results: results.filter((result) => result !== undefined) };
  }

  async #after(home: Promise<ShardResult> | undefined, shard: Shard, queue: PQueue): Promise<ShardResult> {
    const before = await home;
    const obstacle =
      before !== undefined && hasFailedAsWhole(before)
        ? `its network is in ${before.stack}, which comes first and was not brought up`
        : undefined;
    const result = await queue.add(() => this.#bring(shard, obstacle));
    const { stack, outcome } = result;
    this.#tell({ kind: UpEventKind.Ended, stack, message: outcome, result });
    return result;
  }

  async #bring(shard: Shard, obstacle: string | undefined): Promise<ShardResult> {
    const { stack } = shard;
    // Again: the network that it uses may be another one than a moment ago.
    if (!(await this.#isDue(shard))) return resultOf(stack, ShardOutcome.UpToDate);
    const unwanted = this.#isWanted(shard)
      ? obstacle
      : "it is not among the stacks that were to be brought up";
    const reason = this.#signal.aborted ? "it was stopped before" : unwanted;
    if (reason !== undefined) return resultOf(stack, ShardOutcome.NotBegun, { reason });
    const { isThere } = this.#standingOf(stack);
    if (this.#options.preview === true) {
      const unseen = isThere ? this.#unseenHome(shard) : `a new stack of ${this.#tenantsOf(shard)}`;
      if (unseen !== undefined) return resultOf(stack, ShardOutcome.Planned, { reason: unseen });
      return await previewShard(await this.#runOf(shard));
    }
    const result = await updateShard(await this.#runOf(shard));
    this.#digests.forget(stack);
    return result;
  }

  /** Why a stack cannot be previewed yet. */
  #unseenHome(shard: Shard): string | undefined {
    const home = homeOf(shard, this.#found.shards);
    if (home === undefined || this.#standingOf(home.stack).isThere) return undefined;
    return `its network is made with ${home.stack}, and can be looked at then`;
  }

  #tenantsOf({ configuration: { tenants } }: Shard): string {
    return tenants.length === 1 ? "1 tenant" : `${tenants.length} tenants`;
  }

  #standingOf(stack: string): Standing {
    return this.#found.standings.get(stack) ?? NEVER_MADE;
  }

  #engineOf(stack: string): AutomationStack {
    const { directory, env } = this.#options;
    // The network may be that of a stack elsewhere.
    return this.#engines.get(stack) ?? new AutomationStack({ directory, stack, env });
  }

  async #runOf(shard: Shard): Promise<ShardRun> {
    const { lockPatienceSeconds = LOCK_PATIENCE_SECONDS } = this.#options;
    const { directory, environment, env, actor, surface, data, audit } = this.#options;
    const { stack, file } = shard;
    return {
      directory,
      environment,
      stack,
      file: file.path,
      env,
      engine: this.#engineOf(stack),
      digest: await this.#digests.of(shard),
      isBroken: this.#standingOf(stack).isBroken,
      lockPatienceSeconds,
      actor,
      surface,
      data,
      audit,
      sink: this.#found.sink,
      signal: this.#signal,
      tell: (event) => this.#tell({ stack, ...event }),
    };
  }

  #isWanted({ stack }: Shard): boolean {
    return this.#options.only?.includes(stack) ?? true;
  }

  async #isDue(shard: Shard): Promise<boolean> {
    const { digest } = this.#standingOf(shard.stack);
    return this.#options.all === true || digest === undefined || digest !== (await this.#digests.of(shard));
  }

  async #atOnce(due: readonly Shard[]): Promise<number> {
    const room: Room = {
      processors: availableParallelism(),
      availableBytes: process.availableMemory(),
      parallel: this.#options.parallel,
    };
    const atMost = Math.min(due.length, shardsAtOnce(room, []));
    if (atMost <= 1) return 1;
    return Math.min(
      atMost,
      shardsAtOnce(room, await Promise.all(due.map((shard) => this.#callsOf(shard, atMost)))),
    );
  }

  /** What is deployed already is read only where it makes a difference. */
  async #callsOf(shard: Shard, atMost: number): Promise<{ needed: number; left: number }> {
    const { env } = this.#options;
    const { tenants, settings } = shard.configuration;
    const token = shard.file.provider("cloudflare:apiToken") ?? env["CLOUDFLARE_API_TOKEN"];
    const left = sharedBudget(token?.trim(), settings.cloudflareLimit, env).left();
    const needed = (count: number) => ({ needed: CALLS_PER_NEW_TENANT * count, left });
    const all = needed(tenants.length);
    if (all.needed * atMost <= left || !this.#standingOf(shard.stack).isThere) return all;
    const deployed = await this.#engineOf(shard.stack)
      .deployed()
      .catch(() => undefined);
    return deployed === undefined
      ? all
      : needed(tenants.filter(({ id }) => !deployed.tenants.has(id)).length);
  }

  /** A listener that throws is no reason to fail. */
  #tell(event: Omit<UpEvent, "time">): void {
    try {
      this.#call.onProgress?.({ time: new Date().toISOString(), ...event });
    } catch {
      // Its own concern.
    }
  }
}
