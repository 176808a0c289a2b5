/** Runs operations under ids: remembers them, joins equal ones, takes unfinished ones up again, hands over at the end. */
import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Operations } from "../../operations/contract.ts";
import { ErrorCode } from "../../operations/errors.ts";
import { describeError } from "../observe/describeError.ts";
import { problem, problemOf } from "../problems/problem.ts";
import { ServiceCode } from "../problems/problemTypes.ts";
import { type Ask, invoke } from "./invoke.ts";
import { type Outcome, Run } from "./run.ts";
import { endedRecord, type RunRecord, RunState, type RunStore } from "./runRecord.ts";

export interface RunnerOptions {
  operations: Operations;
  store: RunStore;
  log: Logger;
  now: () => Date;
  /** For how long results, which may hold secrets, stay in memory. */
  resultSeconds: number;
  /** Operations that run or wait at once. */
  mostRuns: number;
  /** For metrics. */
  onEnd: (operation: Ask["operation"], result: string, seconds: number) => void;
}

export interface Asker {
  actor: string;
  requestId: string;
}

/** For operations that were aborted to come to an end. */
const ABORT_MILLISECONDS = 30_000;

export class Runner {
  readonly #options: RunnerOptions;
  /** By id: what runs, and for a while what ran. */
  readonly #runs = new Map<string, Run>();
  /** What runs, by what was asked: the same request by the same caller at the same time is one run. */
  readonly #joinable = new Map<string, Promise<Run>>();
  readonly #running = new Map<Run, Promise<void>>();
  #draining = false;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  get running(): number {
    return this.#running.size;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** The run in this process, or else what is kept of it. */
  async find(id: string): Promise<Run | RunRecord | undefined> {
    return this.#runs.get(id) ?? (await this.#options.store.read(id));
  }

  /**
   * Begins an operation, or joins the equal one that the same caller has under way.
   *
   * @param id given to repeat what was asked under an idempotency key: what it led to is answered again.
   */
  async start(ask: Ask | (() => Promise<Ask>), asker: Asker, id?: string): Promise<Run> {
    if (this.#draining)
      throw problem(ServiceCode.ShuttingDown, "The service is shutting down. Ask the next one.");
    if (id !== undefined) {
      const begin = async () => (await this.#again(id, asker)) ?? this.#begin(await settle(ask), asker, id);
      return this.#joined(id, begin);
    }
    const known = await settle(ask);
    const request = JSON.stringify([asker.actor, known.operation, known.input]);
    return this.#joined(request, () => this.#begin(known, asker, randomUUID()));
  }

  /** Goes on with what a former process left unfinished. @returns how many. */
  async resume(): Promise<number> {
    const { store, now, log } = this.#options;
    const unfinished = (await store.tidy(now())).filter((record) => record.state === RunState.Running);
    for (const record of unfinished) {
      if (this.#runs.has(record.id)) continue;
      log.info(
        { operation: record.operation, operation_id: record.id, actor: record.actor },
        "operation resumed",
      );
      this.#execute(new Run(record, now()), { keep: true });
    }
    return unfinished.length;
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
  }

  /** What a request with a known idempotency key led to, without doing again what was done. */
  async #again(id: string, asker: Asker): Promise<Run | undefined> {
    const { store, now, operations } = this.#options;
    const run = this.#runs.get(id);
    const record = run?.record ?? (await store.read(id));
    if (record === undefined) return undefined;
    if (run !== undefined && run.outcome?.kind !== "failed") return run;
    if (record.state === RunState.Failed && record.problem !== null && record.problem.status < 500) {
      return endedRun(record, now());
    }
    if (record.state !== RunState.Succeeded) {
      return this.#save({
        ...record,
        state: RunState.Running,
        endedAt: null,
        problem: null,
        requestId: asker.requestId,
      });
    }
    if (record.result !== null) return endedRun(record, now());
    // The answer held secrets, which are not kept: the operation, which changes nothing the second time, gives them
    // again. Not for a tenant that somebody has disabled since: that would bring it back.
    const tenant = record.tenant ?? "";
    const { enabled } = await operations.status({ tenant }, { ...asker });
    if (!enabled) {
      throw problem(
        ErrorCode.TenantDisabled,
        `The operation succeeded, but the tenant ${tenant} was disabled since.`,
      );
    }
    const again = new Run({ ...record, requestId: asker.requestId }, now());
    this.#execute(again, { keep: false });
    return again;
  }

