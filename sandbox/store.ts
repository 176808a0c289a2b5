/**
 * Durable state of the sandbox: collections of JSON documents in one SQLite file.
 *
 * Reads come from memory and every write is in the file before it returns, so a killed sandbox loses nothing
 * and another process can read the same folder meanwhile (`sandbox ls` next to a running `up`).
 * One process writes at a time; `sandbox/lock.ts` sees to that.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { noteDocument } from "./canaries/documents.ts";

/** What was there before each write, kept once somebody has asked for it: for reads of the world as it was. */
class History {
  /** Number of writes before which a reader looks; absent for readers of the present. */
  readonly view = new AsyncLocalStorage<number>();
  readonly #changes: { documents: object; id: string; before: unknown }[] = [];
  #isKept = false;

  /** The point up to which everything has been written. */
  mark(): number {
    this.#isKept = true;
    return this.#changes.length;
  }

  note<T>(documents: Map<string, T>, id: string): void {
    if (this.#isKept) this.#changes.push({ documents, id, before: documents.get(id) });
  }

  /** The documents as this reader sees them. */
  seen<T>(documents: Map<string, T>): Map<string, T> {
    const mark = this.view.getStore();
    if (mark === undefined) return documents;
    const past = new Map(documents);
    for (const change of this.#changes.slice(mark).toReversed()) {
      if (change.documents !== documents) continue;
      if (change.before === undefined) past.delete(change.id);
      else past.set(change.id, change.before as T);
    }
    return past;
  }
}

/** A named set of documents of one type. Documents are values: change one by `put`, never in place. */
export class Collection<T> {
  readonly #documents: Map<string, T>;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #name: string;
  readonly #history: History;

  constructor(
    name: string,
    documents: Map<string, T>,
    statements: { put: StatementSync; remove: StatementSync },
    history: History,
  ) {
    this.#name = name;
    this.#documents = documents;
    this.#put = statements.put;
    this.#delete = statements.remove;
    this.#history = history;
  }

  get size(): number {
    return this.#seen.size;
  }

  get(id: string): T | undefined {
    return this.#seen.get(id);
  }

  has(id: string): boolean {
    return this.#seen.has(id);
  }

  put(id: string, document: T): T {
    this.#put.run(this.#name, id, JSON.stringify(document));
    this.#history.note(this.#documents, id);
    this.#documents.set(id, document);
    noteDocument(this.#name, document);
    return document;
  }

  /** Replaces some properties of a document that is there. Throws when it is not. */
  patch(id: string, changes: Partial<T>): T {
    const document = this.#documents.get(id);
    if (document === undefined) throw new Error(`${this.#name}: no document ${id}`);
    return this.put(id, { ...document, ...changes });
  }

  delete(id: string): boolean {
    this.#delete.run(this.#name, id);
    this.#history.note(this.#documents, id);
    return this.#documents.delete(id);
  }

  /** All documents, in the order they were first put. */
  values(): T[] {
    return [...this.#seen.values()];
  }

  ids(): string[] {
    return [...this.#seen.keys()];
  }

  find(matches: (document: T) => boolean): T | undefined {
    for (const document of this.#seen.values()) if (matches(document)) return document;
    return undefined;
  }

  filter(matches: (document: T) => boolean): T[] {
    return this.values().filter(matches);
  }

  get #seen(): Map<string, T> {
    return this.#history.seen(this.#documents);
  }
}

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA busy_timeout = 5000;
  CREATE TABLE IF NOT EXISTS documents (
    collection TEXT NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (collection, id)
  );
`;

export class Store {
  readonly #database: DatabaseSync;
  readonly #collections = new Map<string, Collection<unknown>>();
  readonly #history = new History();

  private constructor(database: DatabaseSync) {
    this.#database = database;
    database.exec(SCHEMA);
  }

  /** Opens (and makes, when it is not there) the state in `folder`. */
  static open(folder: string): Store {
    // The emulated clouds keep tokens and keys in it.
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    return new Store(new DatabaseSync(join(folder, "cloud.db")));
  }

  /** State that lives as long as the process: for unit tests. */
  static inMemory(): Store {
    return new Store(new DatabaseSync(":memory:"));
  }

  /** The collection of this name; the same object each time. `T` is the caller's promise of what is in it. */
  collection<T>(name: string): Collection<T> {
    const known = this.#collections.get(name);
    if (known !== undefined) return known as Collection<T>;
    const documents = new Map<string, T>();
    const rows = this.#database
      .prepare("SELECT id, document FROM documents WHERE collection = ? ORDER BY rowid")
      .all(name);
    for (const row of rows) documents.set(String(row["id"]), JSON.parse(String(row["document"])) as T);
    const collection = new Collection<T>(
      name,
      documents,
      {
        put: this.#database.prepare(
          "INSERT INTO documents (collection, id, document) VALUES (?, ?, ?) " +
            "ON CONFLICT (collection, id) DO UPDATE SET document = excluded.document",
        ),
        remove: this.#database.prepare("DELETE FROM documents WHERE collection = ? AND id = ?"),
      },
      this.#history,
    );
    this.#collections.set(name, collection as Collection<unknown>);
    return collection;
  }

  /** A point in time to give to `asOf`. From the first one on the store remembers how everything was. */
  remember(): number {
    return this.#history.mark();
  }

  /** What `work` reads is as it was at that point; what it writes is written. */
  asOf<T>(mark: number, work: () => T): T {
    return this.#history.view.run(mark, work);
  }

  close(): void {
    this.#database.close();
  }
}
