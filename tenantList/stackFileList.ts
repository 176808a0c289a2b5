/** The list in the stack file of a checkout: `tenant-edge:tenants` in `Pulumi.<stack>.yaml`. */
import { createHash } from "node:crypto";
import { readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { shortStackName } from "../naming/shortStackName.ts";
import { StorageError } from "../storage/documentStore.ts";
import { withFileLock } from "../storage/fileLock.ts";
import { fullDiskAdvice } from "../storage/fullDisk.ts";
import { STACK_FILE_PATH, TextListDocument } from "./listDocument.ts";
import { type ListDocument, type ListSnapshot, type TenantList, TenantListError } from "./tenantList.ts";

/** Attempts to write while programs that know nothing of the lock, such as an editor, write the file, too. */
const ATTEMPTS = 5;

export class StackFileList implements TenantList {
  readonly location: string;
  readonly #path: string;

  /** @param stack its name, or `organization/project/name`. */
  constructor(directory: string, stack: string) {
    this.location = `Pulumi.${stackName(stack)}.yaml`;
    this.#path = join(directory, this.location);
  }

  async read(signal?: AbortSignal): Promise<ListSnapshot> {
    signal?.throwIfAborted();
    return this.#snapshot(await this.#read(this.#path));
  }

  /** The file keeps its mode; when it is a link, what it links to is written. */
  async change(edit: (document: ListDocument) => void, signal?: AbortSignal): Promise<ListSnapshot> {
    // Before the lock, so that a missing file is called missing.
    await this.#read(this.#path);
    const path = await realpath(this.#path);
    const locked = (assertHeld: () => void) => this.#changeAlone(path, edit, assertHeld);
    return withFileLock(`${path}.lock`, locked, signal).catch((error: unknown) => {
      throw error instanceof StorageError ? new TenantListError(error.message, { cause: error }) : error;
    });
  }

  async #changeAlone(
    path: string,
    edit: (document: ListDocument) => void,
    assertHeld: () => void,
  ): Promise<ListSnapshot> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const before = await this.#read(path);
      const document = new TextListDocument(before, STACK_FILE_PATH, this.location);
      edit(document);
      const after = document.text();
      if (after === before) return this.#snapshot(before);
      if ((await this.#read(path)) !== before) continue;
      assertHeld();
      await this.#write(path, after);
      return this.#snapshot(after);
    }
    throw new TenantListError(
      `${this.location} is being written by another program all the time. Try again.`,
    );
  }

  async #read(path: string): Promise<string> {
    try {
      return await readFile(path, "utf8");
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const action = code === "ENOENT" ? " Name another stack, or run this where the stack's file is." : "";
      throw new TenantListError(`${path} could not be read (${code}).${action}`, { cause: error });
    }
  }

  /** All of it or nothing. */
  async #write(path: string, text: string): Promise<void> {
    try {
      await writeFileAtomic(path, text);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new TenantListError(`${path} could not be written (${code}).${fullDiskAdvice(code)}`, {
        cause: error,
      });
    }
  }

  #snapshot(text: string): ListSnapshot {
    const entries = new TextListDocument(text, STACK_FILE_PATH, this.location).entries();
    return { entries, version: createHash("sha256").update(text).digest("hex"), location: this.location };
  }
}

/** The last part of a stack's full name. @throws TenantListError when it is no name of a stack. */
export function stackName(stack: string): string {
  const name = shortStackName(stack);
  if (/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(name)) return name;
  throw new TenantListError(
    `${JSON.stringify(stack)} is no name of a stack: letters, digits and . _ - are allowed.`,
  );
}
