/** What moves of tenants were begun and not ended, kept between runs: of one that was killed, the next run learns here. */
import { z } from "zod";
import { because } from "../../../clients/failureText.ts";
import { shortStackName } from "../../../naming/shortStackName.ts";
import {
  ABSENT,
  type DocumentStore,
  StorageError,
  VersionConflictError,
} from "../../../storage/documentStore.ts";
import type { OperationContext } from "../../context.ts";
import { type Call, ProgressKind } from "../../contract.ts";
import { ErrorCode, OperationError } from "../../errors.ts";

const moveRecord = z.object({
  tenant: z.string(),
  from: z.string(),
  to: z.string(),
  /** True once it was decided that it goes back. */
  isUndone: z.boolean(),
  /** RFC 3339. */
  startedAt: z.iso.datetime(),
});

export type MoveRecord = z.output<typeof moveRecord>;

function textOf(record: MoveRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}

/** The unfinished moves of an environment. Every method throws StorageError. */
export class MoveLog {
  readonly #documents: DocumentStore;
  readonly #folder: string;

  constructor(documents: DocumentStore, environment: string) {
    this.#documents = documents;
    this.#folder = `moves/${environment}/`;
  }

  /** @throws StorageError, also when it is damaged: nobody else knows which way the tenant went. */
  async read(tenant: string): Promise<MoveRecord | undefined> {
    return await this.#read(this.#keyOf(tenant));
  }

  /** The first record of a move. @throws OperationError not-allowed-now when another process has begun one of the tenant. */
  async begin(record: MoveRecord): Promise<void> {
    const { tenant } = record;
    try {
      await this.#documents.write(this.#keyOf(tenant), textOf(record), ABSENT);
    } catch (error) {
      if (!(error instanceof VersionConflictError)) throw error;
      const other = await this.read(tenant);
      const way = other === undefined ? "" : ` from ${other.from} to ${other.to}`;
      throw new OperationError(
        ErrorCode.NotAllowedNow,
        `a move of ${tenant}${way} was begun meanwhile by another process; nothing was changed`,
        { ways: ["wait until that one has ended, then run it again"], cause: error },
      );
    }
  }

  /** Over whatever is there. */
  async write(record: MoveRecord): Promise<void> {
    await this.#documents.write(this.#keyOf(record.tenant), textOf(record), undefined);
  }

  async drop(tenant: string): Promise<void> {
    await this.#documents.delete(this.#keyOf(tenant));
  }

  async all(signal: AbortSignal | undefined): Promise<MoveRecord[]> {
    const keys = await this.#documents.list(this.#folder, signal);
    const records = await Promise.all(keys.map((key) => this.#read(key)));
    return records.filter((record) => record !== undefined);
  }

  #keyOf(tenant: string): string {
    return `${this.#folder}${tenant}.json`;
  }

  async #read(key: string): Promise<MoveRecord | undefined> {
    const found = await this.#documents.read(key);
    if (found === undefined) return undefined;
    try {
      return moveRecord.parse(JSON.parse(found.text));
    } catch (error) {
      throw new StorageError(
        `${this.#documents.location}/${key} is no record of a move. Look which of the two stacks has the tenant (pulumi stack --show-urns), leave its entry in that stack's list alone, and remove the record.`,
        { cause: error },
      );
    }
  }
}

/** Tells of moves that have to do with the stack and were not ended. What cannot be read stops nothing. */
export async function tellOfMoves(context: OperationContext, call: Call): Promise<void> {
  const { documents, stack } = context;
  const name = shortStackName(stack);
  try {
    const { settings } = await context.configuration(call.signal);
    const { environment } = settings;
    for (const { tenant, from, to } of await new MoveLog(documents, environment).all(call.signal)) {
      if (name !== from && name !== to) continue;
      const message = `it was being moved from ${from} to ${to} when that was stopped: tenant-edge move ${tenant} --to ${to} --env ${environment} goes on, --to ${from} takes it back`;
      context.report(call, { kind: ProgressKind.Note, message, tenant });
    }
  } catch (error) {
    call.signal?.throwIfAborted();
    const message = `moves that were not ended cannot be looked for: ${because(error)}`;
    context.report(call, { kind: ProgressKind.Note, message });
  }
}
