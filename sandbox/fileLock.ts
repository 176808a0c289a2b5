/**
 * An exclusive lock between processes that dies with its holder.
 *
 * The lock is an exclusive transaction on a small SQLite file: the operating system drops it when the holder ends,
 * however it ends, so that a killed process leaves nothing to wait for or to clean up. Who holds it stands in a
 * JSON file beside it, for messages only.
 */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { writeFileAtomically } from "./writeFileAtomically.ts";

export interface LockHolder {
  readonly pid: number;
  /** What the holder does, in the user's words: `npm run pulumi -- up`. */
  readonly command: string;
  /** ISO 8601 time of taking the lock. */
  readonly since: string;
}

export interface FileLock {
  readonly holder: LockHolder;
  /** Gives the lock up; calling it again does nothing. */
  release(): void;
}

export interface WaitOptions {
  /** Called at once and then each time the wait goes on, with the holder where it is known. */
  readonly onWait?: (holder: LockHolder | undefined) => void;
  /** Pause between two attempts, in milliseconds. Default 250. */
  readonly pollInterval?: number;
  readonly signal?: AbortSignal | undefined;
}

/** SQLite's result code SQLITE_BUSY: another connection holds the lock. */
const BUSY = 5;

/** What this process holds: a connection that nobody refers to is garbage, and its lock would be gone with it. */
const held = new Set<DatabaseSync>();

const holderFile = (file: string): string => `${file}.holder.json`;

/** Who holds the lock; undefined when nobody does or the holder has not said so yet. */
export function lockHolder(file: string): LockHolder | undefined {
  try {
    return JSON.parse(readFileSync(holderFile(file), "utf8")) as LockHolder;
  } catch {
    return undefined;
  }
}

/** Takes the lock, or returns undefined when another process (or another part of this one) holds it. */
export function tryLock(file: string, command: string): FileLock | undefined {
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (error instanceof Error && "errcode" in error && error.errcode === BUSY) return undefined;
    throw error;
  }
  const holder: LockHolder = { pid: process.pid, command, since: new Date().toISOString() };
  writeFileAtomically(holderFile(file), JSON.stringify(holder));
  held.add(database);
  return {
    holder,
    release() {
      if (!held.delete(database)) return;
      rmSync(holderFile(file), { force: true });
      database.close();
    },
  };
}

/** Takes the lock, waiting for as long as somebody else holds it. Rejects when the signal is aborted. */
export async function waitForLock(
  file: string,
  command: string,
  options: WaitOptions = {},
): Promise<FileLock> {
  const { onWait, pollInterval = 250, signal } = options;
  for (;;) {
    signal?.throwIfAborted();
    const lock = tryLock(file, command);
    if (lock !== undefined) return lock;
    onWait?.(lockHolder(file));
    await delay(pollInterval, undefined, { signal });
  }
}
