/**
 * States of a file backend that a full disk has cut.
 *
 * When there is no room for a state, its file library puts the part that fitted in the place of the whole one, and the
 * engine's copy beside it (`.bak`) may be cut as well; every command then says `unexpected end of JSON input`. What the
 * engine keeps of each update that ended (`backups`) is whole. Source: gocloud.dev 0.46.0, `blob.WriteAll`.
 */
import { copyFile, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { withFileLock } from "../../storage/fileLock.ts";

const STATE = ".json";

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
 * @param backend as `pulumi whoami` tells it.
 * @returns undefined when there is nothing to restore, or no more; nothing to restore it from; or the backend is no folder.
 * @throws the system's error when state or copies cannot be read or written; StorageError when another process is at it
 * for too long.
 */
export async function restoreCutState(
  backend: string,
  { directory, stack }: StackOfProject,
): Promise<RestoredState | undefined> {
  if (!backend.startsWith("file://")) return undefined;
  const folder = join(fileURLToPath(backend.replace(/\?.*$/s, "")), ".pulumi");
  const { name: project } = parse(await readFile(join(directory, "Pulumi.yaml"), "utf8")) as { name: string };
  const place = join(project, stack.slice(stack.lastIndexOf("/") + 1));
  const state = join(folder, "stacks", `${place}${STATE}`);
  if (!(await isCut(state))) return undefined;
  return await withFileLock(join(folder, "restore.lock"), async (assertHeld) => {
    if (!(await isCut(state))) return undefined;
    const copies = [`${state}.bak`, ...(await backupsOf(join(folder, "backups", place)))];
    const copy = await newestWhole(copies);
    if (copy === undefined) return undefined;
    await copyFile(copy, `${state}.whole`);
    await copyFile(state, `${state}.cut`);
    // An engine does not know this lock.
    const isStillCut = await isCut(state);
    assertHeld();
    if (!isStillCut) {
      await Promise.all([".whole", ".cut"].map((end) => rm(state + end, { force: true })));
      return undefined;
    }
    await rename(`${state}.whole`, state);
    await rm(`${state}.attrs`, { force: true });
    return { state, copy };
  });
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

function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** What cannot be read for another reason may be as good as ever: nothing else may take its place. */
async function unlessMissing<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
