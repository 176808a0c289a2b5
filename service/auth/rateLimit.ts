/**
 * How often something may happen in a window of time, per key. Libraries' limiters in memory keep every key until its
 * window is over, with a timer each: whoever has many addresses could fill the memory.
 */

export interface Limit {
  count: number;
  windowSeconds: number;
}

/** Keys that are remembered at once; the oldest are forgotten, so that many addresses cannot fill the memory. */
const MOST_KEYS = 10_000;

/** A fixed window per key, which begins with the key's first event. */
export class RateLimit {
  readonly #limit: Limit;
  readonly #now: () => Date;
  readonly #windows = new Map<string, { since: number; count: number }>();

  constructor(limit: Limit, now: () => Date) {
    this.#limit = limit;
    this.#now = now;
  }

  /** Notes one event. @returns 0 when it may happen, else the whole seconds until the next may. */
  take(key: string): number {
    const now = this.#now().getTime();
    const length = this.#limit.windowSeconds * 1000;
    let window = this.#windows.get(key);
    if (window === undefined || now - window.since >= length) {
      window = { since: now, count: 0 };
      this.#windows.delete(key);
      this.#windows.set(key, window);
      const oldest = this.#windows.keys().next();
      if (this.#windows.size > MOST_KEYS && !oldest.done) this.#windows.delete(oldest.value);
    }
    window.count += 1;
    return window.count <= this.#limit.count
      ? 0
      : Math.max(1, Math.ceil((window.since + length - now) / 1000));
  }
}
