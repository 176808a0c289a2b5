/**
 * The recordings' notation of property values (`<computed>`, `{"<secret>": value}`) to and from the engine's wire
 * form. Written apart from the provider's own codec, so that a mistake there shows.
 */
import { Struct } from "google-protobuf/google/protobuf/struct_pb.js";

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export type Values = Record<string, unknown>;

function isObject(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function toWire(value: unknown): unknown {
  if (value === "<computed>") return UNKNOWN;
  if (Array.isArray(value)) return value.map(toWire);
  if (!isObject(value)) return value;
  if ("<secret>" in value) return { [SIGNATURE]: SECRET, value: toWire(value["<secret>"]) };
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toWire(member)]));
}

function fromWire(value: unknown): unknown {
  if (value === UNKNOWN) return "<computed>";
  if (Array.isArray(value)) return value.map(fromWire);
  if (!isObject(value)) return value;
  if (value[SIGNATURE] === SECRET) return { "<secret>": fromWire(value.value) };
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, fromWire(member)]));
}

export function struct(values: Values): Struct {
  return Struct.fromJavaScript(toWire(values) as Parameters<typeof Struct.fromJavaScript>[0]);
}

export function values(message: Struct | undefined): Values {
  return message === undefined ? {} : (fromWire(message.toJavaScript()) as Values);
}

/** An output whose secret mark hides that it is not known counts as just not known, as the recorder noted it. */
export function unmarkedUnknowns(given: Values): Values {
  const unmarked = (value: unknown) =>
    isObject(value) && value["<secret>"] === "<computed>" ? "<computed>" : value;
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [key, unmarked(value)]));
}
