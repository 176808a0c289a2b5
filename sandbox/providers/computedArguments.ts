/** Nested arguments that the provider fills in when the program leaves them out. */
import { anyIndex, childPath } from "./argumentPath.ts";
import type { Argument, PackageSchema } from "./packageSchema.ts";
import { isObject, type PropertyValues } from "./propertyValue.ts";

/**
 * The given value of an argument, with the parts that the program leaves out and the provider fills in taken from the
 * value `before`. `computed` are the paths of such arguments, `[]` for any index.
 */
export function keepComputed(
  given: unknown,
  before: unknown,
  argument: Argument,
  types: PackageSchema["types"],
  computed: readonly string[],
  path: string,
): unknown {
  const prefix = anyIndex(path);
  if (!computed.some((name) => name.startsWith(prefix))) return given;
  if (Array.isArray(given) && Array.isArray(before)) {
    const element = argument.element ?? { type: "any" };
    return given.map((item, index) =>
      keepComputed(item, before[index], element, types, computed, childPath(path, index)),
    );
  }
  if (!isObject(given) || !isObject(before)) return given;
  const kept: PropertyValues = { ...given };
  for (const [name, child] of Object.entries(types[argument.of ?? ""] ?? {})) {
    const at = childPath(path, name);
    if (given[name] !== undefined) {
      kept[name] = keepComputed(given[name], before[name], child, types, computed, at);
    } else if (computed.includes(anyIndex(at)) && before[name] !== undefined) {
      kept[name] = before[name];
    }
  }
  return kept;
}
