/** Policies as arguments: JSON text or an object. */
import { isDeepStrictEqual } from "node:util";

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}

/** The text that is sent: an object becomes JSON with sorted keys. */
export function jsonText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(sorted(value));
}

/** Lists of one element equal that element in policies, and their order does not matter. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(canonical);
    if (items.length === 1) return items[0];
    return items.sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, canonical(item)]));
}

function parsed(value: unknown): unknown {
  return typeof value === "string" ? (JSON.parse(value) as unknown) : value;
}

/** Whether two policies mean the same. */
export function samePolicy(one: unknown, other: unknown): boolean {
  try {
    return isDeepStrictEqual(canonical(parsed(one)), canonical(parsed(other)));
  } catch {
    return one === other;
  }
}

/** The text that the program gave, as long as AWS's means the same. */
export function keepText(given: unknown, actual: string): unknown {
  return given !== undefined && samePolicy(given, actual) ? jsonText(given) : actual;
}

/** Whether two lists have the same elements in any order. */
export function sameSet(one: unknown, other: unknown): boolean {
  const texts = (value: unknown) =>
    Array.isArray(value) ? value.map((item) => JSON.stringify(item)).sort() : value;
  return isDeepStrictEqual(texts(one), texts(other));
}
