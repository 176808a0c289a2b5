/** The stacks of an environment, each opened when it is needed for the first time. */
import { type Kept, readKept } from "../../probes/keptProbes.ts";
import type { DocumentStore } from "../../storage/documentStore.ts";
import type { Operations } from "../contract.ts";
import type { EnvironmentLists, ShardLists } from "./shardLists.ts";

export interface ShardsOptions {
  environment: string;
  /** Reads the lists of its stacks. */
  lists: Pick<EnvironmentLists, "read" | "mentioning" | "stacks">;
  open(stack: string): Promise<Operations>;
  /** Where probes are kept. */
  documents: DocumentStore;
}

export class Shards {
  readonly environment: string;
  readonly #options: ShardsOptions;
  readonly #opening = new Map<string, Promise<Operations>>();
  readonly #opened: Operations[] = [];

  constructor(options: ShardsOptions) {
    this.environment = options.environment;
    this.#options = options;
  }

  /** As they stand now: a stack whose file was added since counts, too. */
  async lists(signal: AbortSignal | undefined): Promise<ShardLists> {
    return await this.#options.lists.read(signal);
  }

  /** Without a look at their lists. */
  async stacks(): Promise<{ stack: string; file: string }[]> {
    return await this.#options.lists.stacks();
  }

  /** Those that may have this id. */
  async listsWith(id: string, signal: AbortSignal | undefined): Promise<ShardLists> {
    return await this.#options.lists.mentioning(id, signal);
  }

  /** @throws what opening it throws; the next call tries again. */
  operations(stack: string): Promise<Operations> {
    const opening = this.#opening.get(stack) ?? this.#open(stack);
    this.#opening.set(stack, opening);
    return opening;
  }

  /** What is kept of the stack's tenants: a document that cannot be read is an empty one. */
  async kept(stack: string, signal: AbortSignal | undefined): Promise<Kept> {
    try {
      return await readKept({ stack, documents: this.#options.documents }, signal);
    } catch {
      signal?.throwIfAborted();
      return { askedAt: undefined, tenants: new Map() };
    }
  }

  /** Those that were opened until now. */
  get opened(): readonly Operations[] {
    return this.#opened;
  }

  /** Closes all, also when one cannot be closed. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#opening.values());
    const results = await Promise.allSettled(this.#opened.map((operations) => operations.close()));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  async #open(stack: string): Promise<Operations> {
    try {
      const operations = await this.#options.open(stack);
      this.#opened.push(operations);
      return operations;
    } catch (error) {
      this.#opening.delete(stack);
      throw error;
    }
  }
}
