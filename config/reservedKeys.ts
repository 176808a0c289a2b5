/** Keys that JavaScript keeps for itself, which a schema passes over in silence: what was set there would be lost. */
import { formatPath, type Problem, show } from "./problems.ts";

const RESERVED = "__proto__";

/** Wherever one stands in a value. @param path of the value itself. */
export function reservedKeys(value: unknown, path: readonly PropertyKey[]): Problem[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]): Problem[] => {
    const step = Array.isArray(value) ? Number(key) : key;
    if (key !== RESERVED) return reservedKeys(child, [...path, step]);
    return [{ path: formatPath([...path, step]), found: show(child), allowed: "any other key" }];
  });
}
