/** What was called, for `sandbox calls`, for the count an operator sees, and for tests that forbid calls. */
import type { Collection, Store } from "../store.ts";

export const Service = { api: "api", s3: "s3" } as const;
export type Service = (typeof Service)[keyof typeof Service];

export interface Call {
  sequence: number;
  /** RFC 3339. */
  time: string;
  service: Service;
  method: string;
  /** Pattern of the route that answered, `*` when none did. */
  route: string;
  path: string;
  status: number;
  /** Undefined when the request was not authenticated. */
  tokenId?: string;
}

/** Bounded: the last `capacity` calls. */
export class CallLog {
  readonly #calls: Collection<Call>;
  readonly #capacity: number;
  #last: number;

  constructor(store: Store, capacity = 10_000) {
    this.#calls = store.collection<Call>("cloudflare.calls");
    this.#capacity = capacity;
    this.#last = Number(this.#calls.ids().at(-1) ?? 0);
  }

  append(call: Omit<Call, "sequence">): void {
    this.#last += 1;
    this.#calls.put(String(this.#last), { sequence: this.#last, ...call });
    this.#calls.delete(String(this.#last - this.#capacity));
  }

  /** A point in the log: what comes after it is what `since` returns. */
  mark(): number {
    return this.#last;
  }

  /** The calls after `mark`, oldest first; of one service alone when it is given. */
  since(mark: number, service?: Service): Call[] {
    const calls: Call[] = [];
    for (let sequence = mark + 1; sequence <= this.#last; sequence += 1) {
      const call = this.#calls.get(String(sequence));
      if (call !== undefined && (service === undefined || call.service === service)) calls.push(call);
    }
    return calls;
  }

  all(): Call[] {
    return this.#calls.values();
  }
}
