/** Time on a host: what takes a real host minutes takes the sandbox a moment, in the same order. */
import { setTimeout } from "node:timers/promises";

const REAL_TIME = 1000;

/** The date as the host's programs see it: it runs as fast as their waiting does, and never backwards. */
export class HostDate {
  readonly #millisecondsPerSecond: number;
  readonly #startedAt = performance.now();
  readonly #start: number;

  /** @param notBefore seconds since 1970 that the host has seen already */
  constructor(millisecondsPerSecond: number, notBefore = 0) {
    this.#millisecondsPerSecond = millisecondsPerSecond;
    this.#start = Math.max(Date.now() / 1000, notBefore);
  }

  /** Seconds since 1970. */
  now(): number {
    return this.#start + (performance.now() - this.#startedAt) / this.#millisecondsPerSecond;
  }
}

/** What one program or timer of a host waits on. */
export class HostClock {
  #millisecondsPerSecond: number;
  #elapsedSeconds = 0;

  constructor(millisecondsPerSecond: number) {
    this.#millisecondsPerSecond = millisecondsPerSecond;
  }

  /** Seconds of the host that were waited so far. */
  get elapsedSeconds(): number {
    return this.#elapsedSeconds;
  }

  /** Halves the pace, down to that of real time. */
  slowDown(): void {
    if (this.#millisecondsPerSecond >= REAL_TIME) return;
    this.#millisecondsPerSecond = Math.min(this.#millisecondsPerSecond * 2, REAL_TIME);
  }

  /** Waits that many seconds of the host. Rejects when the signal is aborted. Keeps no process alive. */
  async wait(seconds: number, signal: AbortSignal): Promise<void> {
    await setTimeout(seconds * this.#millisecondsPerSecond, undefined, { signal, ref: false });
    this.#elapsedSeconds += seconds;
  }
}
