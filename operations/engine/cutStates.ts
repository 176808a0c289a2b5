/**
 * States of a file backend that a full disk has cut.
 *
 * When there is no room for a state, its file library puts the part that fitted in the place of the whole one, and the
 * engine's copy beside it (`.bak`) may be cut as well; every command then says `unexpected end of JSON input`. What the
 * engine keeps of each update that ended (`backups`) is whole. Source: gocloud.dev 0.46.0, `blob.WriteAll`.
 */
import { copyFile, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { shortStackName } from "../../naming/shortStackName.ts";
import type { TimeSpan } from "../../orphans/known.ts";
import { withFileLock } from "../../storage/fileLock.ts";
import { ErrorCode, OperationError } from "../errors.ts";
import { isWhole, unlessMissing } from "./backendFiles.ts";
import { heldLock } from "./locks.ts";

const STATE = ".json";
const CUT = ".cut";
/** Nanoseconds, in the name of a backup, or of what the history tells of an update. */
const ENDED = /[.-](\d+)(?:\.history)?\.json$/;
/** Digits of a nanosecond beyond its millisecond. */
const NANOSECOND_DIGITS = 6;
const HISTORY = ".history.json";
/** Clocks differ, and clouds tell whole seconds. Milliseconds. */
const MARGIN = 60_000;

/** What the history tells of an update. */
const pastUpdate = z.object({ kind: z.string(), result: z.string() });

export interface StackOfProject {
  /** Folder of Pulumi.yaml, which names the project. */
  directory: string;
  /** As users call it, also `organization/project/name`. */
  stack: string;
}

export interface RestoredState {
  /** Path of the state. */
  state: string;
  /** Path of what it was restored from. */
  copy: string;
}

/**
 * Puts the newest copy that is whole in the place of this stack's state when that was cut, which is kept as
 * `<name>.json.cut`. What was made since is in no state then: it carries our mark, and is found by it.
 *
 * @param folder of the backend.
 * @returns undefined when there is nothing to restore, or no more; or nothing to restore it from.
 * @throws OperationError stack-locked while a process that may be alive has the stack: an engine writes what it could not
 * write again for minutes. The system's error when state or copies cannot be read or written; StorageError when another
 * process is at it for too long.
 */
export async function restoreCutState(
  folder: string,
  of: StackOfProject,
): Promise<RestoredState | undefined> {
  const { state, backups, locks } = await filesOf(folder, of);
  if (!(await isCut(state))) return undefined;
  return await withFileLock(join(folder, "restore.lock"), async (assertHeld) => {
    if (!(await isCut(state))) return undefined;
    await refuseHeld(state, locks);
    const copy = await newestWhole(await copiesOf(state, backups));
    if (copy === undefined) return undefined;
    await copyFile(copy, `${state}.whole`);
    await copyFile(state, state + CUT);
    // An engine does not know this lock.
    const isStillCut = await isCut(state);
    assertHeld();
    if (!isStillCut) {
      await Promise.all([".whole", CUT].map((end) => rm(state + end, { force: true })));
      return undefined;
    }
    await rename(`${state}.whole`, state);
    await rm(`${state}.attrs`, { force: true });
    return { state, copy };
  });
}

/** Whoever comes later cannot read the cut state, and so writes none. */
async function refuseHeld(state: string, locks: string): Promise<void> {
  const lock = await heldLock(locks);
  if (lock === undefined) return;
  throw new OperationError(
    ErrorCode.StackLocked,
    `${state} is cut, as by a full disk, and a process that may be alive has the lock ${lock}: it may write the state again`,
    {
      ways: [
        "make room where the state is, wait until that process is done, then run it again",
        "if that process is no more: remove that lock, then run it again",
      ],
    },
  );
}

/** The engine's copy beside the state, and its backups, newest first. */
async function copiesOf(state: string, backups: string): Promise<string[]> {
  const copies = (await backupsOf(backups)).map((file) => ({ file, time: endOf(file) }));
  const beside = `${state}.bak`;
  const found = await unlessMissing(stat(beside));
  if (found !== undefined) copies.push({ file: beside, time: found.mtimeMs });
  return copies.sort((one, other) => other.time - one.time).map(({ file }) => file);
}

/**
 * When an update ran of which the state does not tell, since it was restored: after the last one that is in a whole backup,
 * and before the restoration. Once an update has succeeded since, everything is in the state that the list has.
 *
 * @param folder of the backend.
 * @returns undefined when it was never restored, no update had ended before, or one has succeeded since. @throws the system's error.
 */
export async function lostUpdate(folder: string, of: StackOfProject): Promise<TimeSpan | undefined> {
  const { state, backups, history } = await filesOf(folder, of);
  const cut = await unlessMissing(stat(state + CUT));
  if (cut === undefined || (await hasSucceeded(history, cut.mtimeMs))) return undefined;
  const earlier = (await backupsOf(backups)).filter((file) => endOf(file) < cut.mtimeMs);
  const last = await newestWhole(earlier);
  if (last === undefined) return undefined;
  return { from: new Date(endOf(last) - MARGIN), until: new Date(cut.mtimeMs + MARGIN) };
}

/** Whether an update did that ended after a time. A refresh mends nothing. */
async function hasSucceeded(history: string, time: number): Promise<boolean> {
  const names = (await unlessMissing(readdir(history))) ?? [];
  for (const name of names.filter((one) => one.endsWith(HISTORY) && endOf(one) > time)) {
    const text = await unlessMissing(readFile(join(history, name), "utf8"));
    if (text === undefined || !isWhole(text)) continue;
    const { data } = pastUpdate.safeParse(JSON.parse(text));
    if (data?.result === "succeeded" && data.kind !== "refresh") return true;
  }
  return false;
}

/** Of the update that a file was made after. Whole milliseconds: a number cannot hold the nanoseconds of a date. */
function endOf(file: string): number {
  return Number(ENDED.exec(file)?.[1]?.slice(0, -NANOSECOND_DIGITS));
}

async function filesOf(
  folder: string,
  { directory, stack }: StackOfProject,
): Promise<{ state: string; backups: string; history: string; locks: string }> {
  const { name: project } = parse(await readFile(join(directory, "Pulumi.yaml"), "utf8")) as { name: string };
  const place = join(project, shortStackName(stack));
  return {
    state: join(folder, "stacks", `${place}${STATE}`),
    backups: join(folder, "backups", place),
    history: join(folder, "history", place),
    locks: join(folder, "locks", "organization", place),
  };
}

/** Newest first: their names end in the time. */
async function backupsOf(folder: string): Promise<string[]> {
  const names = (await unlessMissing(readdir(folder))) ?? [];
  return names
    .filter((name) => name.endsWith(STATE))
    .sort()
    .reverse()
    .map((name) => join(folder, name));
}

async function newestWhole(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    const text = await unlessMissing(readFile(file, "utf8"));
    if (text !== undefined && isWhole(text)) return file;
  }
  return undefined;
}

/** False also for one that is not there. */
async function isCut(file: string): Promise<boolean> {
  const text = await unlessMissing(readFile(file, "utf8"));
  return text !== undefined && !isWhole(text);
}
