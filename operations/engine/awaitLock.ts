/** Another process has the stack. */
import { setTimeout } from "node:timers/promises";
import { type ProgressEvent, ProgressKind } from "../contract.ts";
import { lockedError } from "./failures.ts";
import { lockHolder, removeDeadLocks } from "./locks.ts";
import type { EngineCommandError } from "./pulumiCommand.ts";

/** Milliseconds between two attempts to get the lock, at least. */
const PAUSE = 500;

export interface LockWait {
  stack: string;
  /** How long to wait in all. */
  lockPatienceSeconds: number;
}

/**
 * Waits a moment, or takes away the lock of a process that is no more. Whoever has it may change list and settings:
 * afterwards all is to be looked at again.
 *
 * @param since when it was met first, by `performance.now()`.
 * @throws OperationError stack-locked, when the patience is at its end; the signal's reason.
 */
export async function awaitLock(
  { stack, lockPatienceSeconds }: LockWait,
  locked: EngineCommandError,
  since: number,
  signal: AbortSignal,
  tell: (event: Omit<ProgressEvent, "time">) => void,
): Promise<void> {
  if (await removeDeadLocks(locked)) return;
  const waited = (performance.now() - since) / 1000;
  if (waited >= lockPatienceSeconds) throw lockedError(stack, locked, Math.round(waited));
  const holder = lockHolder(locked);
  const who = holder === undefined ? "another update" : `${holder.user}@${holder.host}`;
  tell({ kind: ProgressKind.Waiting, message: `${stack} is locked by ${who}` });
  // Not all who wait should come back at the same time.
  await setTimeout(PAUSE * (1 + Math.random()), undefined, { signal });
}
