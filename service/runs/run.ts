/** One operation under way in this process, or just ended. */
import { EventEmitter, once } from "node:events";
import type { ProgressEvent } from "../../operations/contract.ts";
import type { StoredProblem } from "../problems/problem.ts";
import type { RunRecord } from "./runRecord.ts";

export type Outcome =
  | { kind: "succeeded"; result: unknown }
  | { kind: "failed"; problem: StoredProblem }
  /** This process ends; the next one goes on with it. */
  | { kind: "handed-over" };

export interface NumberedEvent {
  /** `<attempt>.<number>`: an operation that was taken up again reports anew. */
  id: string;
  event: ProgressEvent;
}

/** Older events are forgotten. */
const MOST_EVENTS = 1000;

export class Run {
  record: RunRecord;
  readonly abort = new AbortController();
  readonly #attempt: string;
  readonly #changes = new EventEmitter().setMaxListeners(0);
  #events: NumberedEvent[] = [];
  #count = 0;
  #outcome: Outcome | undefined;

  constructor(record: RunRecord, startedAt: Date) {
    this.record = record;
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
