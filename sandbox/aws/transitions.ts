import { unattributed } from "../faults/attribution.ts";

/** Delayed changes of state: pending to running, shutting-down to terminated, and so on. */
export class Transitions {
  readonly #milliseconds: number;
  readonly #timers = new Set<NodeJS.Timeout>();

  /** @param milliseconds how long every transition takes */
  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  /** Runs `change` when a transition is over, unless the sandbox is closed before. Keeps no process alive. */
  after(change: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      unattributed(change);
    }, this.#milliseconds);
    timer.unref();
    this.#timers.add(timer);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
