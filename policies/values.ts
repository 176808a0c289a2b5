/** The values of a resource's properties, of which a preview does not know all. */
import { UnknownValueError } from "@pulumi/policy";
import type { Violation } from "./policy.ts";

/** Stands for a value that only the update will know. The update looks at it again, before it makes the resource. */
export const Unknown = Symbol("unknown");

/** May hold {@link Unknown} at any depth. */
export type Values = Readonly<Record<string, unknown>>;

/** As Pulumi gives them to a policy: reading one that is not known throws. */
export function knownValues(properties: Readonly<Record<string, unknown>>): Values {
  return Object.fromEntries(Object.keys(properties).map((key) => [key, read(properties, key)]));
}

function read(holder: Readonly<Record<string, unknown>> | readonly unknown[], key: string | number): unknown {
  try {
    const value: unknown = Reflect.get(holder, key);
    if (Array.isArray(value)) return Array.from(value.keys(), (index) => read(value, index));
    return isObject(value) ? knownValues(value) : value;
  } catch (error) {
    if (error instanceof UnknownValueError) return Unknown;
    throw error;
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at a path: `metadataOptions.httpTokens`; Unknown when something on the way is. */
export function at(values: unknown, path: string): unknown {
  let value = values;
  for (const key of path.split(".")) {
    if (value === Unknown) return Unknown;
    value = isObject(value) ? value[key] : undefined;
  }
  return value;
}

/** The entries of a list with their paths; none while the list is not known, or when it is none. */
export function entries(values: unknown, path: string): { path: string; value: unknown }[] {
  const list = at(values, path);
  return Array.isArray(list)
    ? list.map((value: unknown, index) => ({ path: `${path}[${index}]`, value }))
    : [];
}

/** A text or a list of texts as a list; what is not known is left out. */
export function textsOf(value: unknown): string[] {
  return [value].flat().filter((entry) => typeof entry === "string");
}

const SHOWN_LIMIT = 100;

/** A value for a message. Not for what may be secret. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return "not set";
  if (value === Unknown) return "not known yet";
  const text = JSON.stringify(value);
  return text.length <= SHOWN_LIMIT ? text : `${text.slice(0, SHOWN_LIMIT)}…`;
}

/** A violation unless the value at the path is this one, or not known yet. */
export function mustBe(
  values: unknown,
  path: string,
  required: string | number | boolean,
  action: string,
): Violation[] {
  const value = at(values, path);
  return value === Unknown || value === required
    ? []
    : [{ path, found: shown(value), allowed: JSON.stringify(required), action }];
}
