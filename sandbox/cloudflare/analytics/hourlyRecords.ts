import type { Collection, Store } from "../../store.ts";

const HOUR = 3_600_000;
/** How far back analytics go, in milliseconds. Cloudflare R2 documentation, "Metrics and analytics": 31 days. */
export const RETENTION = 31 * 24 * HOUR;

export interface HourlyRecord<Labels, Values> {
  /** Milliseconds since 1970 at which it begins. */
  hour: number;
  labels: Labels;
  values: Values;
}

/** What happened, one record per hour and set of labels: bounded, however many calls there were. */
export class HourlyRecords<Labels extends Record<string, string>, Values> {
  readonly #records: Collection<HourlyRecord<Labels, Values>>;
  readonly #now: () => Date;
  #latest = 0;

  constructor(store: Store, name: string, now: () => Date) {
    this.#records = store.collection(`cloudflare.analytics.${name}`);
    this.#now = now;
  }

  /** Changes the record of this hour; `change` gets undefined when there is none yet. */
  update(labels: Labels, change: (values: Values | undefined) => Values): void {
    const hour = Math.floor(this.#now().getTime() / HOUR) * HOUR;
    if (hour !== this.#latest) this.#prune(hour);
    const id = JSON.stringify([hour, ...Object.values(labels)]);
    this.#records.put(id, { hour, labels, values: change(this.#records.get(id)?.values) });
  }

  /** The records that `matches` picks by their labels, oldest first. */
  of(matches: (labels: Labels) => boolean): HourlyRecord<Labels, Values>[] {
    return this.#records
      .filter(({ labels }) => matches(labels))
      .sort((left, right) => left.hour - right.hour);
  }

  #prune(hour: number): void {
    this.#latest = hour;
    for (const id of this.#records.ids()) {
      if ((this.#records.get(id)?.hour ?? 0) < hour - RETENTION - HOUR) this.#records.delete(id);
    }
  }
}
