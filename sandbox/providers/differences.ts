/** Where two values of an argument differ, as far as the argument's declaration goes. */
import { childPath } from "./argumentPath.ts";
import type { Argument, PackageSchema } from "./packageSchema.ts";
import { isObject, type PropertyValues } from "./propertyValue.ts";

export const DifferenceKind = { Add: "add", Delete: "delete", Update: "update" } as const;
export type DifferenceKind = (typeof DifferenceKind)[keyof typeof DifferenceKind];

export interface Difference {
  path: string;
  kind: DifferenceKind;
}

type Types = PackageSchema["types"];

function childArgument(argument: Argument, key: string, types: Types): Argument | undefined {
  if (argument.type === "object") return types[argument.of ?? ""]?.[key];
  return argument.element ?? { type: "any" };
}

/**
 * Differences from `old` to `next`. What an object of the provider has beyond its declared arguments (computed
 * values) is no difference, and a scalar equals its text, as arguments are converted to their declared type.
 */
export function differences(
  old: unknown,
  next: unknown,
  argument: Argument,
  types: Types,
  path: string,
): Difference[] {
  const absentOld = old === undefined || old === null;
  const absentNext = next === undefined || next === null;
  if (absentOld && absentNext) return [];
  if (absentOld) return [{ path, kind: DifferenceKind.Add }];
  if (absentNext) return [{ path, kind: DifferenceKind.Delete }];
  if (Array.isArray(old) && Array.isArray(next)) return listDifferences(old, next, argument, types, path);
  if (isObject(old) && isObject(next)) return objectDifferences(old, next, argument, types, path);
  if (typeof old !== "object" && typeof next !== "object" && String(old) === String(next)) return [];
  return [{ path, kind: DifferenceKind.Update }];
}

function listDifferences(
  old: unknown[],
  next: unknown[],
  argument: Argument,
  types: Types,
  path: string,
): Difference[] {
  const element = argument.element ?? { type: "any" };
  const length = Math.max(old.length, next.length);
  return Array.from({ length }, (_, index) =>
    differences(old[index], next[index], element, types, childPath(path, index)),
  ).flat();
}

function objectDifferences(
  old: PropertyValues,
  next: PropertyValues,
  argument: Argument,
  types: Types,
  path: string,
): Difference[] {
  return [...new Set([...Object.keys(old), ...Object.keys(next)])].flatMap((key) => {
    const child = childArgument(argument, key, types);
    return child === undefined ? [] : differences(old[key], next[key], child, types, childPath(path, key));
  });
}
