/** A timer as it runs: starts its service again and again, on the host's clock. */
import { type TimerReport, UnitState } from "./hostReport.ts";
import type { Machine } from "./machine.ts";
import { fingerprint } from "./runRecord.ts";
import type { Service } from "./service.ts";
import type { TimerUnit } from "./timerUnit.ts";

export interface TimerOptions {
  machine: Machine;
  /** Real milliseconds that a second of the host takes. */
  millisecondsPerSecond: number;
  service: Service;
  /** Called after every change of state. */
  onChange: () => void;
}

/** A service that goes on failing is tried less often, so that broken hosts do not keep the machine busy. */
const FAILURES_AT_FULL_PACE = 3;
const MOST_DOUBLINGS = 3;

export class Timer {
  readonly unit: TimerUnit;
  readonly #options: TimerOptions;
  #state: UnitState = UnitState.inactive;
  #timeout: NodeJS.Timeout | undefined;
  /** In real milliseconds, as `performance.now()` counts. */
  #next: number | undefined;
  readonly #onEnd = () => this.#wait(this.unit.onUnitInactive);

  constructor(unit: TimerUnit, options: TimerOptions) {
    this.unit = unit;
    this.#options = options;
  }

  get state(): UnitState {
    return this.#state;
  }

  get service(): Service {
    return this.#options.service;
  }

  /** `resumed`: it was active before the sandbox was last stopped. */
  start(resumed = false): void {
    if (this.#state === UnitState.active) return;
    this.#state = UnitState.active;
    this.service.onEnd.add(this.#onEnd);
    if (!this.service.isRunning) this.#wait(resumed ? this.unit.onUnitInactive : this.unit.onActive);
    this.#options.onChange();
  }

  stop(): void {
    clearTimeout(this.#timeout);
    this.#next = undefined;
    this.service.onEnd.delete(this.#onEnd);
    this.#state = UnitState.inactive;
  }

  report(): TimerReport {
    const { name, unit } = this.unit;
    const left = this.#next === undefined ? undefined : Math.max(0, this.#next - performance.now());
    const nextSeconds = left === undefined ? {} : { nextSeconds: left / this.#options.millisecondsPerSecond };
    return { name, unit, state: this.#state, ...nextSeconds };
  }

  #wait(spans: readonly number[]): void {
    if (spans.length === 0) return;
    const { count } = this.service.failed;
    const doublings = Math.min(Math.max(0, count - FAILURES_AT_FULL_PACE), MOST_DOUBLINGS);
    const jitter = Math.random() * this.unit.randomizedDelay;
    const seconds = Math.min(...spans) * 2 ** doublings + jitter;
    const milliseconds = seconds * this.#options.millisecondsPerSecond;
    clearTimeout(this.#timeout);
    this.#next = performance.now() + milliseconds;
    this.#timeout = setTimeout(() => this.#elapse(), milliseconds).unref();
  }

  #elapse(): void {
    this.#next = undefined;
    // Its end sets the timer again.
    if (this.service.isRunning) return;
    // Nothing is there that the last run, which changed nothing, has not seen: another run would be the same.
    if (this.service.idle === fingerprint(this.#options.machine)) this.#wait(this.unit.onUnitInactive);
    else void this.service.start();
  }
}
