/** The records that the program has: a hostname may go from one of a tenant's records to another. */
import type { DnsRecord } from "@pulumi/cloudflare/dnsRecord.js";
import { type Input, output } from "@pulumi/pulumi";

/** How long a tenant's other records may take to become known. Milliseconds. */
const PATIENCE = 30_000;
const PAUSE = 100;

interface Entry {
  /** By which the records of a tenant are known. */
  mark: string;
  /** Account of the tunnel that it leads to. */
  accountId: string;
  /** At Cloudflare, once known. */
  id: string | undefined;
  /** It could not be created: so it has no id. */
  isMissing: boolean;
}

export class KnownRecords {
  /** By the name of the resource. */
  readonly #entries = new Map<string, Entry>();
  readonly #pause: (milliseconds: number) => Promise<void>;

  constructor(pause: (milliseconds: number) => Promise<void>) {
    this.#pause = pause;
  }

  watch(name: string, record: DnsRecord, mark: string, accountId: Input<string>): void {
    const entry: Entry = { mark, accountId: "", id: undefined, isMissing: false };
    this.#entries.set(name, entry);
    record.id.apply((id) => {
      entry.id = id || undefined;
    });
    output(accountId).apply((account) => {
      entry.accountId = account;
    });
  }

  accountOf(name: string): string {
    return this.#entries.get(name)?.accountId ?? "";
  }

  /** What a hook is told of it. @param id empty when there is none. */
  tell(name: string, id: string): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    entry.id ??= id || undefined;
    entry.isMissing = entry.id === undefined;
  }

  /**
   * Ids of the other records of the same tenant, as soon as all of them are known. Undefined: they do not become known in
   * time, and any record may be one of them.
   */
  async others(name: string): Promise<ReadonlySet<string> | undefined> {
    const mark = this.#entries.get(name)?.mark;
    const others = [...this.#entries].flatMap(([other, entry]) =>
      other !== name && entry.mark === mark ? [entry] : [],
    );
    const areKnown = () => others.every(({ id, isMissing }) => id !== undefined || isMissing);
    for (let waited = 0; !areKnown() && waited < PATIENCE; waited += PAUSE) await this.#pause(PAUSE);
    return areKnown() ? new Set(others.flatMap(({ id }) => id ?? [])) : undefined;
  }
}
