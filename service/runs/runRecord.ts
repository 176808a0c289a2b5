/** What is kept of an operation that somebody asked for, so that it can be asked after and taken up again. */
import { z } from "zod";
import { type DocumentStore, updateDocument } from "../../storage/documentStore.ts";
import { type StoredProblem, storedProblem } from "../problems/problem.ts";
import { CHANGING, hasSecrets } from "./invoke.ts";
import { lease } from "./lease.ts";

export const RunState = { Running: "running", Succeeded: "succeeded", Failed: "failed" } as const;
export type RunState = (typeof RunState)[keyof typeof RunState];

/** No secret is in it: inputs have none, and results that do are not kept. */
const runRecord = z.strictObject({
  id: z.uuid(),
  operation: z.enum(CHANGING),
  /** Of rotations with `to`. */
  input: z.record(z.string(), z.unknown()),
  /** Which tenant it turned out to be; null before the end, and for operations on no single tenant. */
  tenant: z.string().nullable(),
  /** Name of the token. */
  actor: z.string(),
  requestId: z.string(),
  state: z.enum(RunState),
  createdAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  /** Of operations whose results hold no secret. */
  result: z.record(z.string(), z.unknown()).nullable(),
  problem: storedProblem.nullable(),
  /** Who runs it; null when nobody does. */
  lease: lease.nullable(),
});
export type RunRecord = z.output<typeof runRecord>;

/** For how long one can ask after an operation that has ended, and use its idempotency key. */
export const KEPT_MILLISECONDS = 24 * 3600 * 1000;

export class RunStore {
  readonly #documents: DocumentStore;
  readonly #prefix: string;

  constructor(documents: DocumentStore, prefix: string) {
    this.#documents = documents;
    this.#prefix = `${prefix}/operations/`;
  }

  async read(id: string): Promise<RunRecord | undefined> {
    return parse((await this.#documents.read(this.#key(id)))?.text);
  }

  /**
   * Changes a record by compare-and-swap.
   *
   * @param change given undefined when there is none; returns undefined to leave it as it is.
   * @returns the record as it stands afterwards.
   */
  async change(
    id: string,
    change: (record: RunRecord | undefined) => RunRecord | undefined,
  ): Promise<RunRecord | undefined> {
    const kept = await updateDocument(this.#documents, this.#key(id), (text) => {
      const changed = change(parse(text));
      return changed && JSON.stringify(changed);
    });
    return parse(kept?.text);
  }

  /** Every record that can be read, the oldest first; those that ended too long ago are deleted. */
  async tidy(now: Date): Promise<RunRecord[]> {
    const kept: RunRecord[] = [];
    for (const key of await this.#documents.list(this.#prefix)) {
      const record = parse((await this.#documents.read(key))?.text);
      if (record === undefined) continue;
      const over = record.endedAt !== null && now.getTime() - Date.parse(record.endedAt) > KEPT_MILLISECONDS;
      if (over) await this.#documents.delete(key);
      else kept.push(record);
    }
    return kept.sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  }

  #key(id: string): string {
    return `${this.#prefix}${id}.json`;
  }
}

/** Undefined also for what another version of the service wrote in a way that this one cannot read. */
function parse(text: string | undefined): RunRecord | undefined {
  if (text === undefined) return undefined;
  try {
    return runRecord.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** How a record tells of its end. */
export function endedRecord(
  record: RunRecord,
  outcome: { kind: "succeeded"; result: unknown } | { kind: "failed"; problem: StoredProblem },
  now: Date,
): RunRecord {
  const ended = { ...record, endedAt: now.toISOString(), lease: null };
  if (outcome.kind === "failed") return { ...ended, state: RunState.Failed, problem: outcome.problem };
  const result = z.record(z.string(), z.unknown()).parse(outcome.result);
  return {
    ...ended,
    tenant: typeof result["tenant"] === "string" ? result["tenant"] : null,
    state: RunState.Succeeded,
    result: hasSecrets(record.operation) ? null : result,
  };
}
