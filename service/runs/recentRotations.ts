/** Rotations that ended a short time ago: callers who got no answer in time ask for the same again. */
import type { Call, Operations } from "../../operations/contract.ts";
import { isCurrent, isRotation } from "./rotations.ts";
import { type RunRecord, RunState } from "./runRecord.ts";

/** After the end of a rotation. */
const RECENT_MILLISECONDS = 600 * 1000;

/** What a caller asked for: without the generation that a rotation was given at its beginning. */
export function requestOf({ actor, operation, input }: RunRecord): string {
  return requestKey(actor, operation, isRotation(operation) ? { ...input, to: undefined } : input);
}

export function requestKey(actor: string, operation: RunRecord["operation"], input: object): string {
  return JSON.stringify([actor, operation, input]);
}

export class RecentRotations {
  readonly #now: () => Date;
  readonly #records = new Map<string, RunRecord>();

  constructor(now: () => Date) {
    this.#now = now;
  }

  add(record: RunRecord): void {
    for (const [request, former] of this.#records) {
      if (!this.#isRecent(former)) this.#records.delete(request);
    }
    const isRotated = record.state === RunState.Succeeded && isRotation(record.operation);
    if (isRotated && this.#isRecent(record)) this.#records.set(requestOf(record), record);
  }

  /** Only while its generation is the one in use. */
  async find(request: string, operations: Operations, call: Call): Promise<RunRecord | undefined> {
    const record = this.#records.get(request);
    if (record === undefined || !this.#isRecent(record)) return undefined;
    return (await isCurrent(operations, record, call)) ? record : undefined;
  }

  #isRecent({ endedAt }: RunRecord): boolean {
    return this.#now().getTime() - Date.parse(endedAt ?? "") < RECENT_MILLISECONDS;
  }
}
