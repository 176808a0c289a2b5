/** Filters of EC2's Describe operations. */
import type { Filter } from "@aws-sdk/client-ec2";
import { invalidParameterValue } from "../refusals.ts";
import type { Tags } from "../state.ts";

/** For each filter name, the values that a record has. */
export type FilterableValues<T> = Record<string, (record: T) => readonly string[]>;

function wildcard(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^${source}$`, "s");
}

/** The records that pass every filter. Throws InvalidParameterValue for a filter that does not exist. */
export function applyFilters<T>(
  records: readonly T[],
  filters: readonly Filter[] | undefined,
  values: FilterableValues<T>,
  tagsOf: (record: T) => Tags,
): T[] {
  const tests = (filters ?? []).map((filter) => {
    const name = filter.Name ?? "";
    const patterns = (filter.Values ?? []).map(wildcard);
    const valuesOf = filterValues(name, values, tagsOf);
    return (record: T) => valuesOf(record).some((value) => patterns.some((pattern) => pattern.test(value)));
  });
  return records.filter((record) => tests.every((test) => test(record)));
}

function filterValues<T>(name: string, values: FilterableValues<T>, tagsOf: (record: T) => Tags) {
  if (name.startsWith("tag:")) {
    return (record: T) => {
      const value = tagsOf(record)[name.slice("tag:".length)];
      return value === undefined ? [] : [value];
    };
  }
  if (name === "tag-key") return (record: T) => Object.keys(tagsOf(record));
  const known = values[name];
  if (known === undefined) throw invalidParameterValue(`The filter '${name}' is invalid`);
  return known;
}
