/** What a check of `tenant-edge doctor` is. */

export const State = {
  Ok: "ok",
  /** Something works without it, or will soon not fit. */
  Warning: "warning",
  Missing: "missing",
} as const;
export type State = (typeof State)[keyof typeof State];

/** What a check found. Nothing in it is secret. */
export interface Verdict {
  state: State;
  /** One line. */
  detail: string;
  /** What to do, one sentence each. */
  ways: readonly string[];
}

export interface Check {
  readonly name: string;
  /** Whatever it throws is shown by `explain`, else as the error's own message. */
  run(signal: AbortSignal): Promise<Verdict> | Verdict;
}

/** Checks of one thing. */
export interface CheckGroup {
  readonly name: string;
  /** Without it the others would only fail, too: they are left out when it is missing. */
  readonly first?: Check | undefined;
  readonly checks: readonly Check[];
  /** In milliseconds. Default 20,000. */
  readonly timeout?: number | undefined;
  /** What an error of this group's clients means. */
  explain?(error: unknown): Verdict | undefined;
}

export interface Finding extends Verdict {
  group: string;
  check: string;
}

export const ok = (detail: string): Verdict => ({ state: State.Ok, detail, ways: [] });
export const warning = (detail: string, ...ways: string[]): Verdict => ({
  state: State.Warning,
  detail,
  ways,
});
export const missing = (detail: string, ...ways: string[]): Verdict => ({
  state: State.Missing,
  detail,
  ways,
});
