/** The global limit of the API, per token: so many requests in a window, then nothing until the window ends. */
export interface RateLimit {
  /** Requests allowed in one window. */
  requests: number;
  windowSeconds: number;
}

export interface Allowance {
  allowed: boolean;
  remaining: number;
  /** Seconds until the window ends, at least 1. */
  resetSeconds: number;
}

export class RateLimiter {
  readonly #limit: RateLimit;
  readonly #now: () => Date;
  readonly #windows = new Map<string, { endsAt: number; used: number }>();

  constructor(limit: RateLimit, now: () => Date) {
    this.#limit = limit;
    this.#now = now;
  }

  /** Counts one request of `tokenId`. */
  take(tokenId: string): Allowance {
    const time = this.#now().getTime();
    let window = this.#windows.get(tokenId);
    if (window === undefined || time >= window.endsAt) {
      window = { endsAt: time + this.#limit.windowSeconds * 1000, used: 0 };
      this.#windows.set(tokenId, window);
    }
    window.used += 1;
    return {
      allowed: window.used <= this.#limit.requests,
      remaining: Math.max(0, this.#limit.requests - window.used),
      resetSeconds: Math.max(1, Math.ceil((window.endsAt - time) / 1000)),
    };
  }

  /** The headers that tell a client how much is left. */
  headers(allowance: Allowance): Record<string, string> {
    const { requests, windowSeconds } = this.#limit;
    return {
      Ratelimit: `"default";r=${allowance.remaining};t=${allowance.resetSeconds}`,
      "Ratelimit-Policy": `"default";q=${requests};w=${windowSeconds}`,
      ...(allowance.allowed ? {} : { "Retry-After": String(allowance.resetSeconds) }),
    };
  }
}
