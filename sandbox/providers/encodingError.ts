/**
 * The error of an argument whose value has the wrong type. The real provider stops at the first one, before it looks
 * at anything else, with a text that shows the value as Go prints it.
 */
import type { Argument, PackageSchema } from "./packageSchema.ts";
import { isObject, UNKNOWN } from "./propertyValue.ts";
import { upstreamName } from "./upstreamName.ts";

export class EncodingError extends Error {
  constructor(message: string) {
    super(`cannot encode resource inputs to call ValidateResourceConfig: ${message}`);
    this.name = "EncodingError";
  }
}

/** A property value as Go's `%v` prints it. */
function printed(value: unknown): string {
  if (Array.isArray(value)) return `{[${value.map(printed).join(" ")}]}`;
  if (isObject(value)) {
    const members = Object.keys(value).sort();
    return `{map[${members.map((key) => `${key}:${printed(value[key])}`).join(" ")}]}`;
  }
  return `{${String(value)}}`;
}

export interface Encoding {
  types: PackageSchema["types"];
  upstreamNames: Readonly<Record<string, string>>;
}

/** Why the value cannot be sent as this argument; `undefined` when it can. Secrets must be revealed. */
export function encodingProblem(value: unknown, argument: Argument, encoding: Encoding): string | undefined {
  if (value === undefined || value === null || value === UNKNOWN) return undefined;
  switch (argument.type) {
    case "string":
      // Numbers and booleans are sent as their text, as the real provider does.
      return Array.isArray(value) || isObject(value)
        ? `Expected a string, got: ${printed(value)}`
        : undefined;
    case "number":
      return numberProblem(value);
    case "boolean":
      return typeof value === "boolean" ? undefined : "Expected a Boolean";
    case "list":
      return Array.isArray(value)
        ? listProblem(value, argument, encoding)
        : "Expected an Array PropertyValue";
    case "map":
      return isObject(value) ? mapProblem(value, argument, encoding) : objectExpected(value);
    case "object":
      return isObject(value)
        ? objectProblem(value, encoding.types[argument.of ?? ""] ?? {}, encoding)
        : objectExpected(value);
    case "any":
      return undefined;
  }
}

function numberProblem(value: unknown): string | undefined {
  if (typeof value === "number") return undefined;
  if (typeof value === "string" && (value === "" || Number.isFinite(Number(value)))) return undefined;
  return `Expected a Number, got resource.PropertyValue{V:${JSON.stringify(value)}} ${typeof value === "string"}`;
}

function objectExpected(value: unknown): string {
  return `Expected an Object PropertyValue, found ${typeof value} (${JSON.stringify(printed(value))})`;
}

function listProblem(values: unknown[], argument: Argument, encoding: Encoding): string | undefined {
  for (const [index, value] of values.entries()) {
    const problem = encodingProblem(value, argument.element ?? { type: "any" }, encoding);
    if (problem !== undefined)
      return `encList failed while encoding element ${index} (${printed(value)}): ${problem}`;
  }
  return undefined;
}

function mapProblem(
  values: Record<string, unknown>,
  argument: Argument,
  encoding: Encoding,
): string | undefined {
  const bad = Object.values(values).find(
    (value) => encodingProblem(value, argument.element ?? { type: "any" }, encoding) !== undefined,
  );
  return bad === undefined ? undefined : `encMap failed on ${printed(bad)}`;
}

export function objectProblem(
  values: Record<string, unknown>,
  args: Record<string, Argument>,
  encoding: Encoding,
): string | undefined {
  for (const [name, value] of Object.entries(values)) {
    const argument = args[name];
    const problem = argument === undefined ? undefined : encodingProblem(value, argument, encoding);
    if (problem !== undefined) {
      const upstream = upstreamName(name, encoding.upstreamNames);
      return `objectEncoder failed on property ${JSON.stringify(upstream)}: ${problem}`;
    }
  }
  return undefined;
}
