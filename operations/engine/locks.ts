/**
 * Who has the locks of a stack, by what the engine prints; and how those of dead processes go.
 *
 * A backend in a folder or bucket has a file per lock, of a name that no other process uses. Whoever wants the stack writes
 * one's own first, and then looks for others: that a dead one goes never lets two of them in. `pulumi cancel` takes away all
 * of them, also one that was written a moment ago. Source: pulumi, `pkg/backend/diy/lock.go`.
 */
import { readFileSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { z } from "zod";
import { unlessMissing } from "./backendFiles.ts";
import type { EngineCommandError } from "./pulumiCommand.ts";

/** Between a lock's URL and who has it. */
const CREATED_BY = ": created by ";
const LOCK = ".json";
const HOLDER = /^(.*)@([^\s@]+) \(pid (\d+)\) at (\S+)/;

/** As the engine writes it. */
const content = z.object({
  pid: z.number(),
  username: z.string(),
  hostname: z.string(),
  timestamp: z.iso.datetime({ offset: true }),
});

export interface LockHolder {
  /** URL of the lock, in the backend: `file://…` for one that is a folder. */
  lock: string;
  user: string;
  host: string;
  pid: number;
  /** Without the parts of a second. */
  since: string;
}

/** Of several, one that may be alive. Undefined where the backend does not tell. */
export function lockHolder(error: EngineCommandError): LockHolder | undefined {
  const holders = lockHolders(error);
  return holders.find((holder) => !isDeadHolder(holder)) ?? holders[0];
}

function lockHolders(error: EngineCommandError): LockHolder[] {
  const lines = (error.stderr + error.stdout).split("\n");
  return lines.flatMap((line) => holderIn(line) ?? []);
}

function holderIn(line: string): LockHolder | undefined {
  const end = line.indexOf(CREATED_BY);
  const found = end < 0 ? null : HOLDER.exec(line.slice(end + CREATED_BY.length));
  if (found === null) return undefined;
  const [, user = "", host = "", pid, since = ""] = found;
  return { lock: line.slice(0, end).trim(), user, host, pid: Number(pid), since };
}

/** As the engine writes it into its locks: Go, `os/user.Current`, which takes $USER for an id that has no name. */
function presentUser(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return process.env["USER"];
  }
}

/** Killed, and still listed, because nobody has asked how it ended: in containers without an init process. Linux alone. */
function isZombie(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    return status.slice(status.lastIndexOf(")")).startsWith(") Z");
  } catch {
    return false;
  }
}

/**
 * True when the holder ran on this machine and is no more: it was killed and cannot let go by itself. Only believed of a
 * backend in a folder and a process of this user: containers of one name, which do not see each other's processes, may
 * share a bucket.
 */
function isDeadHolder(holder: LockHolder): boolean {
  if (!holder.lock.startsWith("file://")) return false;
  if (holder.host !== hostname() || holder.user !== presentUser()) return false;
  try {
    process.kill(holder.pid, 0);
    return isZombie(holder.pid);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

/**
 * The first lock in a stack's folder of locks whose holder may be alive; undefined when there is none.
 *
 * @throws the system's error when they cannot be read.
 */
export async function heldLock(folder: string): Promise<string | undefined> {
  for (const name of (await unlessMissing(readdir(folder))) ?? []) {
    if (!name.endsWith(LOCK)) continue;
    const file = join(folder, name);
    const text = await unlessMissing(readFile(file, "utf8"));
    if (text !== undefined && !isOfDead(file, text)) return file;
  }
  return undefined;
}

/** False also for one that is just being written. */
function isOfDead(file: string, text: string): boolean {
  const { data } = content.safeParse(jsonIn(text));
  if (data === undefined) return false;
  const { username: user, hostname: host, pid, timestamp: since } = data;
  return isDeadHolder({ lock: pathToFileURL(file).href, user, host, pid, since });
}

/**
 * Removes the locks of dead processes, of those that kept an engine out, and no other one.
 *
 * @param error by `isLocked`.
 * @returns true when none of them is there any more; false when somebody may be alive.
 * @throws the system's error when a lock cannot be read or removed.
 */
export async function removeDeadLocks(error: EngineCommandError): Promise<boolean> {
  const holders = lockHolders(error);
  let isFree = holders.length > 0;
  for (const holder of holders) {
    const isRemoved = isDeadHolder(holder) && (await removeLockOf(holder));
    isFree &&= isRemoved;
  }
  return isFree;
}

/** @returns false when the lock is somebody else's. */
async function removeLockOf(holder: LockHolder): Promise<boolean> {
  const file = fileURLToPath(holder.lock);
  try {
    if (!isLockOf(holder, await readFile(file, "utf8"))) return false;
    await rm(file);
  } catch (error) {
    // Another one who waited was faster.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  await rm(`${file}.attrs`, { force: true });
  return true;
}

function isLockOf({ user, host, pid, since }: LockHolder, text: string): boolean {
  const { data: lock } = content.safeParse(jsonIn(text));
  const secondOf = (time: string) => Math.floor(Date.parse(time) / 1000);
  return (
    lock !== undefined &&
    lock.username === user &&
    lock.hostname === host &&
    lock.pid === pid &&
    secondOf(lock.timestamp) === secondOf(since)
  );
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
