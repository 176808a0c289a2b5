/**
 * Property values between the engine's wire form and plain JavaScript values, in which a secret is a `Secret` and a
 * value that is not known yet is `UNKNOWN`.
 */
import type { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import structMessages from "google-protobuf/google/protobuf/struct_pb.js";

/** Marks of the engine's wire form, fixed by the protocol. */
const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";
const RESOURCE_SIGNATURE = "5cf8f73096256a8f31e491e813e4eb8e";
const OUTPUT_SIGNATURE = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
/** The sentinels of unknown booleans, numbers, arrays, assets, archives and objects, which older senders use. */
const UNKNOWN_TEXTS = new Set([
  UNKNOWN_TEXT,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** A value that becomes known only when the update runs. */
export const UNKNOWN: unique symbol = Symbol("unknown");

/** A value that the engine encrypts in the state and hides from the user. */
export class Secret {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

export type PropertyValues = Record<string, unknown>;

export function isObject(value: unknown): value is PropertyValues {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Secret);
}

/** The values with each member put through `change`; what becomes undefined is left out. */
function mapObject(values: PropertyValues, change: (value: unknown) => unknown): PropertyValues {
  const changed: PropertyValues = {};
  for (const key of Object.keys(values)) {
    const value = change(values[key]);
    if (value !== undefined) changed[key] = value;
  }
  return changed;
}

function decodeValue(value: unknown): unknown {
  if (typeof value === "string") return UNKNOWN_TEXTS.has(value) ? UNKNOWN : value;
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map((element) => decodeValue(element) ?? null);
  if (!isObject(value)) return value;
  switch (value[SIGNATURE_KEY]) {
    case SECRET_SIGNATURE:
      return new Secret(decodeValue(value.value));
    case OUTPUT_SIGNATURE: {
      const inner = "value" in value ? decodeValue(value.value) : UNKNOWN;
      return value.secret === true ? new Secret(inner) : inner;
    }
    case RESOURCE_SIGNATURE:
      // What stands for a resource in an argument is its id; a component has none and is its URN.
      return decodeValue(value.id ?? value.urn);
    default:
      return mapObject(value, decodeValue);
  }
}

/** Values of a message. A null counts as absent, as the real providers treat it. */
export function decode(struct: Struct | undefined): PropertyValues {
  return struct === undefined ? {} : mapObject(struct.toJavaScript(), decodeValue);
}

function encodeValue(value: unknown): unknown {
  if (value === UNKNOWN) return UNKNOWN_TEXT;
  if (value instanceof Secret) {
    return { [SIGNATURE_KEY]: SECRET_SIGNATURE, value: encodeValue(value.value) ?? null };
  }
  if (Array.isArray(value)) return value.map((element) => encodeValue(element) ?? null);
  if (isObject(value)) return mapObject(value, encodeValue);
  return value === null ? undefined : value;
}

type StructValues = Parameters<typeof structMessages.Struct.fromJavaScript>[0];

export function encode(values: PropertyValues): Struct {
  return structMessages.Struct.fromJavaScript(mapObject(values, encodeValue) as StructValues);
}

function revealValue(value: unknown): unknown {
  if (value instanceof Secret) return revealValue(value.value);
  if (Array.isArray(value)) return value.map(revealValue);
  return isObject(value) ? mapObject(value, revealValue) : value;
}

/** The values without secret marks; unknowns stay. */
export function reveal(values: PropertyValues): PropertyValues {
  return mapObject(values, revealValue);
}

function knownValue(value: unknown): unknown {
  if (value === UNKNOWN) return undefined;
  if (Array.isArray(value)) return value.map(knownValue);
  return isObject(value) ? mapObject(value, knownValue) : value;
}

/** Revealed values without those that are not known yet. */
export function knownOnly(values: PropertyValues): PropertyValues {
  return mapObject(values, knownValue);
}

export function containsUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return value.some(containsUnknown);
  return isObject(value) && Object.values(value).some(containsUnknown);
}

function markLike(value: unknown, marked: unknown): unknown {
  if (value === undefined || value instanceof Secret) return value;
  if (marked instanceof Secret) return new Secret(value);
  if (Array.isArray(value) && Array.isArray(marked)) {
    return value.map((element, index) => markLike(element, marked[index]));
  }
  if (isObject(value) && isObject(marked)) {
    const mark = (key: string) => [key, markLike(value[key], marked[key])];
    return Object.fromEntries(Object.keys(value).map(mark));
  }
  return value;
}

/** `values` with a secret mark wherever `marked` has one at the same place, and on the properties of these names. */
export function markSecrets(
  values: PropertyValues,
  marked: PropertyValues,
  names: readonly string[] = [],
): PropertyValues {
  const secrets = markLike(values, marked) as PropertyValues;
  for (const name of names) {
    const value = secrets[name];
    if (value !== undefined && !(value instanceof Secret)) secrets[name] = new Secret(value);
  }
  return secrets;
}
