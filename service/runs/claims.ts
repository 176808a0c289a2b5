/** Takes operations for this process, so that no other one runs them besides. */
import { randomUUID } from "node:crypto";
import { ErrorCode } from "../../operations/errors.ts";
import { describeProblem } from "../problems/problem.ts";
import { isFree, newLease } from "./lease.ts";
import { endedRecord, type RunRecord, RunState, type RunStore } from "./runRecord.ts";

/** What nobody runs and was asked longer ago is not begun again: who asked has given up or asked again. */
const TOO_OLD_MILLISECONDS = 3600 * 1000;

const TOO_OLD = describeProblem(
  ErrorCode.Aborted,
  "It was stopped, and nobody took it up within an hour after it was asked for.",
  { ways: ["Ask again: send the same request."] },
);

export interface ClaimsOptions {
  store: RunStore;
  now: () => Date;
  /** For how long a process that says nothing more still has what it runs. */
  leaseSeconds: number;
}

export class Claims {
  readonly #options: ClaimsOptions;
  readonly #owner = randomUUID();

  constructor(options: ClaimsOptions) {
    this.#options = options;
  }

  isMine(record: RunRecord | undefined): boolean {
    return record?.lease?.owner === this.#owner;
  }

  /** @returns the record as it stands: another process may run it already, or have done it meanwhile. */
  async take(record: RunRecord): Promise<RunRecord> {
    const wanted = { ...record, lease: this.#lease() };
    const kept = await this.#options.store.change(record.id, (found) => {
      if (found === undefined || found.state === RunState.Failed) return wanted;
      return this.#isOpen(found) ? wanted : undefined;
    });
    return kept ?? record;
  }

  /** Takes what nobody runs; what is too old for that fails. @returns the record as it stands. */
  takeUp(id: string): Promise<RunRecord | undefined> {
    const { store, now } = this.#options;
    return store.change(id, (record) => {
      if (record === undefined || !this.#isOpen(record)) return undefined;
      return now().getTime() - Date.parse(record.createdAt) > TOO_OLD_MILLISECONDS
        ? endedRecord(record, { kind: "failed", problem: TOO_OLD }, now())
        : { ...record, lease: this.#lease() };
    });
  }

  /** @returns false when another process has taken it. */
  async renew(id: string): Promise<boolean> {
    const kept = await this.#options.store.change(id, (record) =>
      record !== undefined && this.isMine(record) ? { ...record, lease: this.#lease() } : undefined,
    );
    return this.isMine(kept);
  }

  /** Keeps how it went, unless another process has taken it. */
  async give(record: RunRecord): Promise<void> {
    await this.#options.store.change(record.id, (kept) => (this.isMine(kept) ? record : undefined));
  }

  #lease() {
    return newLease(this.#owner, this.#options.now(), this.#options.leaseSeconds);
  }

  #isOpen(record: RunRecord): boolean {
    if (record.state !== RunState.Running) return false;
    return this.isMine(record) || isFree(record.lease, this.#options.now());
  }
}
