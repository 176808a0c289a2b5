/** What runs, by what was asked: the same request by the same caller at the same time is one run. */
import type { Run } from "./run.ts";

export class JoinableRuns {
  readonly #runs = new Map<string, Promise<Run>>();
  readonly #endOf: (run: Run) => Promise<void> | undefined;

  /** @param endOf undefined for what does not run. */
  constructor(endOf: (run: Run) => Promise<void> | undefined) {
    this.#endOf = endOf;
  }

  join(request: string, begin: () => Promise<Run>): Promise<Run> {
    return this.#runs.get(request) ?? this.add(request, begin());
  }

  /** Until it has ended. */
  add(request: string, begun: Promise<Run>): Promise<Run> {
    this.#runs.set(request, begun);
    const forget = () => {
      if (this.#runs.get(request) === begun) this.#runs.delete(request);
    };
    begun.then((run) => this.#endOf(run)?.then(forget, forget) ?? forget(), forget);
    return begun;
  }
}
