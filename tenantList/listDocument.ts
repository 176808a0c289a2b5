/** The list in a text of YAML: of a stack file, or of a document that holds nothing else. */

import { editYaml, parseYaml, rootOf } from "./editYaml.ts";
import { isRecord } from "./renderYaml.ts";
import { EditError } from "./sheet.ts";
import { type ListDocument, TenantListError } from "./tenantList.ts";

/** The keys that lead to the list. */
export const STACK_FILE_PATH = ["config", "tenant-edge:tenants"] as const;
export const SHARED_PATH = ["tenants"] as const;

interface Place {
  readonly id: string | undefined;
  /** Undefined once it is removed; when it is put again, it keeps its place. */
  entry: Record<string, unknown> | undefined;
}

/** A list as text, which is made when it is asked for: any number of edits then cost one. */
export class TextListDocument implements ListDocument {
  readonly #location: string;
  readonly #path: readonly string[];
  readonly #text: string;
  readonly #places: Place[];

  /**
   * @param location named in errors.
   * @throws TenantListError when the text is no YAML, or the list no list of maps.
   */
  constructor(text: string, path: readonly string[], location: string) {
    this.#location = location;
    this.#path = path;
    this.#text = text;
    const entries = entriesOf(
      this.#explained(() => rootOf(parseYaml(text))),
      path,
      location,
    );
    this.#places = entries.map((entry) => ({
      id: entry["id"] === undefined ? undefined : String(entry["id"]),
      entry: structuredClone(entry),
    }));
  }

  entries(): Record<string, unknown>[] {
    return structuredClone(this.#places.flatMap(({ entry }) => (entry === undefined ? [] : [entry])));
  }

  entry(id: string): Record<string, unknown> | undefined {
    return structuredClone(this.#place(id)?.entry);
  }

  put(entry: Record<string, unknown> & { id: string }): void {
    const plain = JSON.parse(JSON.stringify(entry)) as Record<string, unknown>;
    const place = this.#place(entry.id);
    if (place === undefined) this.#places.push({ id: entry.id, entry: plain });
    else place.entry = plain;
  }

  remove(id: string): void {
    const place = this.#place(id);
    if (place !== undefined) place.entry = undefined;
  }

  /**
   * With the edits made; the very text that was given when they come to nothing.
   *
   * @throws TenantListError when they cannot be made in place.
   */
  text(): string {
    return this.#explained(() => {
      const root = rootOf(parseYaml(this.#text));
      // An empty list and none are the same: neither is written in the place of the other.
      const entries = this.entries();
      if (entries.length === 0 && entriesOf(root, this.#path, this.#location).length === 0) return this.#text;
      return editYaml(this.#text, withEntries(root, this.#path, entries));
    });
  }

  #place(id: string): Place | undefined {
    const [place, another] = this.#places.filter((each) => each.id === id);
    if (another === undefined) return place;
    throw new TenantListError(
      `${this.#location}: several tenants have the id "${id}". Ids are unique: remove or rename all but one.`,
    );
  }

  #explained<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof EditError)) throw error;
      const place = this.#path.join(".");
      throw new TenantListError(`${this.#location} (${place}): ${error.message}. Nothing was changed.`, {
        cause: error,
      });
    }
  }
}

function entriesOf(
  root: Record<string, unknown>,
  path: readonly string[],
  location: string,
): Record<string, unknown>[] {
  let place: unknown = root;
  for (const key of path) {
    if (!isRecord(place)) throw wrong(location, path, "a value in the place of a map");
    place = place[key] ?? (key === path.at(-1) ? [] : {});
  }
  if (isRecord(place) && "secure" in place) throw wrong(location, path, "an encrypted value");
  if (!Array.isArray(place)) throw wrong(location, path, "no list");
  const bad = place.findIndex((entry) => !isRecord(entry));
  if (bad !== -1) throw wrong(location, path, `at index ${bad} something else than a tenant with keys`);
  return place;
}

function wrong(location: string, path: readonly string[], found: string): TenantListError {
  return new TenantListError(
    `${location} has ${found} at ${path.join(".")}. Allowed is a list of tenants, each a map with an id.`,
  );
}

function withEntries(
  root: Record<string, unknown>,
  [key = "", ...rest]: readonly string[],
  entries: unknown[],
): Record<string, unknown> {
  const inner = rest.length === 0 ? entries : withEntries((root[key] ?? {}) as typeof root, rest, entries);
  return { ...root, [key]: inner };
}
