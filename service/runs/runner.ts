/** Runs operations under ids: remembers them, joins equal ones, takes unfinished ones up again, hands over at the end. */
import { randomUUID } from "node:crypto";
import { ErrorCode } from "../../operations/errors.ts";
import { describeError } from "../observe/describeError.ts";
import { problem } from "../problems/problem.ts";
import { ServiceCode } from "../problems/problemTypes.ts";
import { Claims } from "./claims.ts";
import type { Ask } from "./invoke.ts";
import { JoinableRuns } from "./joinableRuns.ts";
import { outcomeOf } from "./outcome.ts";
import { RecentRotations, requestKey, requestOf } from "./recentRotations.ts";
import { pinned } from "./rotations.ts";
import { type Asker, endedRun, type Outcome, Run } from "./run.ts";
import type { RunnerOptions, StartOptions } from "./runnerOptions.ts";
import { endedRecord, type RunRecord, RunState } from "./runRecord.ts";
import { within } from "./within.ts";

/** For operations that were aborted to come to an end. */
const ABORT_MILLISECONDS = 30_000;

export class Runner {
  readonly #options: RunnerOptions;
  readonly #claims: Claims;
  /** By id: what runs, and for a while what ran. */
  readonly #runs = new Map<string, Run>();
  readonly #joinable = new JoinableRuns((run) => this.#running.get(run));
  readonly #rotated: RecentRotations;
  readonly #running = new Map<Run, Promise<void>>();
  /** Ids of what another process has: this one takes it up when that one dies. */
  readonly #watched = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #draining = false;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#claims = new Claims(options);
    this.#rotated = new RecentRotations(options.now);
    const look = () => void this.#look().catch((error: unknown) => this.#failed(error, "leases not renewed"));
    this.#timer = setInterval(look, (options.leaseSeconds * 1000) / 3).unref();
  }

  get running(): number {
    return this.#running.size;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** The run in this process, or else what is kept of it. */
  async find(id: string): Promise<Run | RunRecord | undefined> {
    const run = this.#runs.get(id);
    if (run !== undefined && run.outcome?.kind !== "handed-over") return run;
    const record = await this.#options.store.read(id);
    if (record?.state === RunState.Running) this.#watched.add(id);
    return record ?? run;
  }

  /** Begins an operation, or joins the equal one that the same caller has under way. */
  async start(ask: Ask | (() => Promise<Ask>), asker: Asker, options: StartOptions = {}): Promise<Run> {
    this.#refuseDraining();
    const { id, repeats } = options;
    if (id !== undefined) {
      const begin = async () => (await this.#again(id, asker)) ?? this.#begin(await settle(ask), asker, id);
      return this.#joinable.join(id, begin);
    }
    const known = await settle(ask);
    const request = requestKey(asker.actor, known.operation, known.input);
    return this.#joinable.join(request, async () => {
      const { operations } = this.#options;
      const former =
        repeats === true ? await this.#rotated.find(request, operations, { ...asker }) : undefined;
      return former === undefined ? this.#begin(known, asker, randomUUID()) : this.repeat(former, asker);
    });
  }

  /**
   * Runs an operation that has succeeded once more for its answer: it held secrets, which are not kept, and to give them
   * out again has to be recorded. The operation changes nothing the second time. Not for a tenant that somebody has
   * disabled since: that would bring it back.
   */
  async repeat(record: RunRecord, asker: Asker): Promise<Run> {
    const { operations, now } = this.#options;
    this.#refuseDraining();
    this.#refuseTooMany();
    const tenant = record.tenant ?? "";
    const { enabled } = await operations.status({ tenant }, { ...asker });
    if (!enabled) {
      throw problem(
        ErrorCode.TenantDisabled,
        `The operation succeeded, but the tenant ${tenant} was disabled since.`,
      );
    }
    const run = new Run({ ...record, ...asker }, now(), asker);
    this.#execute(run, { keep: false });
    return run;
  }

  /** Goes on with what a former process left unfinished, and looks after what another one has. @returns how many. */
  async resume(): Promise<number> {
    const { store, now } = this.#options;
    let taken = 0;
    for (const record of await store.tidy(now())) {
      if (record.state === RunState.Running && (await this.#takeUp(record.id))) taken += 1;
      this.#rotated.add(record);
    }
    return taken;
  }

  /**
   * Lets what runs end within the bound, and aborts what has not: the next process takes it up again.
   *
   * @param signal cuts the bound short.
   */
  async drain(milliseconds: number, signal?: AbortSignal): Promise<void> {
    this.#draining = true;
    const ended = () => Promise.all(this.#running.values());
    await within(ended(), milliseconds, signal);
    for (const run of this.#running.keys()) run.abort.abort();
    await within(ended(), ABORT_MILLISECONDS);
    for (const run of this.#running.keys()) run.settle({ kind: "handed-over" });
    clearInterval(this.#timer);
  }

  /** What a request with a known idempotency key led to, without doing again what was done. */
  async #again(id: string, asker: Asker): Promise<Run | undefined> {
    const { store, now } = this.#options;
    const run = this.#runs.get(id);
    if (run !== undefined && run.outcome === undefined) return run;
    const record = await store.read(id);
    if (record === undefined) return undefined;
    if (record.state === RunState.Failed && (record.problem?.status ?? 500) < 500) {
      return endedRun(record, now());
    }
    if (record.state === RunState.Succeeded) {
      return record.result === null ? this.repeat(record, asker) : endedRun(record, now());
    }
    const createdAt = now().toISOString();
    const { requestId } = asker;
    const open = { state: RunState.Running, endedAt: null, problem: null };
    return this.#take({ ...record, ...open, createdAt, requestId }, asker);
  }

  async #begin(ask: Ask, asker: Asker, id: string): Promise<Run> {
    const { operations, now } = this.#options;
    const { operation } = ask;
    const input = await pinned(operations, ask, { ...asker });
    const open = { tenant: null, state: RunState.Running, endedAt: null, result: null, problem: null };
    const createdAt = now().toISOString();
    return this.#take({ id, operation, input, ...asker, createdAt, ...open, lease: null }, asker);
  }

  #refuseDraining(): void {
    if (!this.#draining) return;
    throw problem(ServiceCode.ShuttingDown, "The service is shutting down. Ask the next one.");
  }

  #refuseTooMany(): void {
    const { mostRuns } = this.#options;
    if (this.#running.size < mostRuns) return;
    throw problem(ServiceCode.TooManyOperations, `${mostRuns} operations wait already. Nothing was begun.`);
  }

  /** Runs what is asked for, unless another process already does, or has done it meanwhile. */
  async #take(record: RunRecord, asker: Asker): Promise<Run> {
    this.#refuseTooMany();
    const kept = await this.#claims.take(record);
    const run = new Run(kept, this.#options.now(), asker);
    const isMine = this.#claims.isMine(kept);
    if (isMine && !this.#draining) this.#execute(run, { keep: true });
    else {
      if (isMine) await this.#claims.give({ ...kept, lease: null });
      run.settle({ kind: "handed-over" });
    }
    return run;
  }

  /** Goes on with what nobody runs. @returns false when somebody does, or nothing is to be done. */
  async #takeUp(id: string): Promise<boolean> {
    const { now, log } = this.#options;
    const isOpen = () => this.#runs.has(id) && this.#runs.get(id)?.outcome === undefined;
    if (isOpen()) return false;
    const kept = await this.#claims.takeUp(id);
    this.#watched.delete(id);
    if (kept?.state !== RunState.Running || isOpen()) return false;
    if (!this.#claims.isMine(kept)) {
      this.#watched.add(id);
      return false;
    }
    const { operation, actor } = kept;
    log.info({ operation, operation_id: id, actor }, "operation resumed");
    const run = new Run(kept, now());
    this.#execute(run, { keep: true });
    this.#joinable.add(requestOf(kept), Promise.resolve(run));
    return true;
  }

  /** Renews the leases of what runs here, and stops what another process has taken; looks after what others have. */
  async #look(): Promise<void> {
    for (const run of this.#running.keys()) {
      if (run.record.lease !== null && !(await this.#claims.renew(run.record.id))) run.abort.abort();
    }
    if (!this.#draining) for (const id of [...this.#watched]) await this.#takeUp(id);
  }

  /** @param keep false: a repetition for its answer only, of which the record tells already. */
  #execute(run: Run, { keep }: { keep: boolean }): void {
    this.#runs.set(run.record.id, run);
    const work = this.#work(run, keep).finally(() => {
      this.#running.delete(run);
      setTimeout(() => this.#forget(run), this.#options.progressSeconds * 1000).unref();
    });
    this.#running.set(run, work);
  }

  #forget(run: Run): void {
    if (this.#runs.get(run.record.id) === run) this.#runs.delete(run.record.id);
  }

  async #work(run: Run, keep: boolean): Promise<void> {
    const { operations, log, now, onEnd } = this.#options;
    const { id, operation, actor, requestId } = run.record;
    const started = now().getTime();
    const outcome = await outcomeOf(run, operations, log);
    const seconds = (now().getTime() - started) / 1000;
    onEnd(operation, outcome.kind, seconds);
    const error = outcome.kind === "failed" ? outcome.problem.code : undefined;
    log.info(
      { operation, operation_id: id, actor, request_id: requestId, result: outcome.kind, error, seconds },
      "operation ended",
    );
    if (keep) await this.#keepEnd(run, outcome);
    run.settle(outcome);
  }

  async #keepEnd(run: Run, outcome: Outcome): Promise<void> {
    const { record } = run;
    const ended =
      outcome.kind === "handed-over"
        ? { ...record, lease: null }
        : endedRecord(record, outcome, this.#options.now());
    try {
      await this.#claims.give(ended);
    } catch (error) {
      this.#failed(error, "end of an operation not kept; a restart repeats it");
    }
    // Together with the outcome: an operation that has succeeded has its result.
    run.record = ended;
    this.#rotated.add(ended);
  }

  #failed(error: unknown, message: string): void {
    this.#options.log.error({ error: describeError(error) }, message);
  }
}

async function settle(ask: Ask | (() => Promise<Ask>)): Promise<Ask> {
  return typeof ask === "function" ? ask() : ask;
}
