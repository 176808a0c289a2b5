/** What an operation is about to do, to be done or to be shown. */
import type { BringOptions } from "./context.ts";

export interface Change {
  tenant: string;
  change: BringOptions;
  /** What is done besides the engine's update, in words. */
  notes: readonly string[];
}