  async #begin({ operation, input }: Ask, { actor, requestId }: Asker, id: string): Promise<Run> {
    const createdAt = this.#options.now().toISOString();
    const open = { tenant: null, state: RunState.Running, endedAt: null, result: null, problem: null };
    return this.#save({ id, operation, input, actor, requestId, createdAt, ...open });
  }

  async #save(record: RunRecord): Promise<Run> {
    const { store, now, mostRuns } = this.#options;
    if (this.#running.size >= mostRuns) {
      throw problem(ServiceCode.TooManyOperations, `${mostRuns} operations wait already. Nothing was begun.`);
    }
    await store.save(record);
    const run = new Run(record, now());
    if (this.#draining) run.settle({ kind: "handed-over" });
    else this.#execute(run, { keep: true });
    return run;
  }

  #joined(request: string, begin: () => Promise<Run>): Promise<Run> {
    const present = this.#joinable.get(request);
    if (present !== undefined) return present;
    const begun = begin();
    this.#joinable.set(request, begun);
    const forget = () => this.#joinable.delete(request);
    begun.then((run) => this.#running.get(run)?.then(forget, forget) ?? forget(), forget);
    return begun;
  }

  /** @param keep false: a repetition for its answer only, of which the record tells already. */
  #execute(run: Run, { keep }: { keep: boolean }): void {
    this.#runs.set(run.record.id, run);
    const work = this.#work(run, keep).finally(() => {
      this.#running.delete(run);
      setTimeout(() => this.#forget(run), this.#options.resultSeconds * 1000).unref();
    });
    this.#running.set(run, work);
  }

  #forget(run: Run): void {
    if (this.#runs.get(run.record.id) === run) this.#runs.delete(run.record.id);
  }

  async #work(run: Run, keep: boolean): Promise<void> {
    const { operations, log, now, store, onEnd } = this.#options;
    const { id, operation, actor, requestId } = run.record;
    const started = now().getTime();
    const outcome = await this.#outcome(run, operations);
    const seconds = (now().getTime() - started) / 1000;
    onEnd(operation, outcome.kind, seconds);
    const error = outcome.kind === "failed" ? outcome.problem.code : undefined;
    log.info(
      { operation, operation_id: id, actor, request_id: requestId, result: outcome.kind, error, seconds },
      "operation ended",
    );
    if (keep && outcome.kind !== "handed-over") {
      const ended = endedRecord(run.record, outcome, now());
      await store.save(ended).catch((cause: unknown) => {
        log.error(
          { operation_id: id, error: describeError(cause) },
          "end of an operation not kept; a restart repeats it",
        );
      });
      // Together with the outcome: an operation that has succeeded has its result.
      run.record = ended;
    }
    run.settle(outcome);
  }

  async #outcome(run: Run, operations: Operations): Promise<Outcome> {
    const { operation, input, actor, requestId } = run.record;
    const ask = { operation, input } as Ask;
    const call = {
      signal: run.abort.signal,
      onProgress: run.report.bind(run),
      actor,
      requestId,
    };
    try {
      return { kind: "succeeded", result: await invoke(operations, ask, call) };
    } catch (error) {
      if (run.abort.signal.aborted) return { kind: "handed-over" };
      const found = problemOf(error);
      if (found.code === ServiceCode.InternalError) {
        this.#options.log.error(
          { request_id: requestId, operation, error: describeError(error) },
          "unknown error",
        );
      }
      return { kind: "failed", problem: found };
    }
  }
}

async function settle(ask: Ask | (() => Promise<Ask>)): Promise<Ask> {
  return typeof ask === "function" ? ask() : ask;
}

/** As if it had just ended, from what is kept of it. */
function endedRun(record: RunRecord, now: Date): Run {
  const run = new Run(record, now);
  if (record.problem !== null) run.settle({ kind: "failed", problem: record.problem });
  else run.settle({ kind: "succeeded", result: record.result });
  return run;
}

async function within(work: Promise<unknown>, milliseconds: number, signal?: AbortSignal): Promise<void> {
  const bound = new AbortController();
  const timer = setTimeout(() => bound.abort(), milliseconds);
  const stop = AbortSignal.any([bound.signal, ...(signal === undefined ? [] : [signal])]);
  const stopped = new Promise((resolve) => {
    if (stop.aborted) resolve(undefined);
    else stop.addEventListener("abort", resolve, { once: true });
  });
  await Promise.race([work, stopped]);
  clearTimeout(timer);
}
