/** Reading the API's answers into outputs as the real provider does. */
import type { Properties } from "../resourceType.ts";
import type { Json } from "./api.ts";

/** The id of a resource whose create was answered with success and without an id. */
export const NO_ID = "{<nil>}";

/** A time without fractions of a second, which the real provider drops. */
export function timestamp(value: Json): Json {
  return typeof value === "string" ? value.replace(/\.\d+(?=Z|[+-])/, "") : value;
}

/** A value that the provider keeps as JSON text. */
export function jsonText(value: Json): Json {
  return value === undefined || value === null ? value : JSON.stringify(value);
}

/** Outputs after a create or an update: what was planned stays, the rest comes from the answer. */
export function settled(planned: Properties, answered: Properties): Properties {
  return withoutNulls({ ...answered, ...planned });
}

/** Outputs after a read: a value that the answer leaves out stays as it was, one that it says is null goes. */
export function refreshed(state: Properties, answered: Properties): Properties {
  const given = Object.entries(answered).filter(([, value]) => value !== undefined);
  return withoutNulls({ ...state, ...Object.fromEntries(given) });
}

function withoutNulls(values: Properties): Properties {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== null),
  );
}

/** The body of a PUT: the new values, and null for what was there and is no more. */
export function replacing(before: Json, next: Json): Json {
  const body = { ...next };
  for (const key of Object.keys(before)) {
    if (before[key] !== undefined && body[key] === undefined) body[key] = null;
  }
  return body;
}
