/** Reads that run the engine or ask the clouds: a few at once, so that nobody can keep the service from its work. */
import PQueue from "p-queue";
import { problem } from "../problems/problem.ts";
import { ServiceCode } from "../problems/problemTypes.ts";

const AT_ONCE = 4;
const MOST_WAITING = 50;

export class Reads {
  readonly #queue = new PQueue({ concurrency: AT_ONCE });
  readonly #shared = new Map<string, Promise<unknown>>();

  /** @throws ProblemError too-many-operations when fifty wait already. */
  run<R>(read: () => Promise<R>, signal: AbortSignal): Promise<R> {
    if (this.#queue.size >= MOST_WAITING) {
      throw problem(ServiceCode.TooManyOperations, `${MOST_WAITING} reads wait already. Ask again later.`);
    }
    return this.#queue.add(read, { signal }) as Promise<R>;
  }

  /** Whoever asks for the same while it goes on gets the same answer. */
  shared<R>(what: string, read: () => Promise<R>): Promise<R> {
    const present = this.#shared.get(what);
    if (present !== undefined) return present as Promise<R>;
    const begun = read().finally(() => this.#shared.delete(what));
    this.#shared.set(what, begun);
    return begun;
  }
}
