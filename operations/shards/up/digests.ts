/** Digests of what the stacks of an environment depend on, as it is now. */
import { borrowersOf, homeOf, namedHome } from "./homes.ts";
import { inputsDigest } from "./inputs.ts";
import type { Shard } from "./readShards.ts";

export interface DigestsSource {
  shards: readonly Shard[];
  /** See `programDigest`. */
  program: string | undefined;
  /** The output `network` of a stack; rejects when that cannot be read. */
  networkOf(stack: string): Promise<unknown>;
}

export class Digests {
  readonly #source: DigestsSource;
  /** By the name of the stack that has it. */
  readonly #networks = new Map<string, Promise<unknown>>();

  constructor(source: DigestsSource) {
    this.#source = source;
  }

  /** Undefined when something that the stack depends on cannot be seen. */
  async of(shard: Shard): Promise<string | undefined> {
    const { program, shards } = this.#source;
    if (program === undefined) return undefined;
    const { file, sharedEntries } = shard;
    const home = namedHome(shard);
    try {
      const network = home && (await this.#networkOf(homeOf(shard, shards)?.stack ?? home));
      const borrowers = borrowersOf(shard, shards);
      return inputsDigest({ file: file.contents, sharedEntries, program, network, borrowers });
    } catch {
      // The stack's own run says what cannot be read, and why.
      return undefined;
    }
  }

  /** To be called when the stack was updated: the network of others may be another one. */
  forget(stack: string): void {
    this.#networks.delete(stack);
  }

  #networkOf(stack: string): Promise<unknown> {
    const network = this.#networks.get(stack) ?? this.#source.networkOf(stack);
    this.#networks.set(stack, network);
    return network;
  }
}
