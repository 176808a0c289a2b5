/** Time on a host: what takes a real host minutes takes the sandbox a moment, in the same order. */
import { setTimeout } from "node:timers/promises";

const REAL_TIME = 1000;

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
