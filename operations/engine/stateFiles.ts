/**
 * Side files of a file backend that an engine left empty when it was killed.
 *
 * The state itself is replaced at once; what stands beside it as `<name>.attrs` is written in place. While that is empty,
 * every command says `failed to load checkpoint: EOF`, though the state is whole. Without it the state is read as it is.
 * Source: gocloud.dev, package `blob/fileblob`.
 */
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** An engine that lives writes it in less. Milliseconds. */
const WRITING = 1_000;

function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** True also for one that another process has removed since it was listed. */
async function isBroken(file: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(file);
    return Date.now() - mtimeMs >= WRITING && !isWhole(await readFile(file, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return true;
    throw error;
  }
}

/**
 * @param backend as `pulumi whoami` tells it. @returns how many are gone, whoever removed them; 0 for a backend that is no
 * folder.
 */
export async function removeBrokenSideFiles(backend: string): Promise<number> {
  if (!backend.startsWith("file://")) return 0;
  const folder = join(fileURLToPath(backend.replace(/\?.*$/s, "")), ".pulumi");
  const names = await readdir(folder, { recursive: true });
  let removed = 0;
  for (const name of names.filter((one) => one.endsWith(".attrs"))) {
    const file = join(folder, name);
    if (!(await isBroken(file))) continue;
    await rm(file, { force: true });
    removed += 1;
  }
  return removed;
}
