/** What the history of a stack's updates says of its state. */

/** One of them. */
export interface PastRun {
  kind: string;
  result: string;
  /** Resources by what became of them. */
  changes: Readonly<Record<string, number>>;
  /** It was for some tenants alone. */
  isFocused: boolean;
}

export interface Standing {
  /** The last update for all ended well: only then do the outputs tell what is there. A refresh mends nothing. */
  isSettled: boolean;
  /** Besides, nothing has happened since that the next update for all would make right: a refresh found something gone. */
  isUntouched: boolean;
}

/** Updates of the history among which one is that is neither a refresh nor for some tenants alone. */
export const LOOK_BACK = 20;

/** A refresh that has found everything as the state has it. */
export function hasOnlyLooked({ kind, result, changes }: Omit<PastRun, "isFocused">): boolean {
  return kind === "refresh" && result === "succeeded" && Object.keys(changes).every((op) => op === "same");
}

/** @param runs the newest first, at most `LOOK_BACK`. None for a stack that was never updated. */
export function standingOf(runs: readonly PastRun[]): Standing {
  // One for some tenants, while another run for others failed, tells nothing of that.
  const telling = runs.filter(({ isFocused, result }) => !isFocused || result !== "succeeded");
  const last = telling.find(({ kind }) => kind !== "refresh");
  const newest = telling.find((run) => !hasOnlyLooked(run));
  return {
    isSettled: last === undefined || last.result === "succeeded",
    isUntouched: newest?.kind === "update" && newest.result === "succeeded",
  };
}
