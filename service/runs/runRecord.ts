/** What is kept of an operation that somebody asked for, so that it can be asked after and taken up again. */
import { z } from "zod";
import type { DocumentStore, StoredDocument } from "../../storage/documentStore.ts";
import { type StoredProblem, storedProblem } from "../problems/problem.ts";
import { CHANGING, hasSecrets } from "./invoke.ts";

export const RunState = { Running: "running", Succeeded: "succeeded", Failed: "failed" } as const;
export type RunState = (typeof RunState)[keyof typeof RunState];

/** No secret is in it: inputs have none, and results that do are not kept. */
const runRecord = z.strictObject({
  id: z.uuid(),
  operation: z.enum(CHANGING),
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
    return parse(await this.#documents.read(this.#key(id)));
  }

  /** A record has one writer: the process that runs the operation. */
  async save(record: RunRecord): Promise<void> {
    await this.#documents.write(this.#key(record.id), JSON.stringify(record), undefined);
  }

  /** Every record that can be read, the oldest first; those that ended too long ago are deleted. */
  async tidy(now: Date): Promise<RunRecord[]> {
    const kept: RunRecord[] = [];
    for (const key of await this.#documents.list(this.#prefix)) {
      const record = parse(await this.#documents.read(key));
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
function parse(document: StoredDocument | undefined): RunRecord | undefined {
  if (document === undefined) return undefined;
  try {
    return runRecord.parse(JSON.parse(document.text));
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
  const endedAt = now.toISOString();
  if (outcome.kind === "failed") {
    return { ...record, state: RunState.Failed, endedAt, problem: outcome.problem };
  }
  const result = z.record(z.string(), z.unknown()).parse(outcome.result);
  const { operation } = record;
  return {
    ...record,
    // A rotation is repeated for its answer only: it ends where it has ended.
    input: {
      ...record.input,
      ...(operation === "rotateKeys" ? { to: result["keyGeneration"] } : {}),
      ...(operation === "rotateTunnel" ? { to: result["tunnelSecretGeneration"] } : {}),
    },
    tenant: typeof result["tenant"] === "string" ? result["tenant"] : null,
    state: RunState.Succeeded,
    endedAt,
    result: hasSecrets(operation) ? null : result,
  };
}
