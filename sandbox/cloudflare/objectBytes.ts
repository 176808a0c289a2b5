import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Contents of objects and parts, each under an id: in files, or in memory when there is no folder for them. */
export class ObjectBytes {
  readonly #folder: string | undefined;
  readonly #memory = new Map<string, Uint8Array>();

  constructor(folder?: string) {
    this.#folder = folder;
    if (folder !== undefined) mkdirSync(folder, { recursive: true });
  }

  put(bytes: Uint8Array): string {
    const id = randomUUID();
    if (this.#folder === undefined) this.#memory.set(id, bytes);
    else writeFileSync(join(this.#folder, id), bytes);
    return id;
  }

  get(id: string): Uint8Array {
    const bytes = this.#folder === undefined ? this.#memory.get(id) : readFileSync(join(this.#folder, id));
    if (bytes === undefined) throw new Error(`the bytes of ${id} are gone: they were kept in memory`);
    return bytes;
  }

  delete(id: string): void {
    if (this.#folder === undefined) this.#memory.delete(id);
    else rmSync(join(this.#folder, id), { force: true });
  }
}
