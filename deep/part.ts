/** What one part of the deep run is given and gives back. */
import type { Engine } from "../sandbox/engine/engine.ts";

export interface DeepOptions {
  engine: Engine;
  /** Every choice by chance derives from it: the same seed tries the same cases. */
  seed: number;
  /** How many cases to try, where a part has no natural number of them. Default: the part's own for a deep run. */
  cases?: number | undefined;
  /** Whether nothing more is to be begun, where a part has more than it can do. Default: never. */
  isTimeUp?: () => boolean;
  /** Shows how far it is. */
  report(line: string): void;
}

/** One line of the table. Counts are whole numbers; what does not concern a part is left out. */
export interface DeepRow {
  /** What was tried, for example `429 with Retry-After` or `kill of the engine`. */
  name: string;
  cases: number;
  /** Cases that ended in the right state, within the runs that are allowed. */
  survived: number;
  /** Things or secrets that were lost. */
  lost?: number;
  /** Things left behind at Cloudflare or AWS, duplicates included. */
  orphans?: number;
  /** Secrets found where none may be. */
  canaries?: number;
}

export interface DeepResult {
  rows: readonly DeepRow[];
  /** Sentences with what was measured and its bound, for example how long the creation of 500 tenants took. */
  figures: readonly string[];
  /** What went wrong, one text per case, with all that is needed to try it again. Empty when all is well. */
  failures: readonly string[];
}

export interface DeepPart {
  /** Heading of its rows, for example `Faults`. */
  title: string;
  run(options: DeepOptions): Promise<DeepResult>;
}
