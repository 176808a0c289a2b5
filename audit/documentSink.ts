/** Records as documents in a bucket, one each: `audit/2026/11/22/20261122T143754123Z-<id>.json`. */
import { ABSENT, type DocumentStore } from "../storage/documentStore.ts";
import type { AuditFilter, AuditRecord, AuditSink } from "./audit.ts";
import { checkRecord } from "./checkRecord.ts";
import { parseRecord } from "./fileSink.ts";

const READ_AT_ONCE = 16;
/** How far back records are looked for. */
const MONTHS = 24;

export class DocumentAuditSink implements AuditSink {
  readonly location: string;
  readonly #store: DocumentStore;
  readonly #now: () => Date;

  /** @param now default: the real clock. */
  constructor(store: DocumentStore, now: () => Date = () => new Date()) {
    this.location = `${store.location}/audit`;
    this.#store = store;
    this.#now = now;
  }

  /** Never replaces a record. */
  async append(record: AuditRecord): Promise<void> {
    const checked = checkRecord(record);
    const time = new Date(checked.time).toISOString();
    const day = time.slice(0, "2026-11-22".length).replaceAll("-", "/");
    const key = `audit/${day}/${time.replaceAll(/[-:.]/g, "")}-${checked.id}.json`;
    await this.#store.write(key, `${JSON.stringify(checked)}\n`, ABSENT);
  }

  /** Of this month and the 23 before it. */
  async read({ tenant, limit }: AuditFilter): Promise<AuditRecord[]> {
    const found: AuditRecord[] = [];
    for (let back = 0; back < MONTHS && found.length < limit; back += 1) {
      const keys = (await this.#store.list(this.#month(back))).reverse();
      for (let index = 0; index < keys.length && found.length < limit; index += READ_AT_ONCE) {
        const batch = keys.slice(index, index + READ_AT_ONCE);
        const records = await Promise.all(batch.map((key) => this.#store.read(key)));
        for (const stored of records) {
          const record = stored && parseRecord(stored.text);
          if (record && (tenant === undefined || record.tenants.includes(tenant))) found.push(record);
        }
      }
    }
    return found.slice(0, limit);
  }

  #month(back: number): string {
    const now = this.#now();
    const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back));
    return `audit/${month.toISOString().slice(0, "2026-11".length).replace("-", "/")}/`;
  }
}
