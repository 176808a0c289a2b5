/** What differs between two lists of tenants. The order of tenants and of keys does not count. */
import { isDeepStrictEqual } from "node:util";
import { show } from "../config/problems.ts";
import { isRecord } from "./renderYaml.ts";
import { TenantListError } from "./tenantList.ts";

export const DifferenceKind = { added: "added", removed: "removed", changed: "changed" } as const;
export type DifferenceKind = (typeof DifferenceKind)[keyof typeof DifferenceKind];

export interface ChangedPath {
  /** Within the entry: `host.instanceType`. */
  path: string;
  /** Undefined: not there. */
  from: unknown;
  to: unknown;
}

export interface TenantDifference {
  id: string;
  kind: DifferenceKind;
  /** Of a tenant that is in both lists. */
  paths: ChangedPath[];
}

type Entries = readonly Record<string, unknown>[];

/** What would have to be done to `from` to make it equal to `to`, by id. @throws TenantListError when ids are not unique. */
export function differencesOf(from: Entries, to: Entries): TenantDifference[] {
  const [before, after] = [byId(from), byId(to)];
  const ids = [...new Set([...before.keys(), ...after.keys()])].sort();
  return ids.flatMap((id): TenantDifference[] => {
    const [old, now] = [before.get(id), after.get(id)];
    if (old === undefined) return [{ id, kind: DifferenceKind.added, paths: [] }];
    if (now === undefined) return [{ id, kind: DifferenceKind.removed, paths: [] }];
    const paths = changedPaths(old, now, []);
    return paths.length === 0 ? [] : [{ id, kind: DifferenceKind.changed, paths }];
  });
}

/** @throws TenantListError on an entry without an id, or with that of another. */
export function byId(entries: Entries): Map<string, Record<string, unknown>> {
  const map = new Map<string, Record<string, unknown>>();
  for (const [index, entry] of entries.entries()) {
    const id = entry["id"];
    if (typeof id !== "string")
      throw new TenantListError(`The tenant at index ${index} has no id that is a text.`);
    if (map.has(id)) throw new TenantListError(`Several tenants have the id "${id}". Ids are unique.`);
    map.set(id, entry);
  }
  return map;
}

function changedPaths(from: unknown, to: unknown, path: readonly string[]): ChangedPath[] {
  if (isDeepStrictEqual(from, to)) return [];
  if (!isRecord(from) || !isRecord(to)) return [{ path: path.join("."), from, to }];
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  return keys.flatMap((key) => changedPaths(from[key], to[key], [...path, key]));
}

/** Settings whose values are the customers' own, and may be secret. */
const HIDDEN = /^host(?:\.(?:environment|cloudConfig|app)(?:\..*)?)?$/;
const SIGNS = { added: "+", removed: "-", changed: "~" } as const satisfies Record<DifferenceKind, string>;

/** A line per tenant, and one below it per changed setting; without values that may be secret. */
export function renderDifferences(differences: readonly TenantDifference[]): string {
  return differences
    .flatMap(({ id, kind, paths }) => [
      `${SIGNS[kind]} ${id}`,
      ...paths.map(({ path, from, to }) =>
        HIDDEN.test(path) ? `    ${path}: changed` : `    ${path}: ${show(from)} -> ${show(to)}`,
      ),
    ])
    .join("\n");
}
