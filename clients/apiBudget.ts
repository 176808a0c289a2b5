/** How many calls of an API may still be made within its window. */

/** 1,200 requests in five minutes per user or account token. Cloudflare documentation, "Rate limits" of the API. */
export const CLOUDFLARE_BUDGET = { calls: 1200, windowMilliseconds: 300_000 };

export interface Budget {
  calls: number;
  windowMilliseconds: number;
}

/** Counts the calls of this process in a sliding window. */
export class ApiBudget {
  readonly #budget: Budget;
  readonly #now: () => number;
  #times: number[] = [];

  constructor(budget: Budget = CLOUDFLARE_BUDGET, now: () => number = Date.now) {
    this.#budget = budget;
    this.#now = now;
  }

  /** Notes one call. */
  spend(): void {
    this.#times.push(this.#now());
  }

  /** Calls that may still be made now, by what this process knows. */
  left(): number {
    const since = this.#now() - this.#budget.windowMilliseconds;
    this.#times = this.#times.filter((time) => time > since);
    return Math.max(0, this.#budget.calls - this.#times.length);
  }
}
