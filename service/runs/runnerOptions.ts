/** What runs of operations are set up and begun with. */
import type { Logger } from "pino";
import type { Operations } from "../../operations/contract.ts";
import type { Ask } from "./invoke.ts";
import type { RunStore } from "./runRecord.ts";

export interface RunnerOptions {
  operations: Operations;
  store: RunStore;
  log: Logger;
  now: () => Date;
  /** For how long the progress of what has ended stays in memory. */
  progressSeconds: number;
  /** Operations that run or wait at once. */
  mostRuns: number;
  /** For how long a process that says nothing more still has what it runs. */
  leaseSeconds: number;
  /** For metrics. */
  onEnd: (operation: Ask["operation"], result: string, seconds: number) => void;
}

export interface StartOptions {
  /** To repeat what was asked under an idempotency key: what it led to is answered again. */
  id?: string | undefined;
  /** true: a rotation that ended a short time ago is answered again, for callers who repeat after a time-out. */
  repeats?: boolean | undefined;
}
