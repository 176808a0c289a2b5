/** Remembers where the last write of each resource was, so that the reads after it can look past it. */
import type { Store } from "../store.ts";
import type { FaultRule } from "./rule.ts";

interface LastWrite {
  /** A point in the store's history. */
  mark: number;
  stale: Map<FaultRule, number>;
}

export class StaleReads {
  readonly #store: Store;
  readonly #writes = new Map<string, LastWrite>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Call before a write takes effect. `keys`: what later reads will ask for. */
  beforeWrite(keys: readonly string[]): void {
    const mark = this.#store.remember();
    for (const key of keys) this.#writes.set(key, { mark, stale: new Map() });
  }

  /** Whether a read with this key has a write to look past, and looks past it for the rule's number of times only. */
  isStale(key: string, rule: FaultRule): boolean {
    const write = this.#writes.get(key);
    return write !== undefined && (write.stale.get(rule) ?? 0) < rule.reads;
  }

  /** Reads as it was before the last write with this key. */
  read<T>(key: string, rule: FaultRule, work: () => T): T {
    const write = this.#writes.get(key);
    if (write === undefined) return work();
    write.stale.set(rule, (write.stale.get(rule) ?? 0) + 1);
    return this.#store.asOf(write.mark, work);
  }
}
