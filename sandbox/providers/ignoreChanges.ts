/** What the program's `ignoreChanges` means to Diff and Update. */
import { parsePath } from "./argumentPath.ts";
import { isObject, type PropertyValues } from "./propertyValue.ts";

/** The inputs with what `ignoreChanges` names taken from the state; `*` stands for any element. */
export function applyIgnoreChanges(
  inputs: PropertyValues,
  state: PropertyValues,
  paths: readonly string[],
): PropertyValues {
  const result = cloneOf(inputs);
  for (const path of paths) copyStep(result, state, parsePath(path));
  return result;
}

function cloneOf(values: PropertyValues): PropertyValues {
  const copy = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(copy);
    return isObject(value) ? cloneOf(value) : value;
  };
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, copy(value)]));
}

function copyStep(target: unknown, source: unknown, [step, ...rest]: (string | number)[]): void {
  if (step === undefined) return;
  const from = containerOf(source);
  const to = containerOf(target);
  if (to === undefined) return;
  const keys = step === "*" ? Object.keys({ ...from, ...to }) : [String(step)];
  for (const key of keys) {
    if (rest.length > 0) copyStep(to[key], from?.[key], rest);
    else if (from?.[key] === undefined) delete to[key];
    else to[key] = from[key];
  }
}

function containerOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
}
