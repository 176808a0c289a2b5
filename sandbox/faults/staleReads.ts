/** Remembers where the last write of each resource was, so that the reads after it can look past it. */
import type { Store } from "../store.ts";
import type { Faults } from "./faults.ts";
import type { FaultRule } from "./rule.ts";

interface LastWrite {
  /** A point in the store's history. */
  mark: number;
  /** Of the rules that were in force. */
  generation: number;
  stale: Map<FaultRule, number>;
}

export class StaleReads {
  readonly #store: Store;
  readonly #faults: Pick<Faults, "generation">;
  readonly #writes = new Map<string, LastWrite>();

  constructor(store: Store, faults: Pick<Faults, "generation">) {
    this.#store = store;
    this.#faults = faults;
  }

  /** Call before a write takes effect. `keys`: what later reads will ask for. */
  beforeWrite(keys: readonly string[]): void {
    const mark = this.#store.remember();
    const { generation } = this.#faults;
    for (const key of keys) this.#writes.set(key, { mark, generation, stale: new Map() });
  }

  /**
   * Whether a read with this key has a write to look past, and looks past it for the rule's number of times only. What was
   * written before these rules were in force is seen by everybody.
   */
  isStale(key: string, rule: FaultRule): boolean {
    const write = this.#writes.get(key);
    if (write?.generation !== this.#faults.generation) return false;
    return (write.stale.get(rule) ?? 0) < rule.reads;
  }

  /** Reads as it was before the last write with this key. */
  read<T>(key: string, rule: FaultRule, work: () => T): T {
    const write = this.#writes.get(key);
    if (write === undefined) return work();
    write.stale.set(rule, (write.stale.get(rule) ?? 0) + 1);
    return this.#store.asOf(write.mark, work);
  }
}
