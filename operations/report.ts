/** Reports progress to whoever asked for an operation. */
import type { Call, ProgressEvent } from "./contract.ts";

/** A listener that throws is no reason to fail. */
export function reportTo({ onProgress }: Call, event: Omit<ProgressEvent, "time">): void {
  try {
    onProgress?.({ time: new Date().toISOString(), ...event });
  } catch {
    // Its own concern.
  }
}
