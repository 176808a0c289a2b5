/**
 * A clock that runs slower than the real one and skips the time in which everybody only waits.
 *
 * While calls are answered, the engine and the program work at their own speed, and the clock with them, at a quarter of the
 * real one's: how busy the machine is says nothing of the limit. Once nothing has
 * happened for a second but refusals, all that would happen in reality is waiting: the clock jumps to the end of the
 * shortest wait. A jump that comes too early makes the measured time longer, never shorter.
 */

/** Of the time that really passes. */
const PACE = 1 / 4;
/** How long nothing but refusals must have happened, in real milliseconds. */
const QUIET_MILLISECONDS = 1_000;
const TICK_MILLISECONDS = 50;

interface Sleeper {
  until: number;
  wake: () => void;
}

export class SkippingClock {
  readonly #sleepers = new Set<Sleeper>();
  readonly #start = Date.now();
  readonly #realStart = performance.now();
  #skipped = 0;
  /** Of the real clock, when something other than a refusal happened last. */
  #lastProgress = performance.now();
  /** Those who were woken and have not been refused again yet. */
  #awake = 0;
  #lastWake = 0;
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.#advance(), TICK_MILLISECONDS);
  }

  /** Milliseconds, like `Date.now()`. */
  readonly now = (): number => this.#start + (performance.now() - this.#realStart) * PACE + this.#skipped;

  /** Something happened that may let others go on. */
  progress(): void {
    this.#lastProgress = performance.now();
  }

  /** Rejects when it is aborted. */
  readonly sleep = (milliseconds: number, signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    // Whoever was not woken has come anew.
    if (this.#awake > 0) this.#awake -= 1;
    else this.progress();
    const slept = new Promise<void>((resolve, reject) => {
      const abort = () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason);
      };
      const wake = () => {
        signal.removeEventListener("abort", abort);
        resolve();
      };
      const sleeper: Sleeper = { until: this.now() + milliseconds, wake };
      signal.addEventListener("abort", abort, { once: true });
      this.#sleepers.add(sleeper);
    });
    this.#advance();
    return slept;
  };

  close(): void {
    clearInterval(this.#timer);
  }

  #advance(): void {
    const real = performance.now();
    if (this.#awake > 0 && real - this.#lastWake >= QUIET_MILLISECONDS) this.#awake = 0;
    const isQuiet = this.#awake === 0 && real - this.#lastProgress >= QUIET_MILLISECONDS;
    if (isQuiet && this.#sleepers.size > 0) {
      const next = Math.min(...[...this.#sleepers].map(({ until }) => until));
      this.#skipped += Math.max(0, next - this.now());
    }
    const due = [...this.#sleepers].filter(({ until }) => until <= this.now());
    if (due.length === 0) return;
    this.#awake += due.length;
    this.#lastWake = real;
    for (const sleeper of due) {
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }
}
