/** What bringing an environment's stacks up takes, tells and gives. */
import type { ErrorCode } from "../../errors.ts";

export interface UpOptions {
  /** Folder of Pulumi.yaml and the stack files. Default: the present one. */
  directory?: string | undefined;
  /** The `tenant-edge:environment` of its stack files. */
  environment: string;
  /** Where the engine, its backend and the clouds' credentials are found. Default: that of this process. */
  env?: NodeJS.ProcessEnv | undefined;
  /** True: also the stacks whose last update had the same inputs. Default false. */
  all?: boolean | undefined;
  /** Names of stacks: no other one is begun, also when it has changed. Default: all of the environment. */
  only?: readonly string[] | undefined;
  /** True: only says what would be changed. Default false. */
  preview?: boolean | undefined;
  /**
   * Stacks side by side at most. Default: one per processor. Memory and the calls that Cloudflare allows may make it
   * fewer; see `shardsAtOnce`.
   */
  parallel?: number | undefined;
  /** How long each stack waits for another process that works on it. Default 300. */
  lockPatienceSeconds?: number | undefined;
  /** Who acts, for the audit. Default: the user of this process and the machine. */
  actor?: string | undefined;
  /** For the audit. Default `library`. */
  surface?: string | undefined;
  /** Where the audit goes: as for `openOperations`. */
  data?: string | undefined;
  /** As for `openOperations`. */
  audit?: string | undefined;
}

export interface UpCall {
  /**
   * Aborting begins no further stack; the engines that run finish what is under way. Running it again goes on with what
   * was not done.
   */
  signal?: AbortSignal | undefined;
  onProgress?: ((event: UpEvent) => void) | undefined;
}

export const ShardOutcome = {
  /** Its last update succeeded with the same inputs: the engine was not begun. */
  UpToDate: "up-to-date",
  /** There is nothing to change. */
  Unchanged: "unchanged",
  Updated: "updated",
  /** Of a preview: an update would change something. */
  Planned: "planned",
  Failed: "failed",
  /** Stopped while it was under way. */
  Interrupted: "interrupted",
  NotBegun: "not-begun",
} as const;
export type ShardOutcome = (typeof ShardOutcome)[keyof typeof ShardOutcome];

/** Resources of the engine. */
export interface ShardChanges {
  created: number;
  updated: number;
  replaced: number;
  deleted: number;
}

/** How it went with one stack. Nothing in it is secret. */
export interface ShardResult {
  stack: string;
  outcome: ShardOutcome;
  changes: ShardChanges;
  /** Without the time that it waited for others to be done. */
  seconds: number;
  /**
   * Ids of the tenants of whom something could not be done, "" for what is shared; empty when the program itself failed,
   * and so nothing was done.
   */
  failedTenants: string[];
  /** Of a preview: ids of the tenants of whom something would be deleted or replaced; the same. */
  destroyedTenants: string[];
  /** Why it was not begun, was stopped or has failed; null otherwise. */
  reason: string | null;
  /** Of a failure; null otherwise. */
  errorCode: ErrorCode | null;
  /** What can be done about a failure, one sentence each. */
  ways: string[];
}

export interface UpResult {
  environment: string;
  isPreview: boolean;
  /** In natural order: prod, prod-2, prod-10. */
  shards: ShardResult[];
  /** How many were brought up side by side. */
  atOnce: number;
  seconds: number;
}

export const UpEventKind = {
  /** It is known which stacks have to be brought up: `total` of them, `atOnce` side by side. */
  Checked: "checked",
  Begun: "begun",
  /** Waits for the lock of another process. */
  Waiting: "waiting",
  /** A resource is being created, updated, replaced or deleted: the `done`-th. */
  Resource: "resource",
  Note: "note",
  /** A stack is done, in whatever way: `result` says how. */
  Ended: "ended",
} as const;
export type UpEventKind = (typeof UpEventKind)[keyof typeof UpEventKind];

export interface UpEvent {
  /** RFC 3339. */
  time: string;
  kind: UpEventKind;
  /** Empty for what concerns all. */
  stack: string;
  /** For people; nothing in it is secret. */
  message: string;
  done?: number | undefined;
  total?: number | undefined;
  atOnce?: number | undefined;
  result?: ShardResult | undefined;
}

export const NO_CHANGES: ShardChanges = { created: 0, updated: 0, replaced: 0, deleted: 0 };
