/** Documents as files below a folder, for one machine or a disk that is shared. */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import writeFileAtomic from "write-file-atomic";
import {
  ABSENT,
  checkKey,
  type DocumentStore,
  type Expected,
  isKey,
  StorageError,
  type StoredDocument,
  VersionConflictError,
} from "./documentStore.ts";
import { withFileLock } from "./fileLock.ts";
import { fullDiskAdvice } from "./fullDisk.ts";

/** No key begins with a dot: a folder that no document can be in. */
const LOCKS_FOLDER = ".locks";
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** The version of a document is the hash of its text. */
export class FolderStore implements DocumentStore {
  readonly location: string;

  /** @param folder made when it is missing, as soon as something is written. */
  constructor(folder: string) {
    this.location = folder;
  }

  async read(key: string, signal?: AbortSignal): Promise<StoredDocument | undefined> {
    checkKey(key);
    signal?.throwIfAborted();
    try {
      const text = await readFile(this.#path(key), "utf8");
      return { text, version: versionOf(text) };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw this.#explain(key, "read", error);
    }
  }

  async write(key: string, text: string, expected: Expected, signal?: AbortSignal): Promise<string> {
    const path = this.#path(key);
    await this.#alone(key, signal, async (assertHeld) => {
      const found = expected === undefined ? undefined : ((await this.read(key))?.version ?? ABSENT);
      if (found !== expected) throw new VersionConflictError(this.location, key);
      await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
      assertHeld();
      await writeFileAtomic(path, text, { mode: FILE_MODE });
    });
    return versionOf(text);
  }

  async delete(key: string, signal?: AbortSignal): Promise<void> {
    await this.#alone(key, signal, () => rm(this.#path(key), { force: true }));
  }

  async list(prefix: string, signal?: AbortSignal): Promise<string[]> {
    const above = prefix.slice(0, prefix.lastIndexOf("/") + 1);
    if (above !== "") checkKey(above.slice(0, -1));
    signal?.throwIfAborted();
    try {
      const files = await readdir(this.#path(above), { recursive: true, withFileTypes: true });
      return files
        .filter((file) => file.isFile())
        .map((file) => relative(this.location, join(file.parentPath, file.name)).replaceAll(sep, "/"))
        .filter((key) => key.startsWith(prefix) && isKey(key))
        .sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw this.#explain(prefix, "listed", error);
    }
  }

  async #alone(
    key: string,
    signal: AbortSignal | undefined,
    run: (assertHeld: () => void) => Promise<void>,
  ): Promise<void> {
    checkKey(key);
    try {
      await mkdir(join(this.location, LOCKS_FOLDER), { recursive: true, mode: FOLDER_MODE });
      await withFileLock(join(this.location, LOCKS_FOLDER, versionOf(key)), run, signal);
    } catch (error) {
      throw this.#explain(key, "written", error);
    }
  }

  #path(key: string): string {
    return join(this.location, key);
  }

  /** Errors of the file system become StorageErrors; others stay what they are. */
  #explain(key: string, verb: string, error: unknown): unknown {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) return error;
    const text = `${join(this.location, key)} could not be ${verb} (${code}).${fullDiskAdvice(code)}`;
    return new StorageError(text, { cause: error });
  }
}

function versionOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
