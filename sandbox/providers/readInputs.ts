/** Which inputs a refresh or an import writes into the state, out of the outputs it found. */
import type { Arguments } from "./packageSchema.ts";
import { isObject, type PropertyValues } from "./propertyValue.ts";

/** What the old inputs give, as it is now. What the provider filled in beside them is no input. */
export function refreshedInputs(oldInputs: PropertyValues, outputs: PropertyValues): PropertyValues {
  const inputs: PropertyValues = {};
  for (const name of Object.keys(oldInputs)) {
    const value = outputs[name];
    if (value !== undefined && value !== null) inputs[name] = refreshedValue(oldInputs[name], value);
  }
  return inputs;
}

function refreshedValue(old: unknown, value: unknown): unknown {
  if (Array.isArray(old) && Array.isArray(value)) {
    return value.map((element, index) => refreshedValue(old[index], element));
  }
  return isObject(old) && isObject(value) ? refreshedInputs(old, value) : value;
}

/** Every argument worth writing into a program: required, or neither filled in, nor default, nor empty. */
export function importedInputs(
  outputs: PropertyValues,
  args: Arguments,
  optionalComputed: readonly string[],
  plannedDefaults: Readonly<PropertyValues>,
): PropertyValues {
  const wanted = Object.keys(args).filter((name) => {
    const value = outputs[name];
    if (value === undefined || value === null) return false;
    if (args[name]?.required === true) return true;
    if (optionalComputed.includes(name)) return false;
    return name in plannedDefaults ? value !== plannedDefaults[name] : !isEmpty(value);
  });
  return Object.fromEntries(wanted.map((name) => [name, outputs[name]]));
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) ? Object.keys(value).length === 0 : !value;
}
