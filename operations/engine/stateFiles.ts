/**
 * Files of a backend in a folder that an engine left empty when it was killed, or had no room.
 *
 * The state itself is replaced at once; what stands beside it as `<name>.attrs` is written in place. While that is empty,
 * every command says `failed to load checkpoint: EOF`, though the state is whole. Without it the state is read as it is.
 * A lock of which only a part was written was nobody's yet: whoever could not write it gave up. While it is there, every
 * update says `unexpected end of JSON input`. Source: gocloud.dev, package `blob/fileblob`.
 */
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { isWhole, unlessMissing } from "./backendFiles.ts";

/** Also one that did not get its name. */
const LOCK = /\.json(?:\.[0-9a-f]+\.tmp)?$/;
/** An engine that lives writes it in less. Milliseconds. */
const WRITING = 1_000;

/** True also for one that another process has removed since it was listed. */
async function isBroken(file: string): Promise<boolean> {
  const found = await unlessMissing(Promise.all([stat(file), readFile(file, "utf8")]));
  if (found === undefined) return true;
  const [{ mtimeMs }, text] = found;
  return Date.now() - mtimeMs >= WRITING && !isWhole(text);
}

const isSideFile = (name: string) => name.endsWith(".attrs");
/** The engine takes every file in the folder for a lock. */
const isLock = (name: string) => name.startsWith(`locks${sep}`) && LOCK.test(name);

/** @param folder of the backend. @returns how many are gone, whoever removed them. */
export async function removeBrokenFiles(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  let removed = 0;
  for (const name of names.filter((one) => isSideFile(one) || isLock(one))) {
    const file = join(folder, name);
    if (!(await isBroken(file))) continue;
    await rm(file, { force: true });
    removed += 1;
  }
  return removed;
}
