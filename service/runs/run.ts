/** One operation under way in this process, or just ended. */
import { EventEmitter, once } from "node:events";
import type { ProgressEvent } from "../../operations/contract.ts";
import type { StoredProblem } from "../problems/problem.ts";
import type { RunRecord } from "./runRecord.ts";

export type Outcome =
  | { kind: "succeeded"; result: unknown }
  | { kind: "failed"; problem: StoredProblem }
  /** Another process goes on with it, now or after the end of this one. */
  | { kind: "handed-over" };

export interface NumberedEvent {
  /** `<attempt>.<number>`: an operation that was taken up again reports anew. */
  id: string;
  event: ProgressEvent;
}

/** Older events are forgotten. */
const MOST_EVENTS = 1000;

/** Whoever sent a request. */
export interface Asker {
  actor: string;
  requestId: string;
}

export class Run {
  record: RunRecord;
  /** The request that it is run for, under whose id the audit has it; undefined for one of a former process. */
  readonly asker: Asker | undefined;
  readonly abort = new AbortController();
  readonly #attempt: string;
  readonly #changes = new EventEmitter().setMaxListeners(0);
  #events: NumberedEvent[] = [];
  #count = 0;
  #outcome: Outcome | undefined;

  constructor(record: RunRecord, startedAt: Date, asker?: Asker) {
    this.record = record;
    this.asker = asker;
    this.#attempt = startedAt.getTime().toString(36);
  }

  get outcome(): Outcome | undefined {
    return this.#outcome;
  }

  get lastEvent(): ProgressEvent | undefined {
    return this.#events.at(-1)?.event;
  }

  report(event: ProgressEvent): void {
    this.#count += 1;
    this.#events.push({ id: `${this.#attempt}.${this.#count}`, event });
    if (this.#events.length > MOST_EVENTS) this.#events = this.#events.slice(-MOST_EVENTS);
    this.#changes.emit("change");
  }

  settle(outcome: Outcome): void {
    this.#outcome = outcome;
    this.#changes.emit("change");
  }

  /** Events after the one with this id; all of them when it is none of this run's. */
  eventsAfter(id: string | undefined): readonly NumberedEvent[] {
    const [attempt, number] = (id ?? "").split(".");
    if (attempt !== this.#attempt || !/^\d{1,9}$/.test(number ?? "")) return this.#events;
    const skipped = Number(number) - (this.#count - this.#events.length);
    return this.#events.slice(Math.max(0, skipped));
  }

  /** Resolves at the next event or at the end. Rejects when the signal aborts. */
  async changed(signal: AbortSignal): Promise<void> {
    if (this.#outcome === undefined) await once(this.#changes, "change", { signal });
  }

  /** Waits for the end, but no longer than until the signal aborts. */
  async settled(signal: AbortSignal): Promise<void> {
    try {
      while (this.#outcome === undefined) await this.changed(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

/** As if it had just ended, from what is kept of it. */
export function endedRun(record: RunRecord, now: Date): Run {
  const run = new Run(record, now);
  if (record.problem !== null) run.settle({ kind: "failed", problem: record.problem });
  else run.settle({ kind: "succeeded", result: record.result });
  return run;
}
