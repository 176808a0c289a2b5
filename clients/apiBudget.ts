/** How many calls of Cloudflare's API this product makes, in all processes of a user together. */
import { setTimeout as delay } from "node:timers/promises";
import { type ApiLimit, CLOUDFLARE_LIMIT } from "./apiLimit.ts";
import { type ApiWork, currentWork } from "./apiWork.ts";
import { CallCounter, type CallLimit } from "./callCounter.ts";
import { because } from "./failureText.ts";

/** The part of our share that background work leaves to what somebody waits for. */
const RESERVE = 0.25;
/** A call waits for so many windows at most, unless it says otherwise. */
const PATIENCE = 2;
/** The part of a window that is waited after a refusal that does not say how long. */
const UNTOLD_PAUSE = 1 / 60;

/** `Ratelimit: "default";r=50;t=30`: 50 more calls within 30 seconds. */
const REMAINING = /"default";r=(\d+);t=(\d+)/;

export interface ApiBudgetOptions {
  /** Default: Cloudflare's limit. */
  limit?: ApiLimit | undefined;
  /** A file that is shared with other processes, and the key of the token in it. Default: a count of this process alone. */
  shared?: { file: string; key: string } | undefined;
  /** Default: the real clock. */
  now?: (() => number) | undefined;
  /** Default: a timer. */
  sleep?: ((milliseconds: number, signal: AbortSignal | undefined) => Promise<void>) | undefined;
}

export class ApiBudget {
  /** Calls that we allow ourselves within a window. */
  readonly calls: number;
  readonly limit: ApiLimit;
  readonly #now: () => number;
  readonly #sleep: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
  readonly #shared: ApiBudgetOptions["shared"];
  readonly #told = new WeakMap<ApiWork, number>();
  #counter: CallCounter | undefined;
  #problem: string | undefined;
  #isProblemTold = false;

  constructor(options: ApiBudgetOptions = {}) {
    const { limit = CLOUDFLARE_LIMIT, now = Date.now, sleep = pause } = options;
    this.limit = limit;
    this.calls = Math.max(1, Math.floor((limit.calls * limit.sharePercent) / 100));
    this.#shared = options.shared;
    this.#now = now;
    this.#sleep = sleep;
  }

  /** Calls that may be made now: in background work, without those that it leaves to others. */
  left(): number {
    return this.#count((counter) => counter.left(this.#reserve()));
  }

  /** Why calls are counted in this process alone, though they should not. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /**
   * Counts one call, as soon as it may be made.
   *
   * @param patience milliseconds that it waits at most. Default: two windows.
   * @throws Error as soon as it is clear that it may not be made in that time. Rejects when the signal is aborted.
   */
  async spend(
    signal?: AbortSignal | null,
    patience = PATIENCE * this.limit.windowSeconds * 1000,
  ): Promise<void> {
    const deadline = this.#now() + patience;
    for (;;) {
      signal?.throwIfAborted();
      const wait = this.#count((counter) => counter.take(this.#reserve()));
      this.#tellProblem();
      if (wait === 0) return;
      if (this.#now() + wait > deadline) {
        throw new Error(`${this.#exhausted(wait)}; try again later`);
      }
      this.#tellWait(wait);
      await this.#sleep(wait, signal ?? undefined);
    }
  }

  /** What an answer says about how many calls are left, whoever made the others. */
  learn({ status, headers }: Pick<Response, "status" | "headers">): void {
    const window = this.limit.windowSeconds * 1000;
    const [, remaining, seconds] = REMAINING.exec(headers.get("ratelimit") ?? "") ?? [];
    if (status === 429) {
      const asked = Number(headers.get("retry-after") ?? seconds ?? Number.NaN) * 1000;
      const milliseconds = Number.isNaN(asked) ? window * UNTOLD_PAUSE : Math.min(asked, window);
      this.#count((counter) => counter.tell(0, milliseconds));
    } else if (remaining !== undefined) {
      this.#count((counter) => counter.tell(Number(remaining), Number(seconds) * 1000));
    }
  }

  #reserve(): number {
    return currentWork()?.isBackground === true ? Math.floor(this.calls * RESERVE) : 0;
  }

  #tellWait(milliseconds: number): void {
    const work = currentWork();
    if (work === undefined || (this.#told.get(work) ?? 0) > this.#now()) return;
    this.#told.set(work, this.#now() + milliseconds);
    work.tell(`waiting: ${this.#exhausted(milliseconds)}`);
  }

  #exhausted(milliseconds: number): string {
    const { calls, windowSeconds, sharePercent } = this.limit;
    return `our ${sharePercent} % of Cloudflare's ${calls} calls in ${windowSeconds} s, or all of them, are used up for the next ${Math.ceil(milliseconds / 1000)} s`;
  }

  #tellProblem(): void {
    if (this.#problem === undefined || this.#isProblemTold) return;
    this.#isProblemTold = true;
    currentWork()?.tell(this.#problem);
  }

  /** On the shared count, or by this process alone once that has failed: no call fails for it. */
  #count<T>(use: (counter: CallCounter) => T): T {
    const limit: CallLimit = { calls: this.calls, windowMilliseconds: this.limit.windowSeconds * 1000 };
    const shared = this.#problem === undefined ? this.#shared : undefined;
    if (shared === undefined) {
      this.#counter ??= new CallCounter(":memory:", "", limit, this.#now);
      return use(this.#counter);
    }
    try {
      this.#counter ??= new CallCounter(shared.file, shared.key, limit, this.#now);
      return use(this.#counter);
    } catch (error) {
      this.#problem = `calls of Cloudflare's API are counted in this process alone: ${shared.file}: ${because(error)}`;
      this.#counter = undefined;
      return this.#count(use);
    }
  }
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(milliseconds, undefined, { signal });
}
