/**
 * What a create or an update will lead to, as far as it can be known beforehand. Preview shows the planned outputs,
 * Diff compares them with the state, and the calls get the planned arguments.
 */
import { keepComputed } from "./computedArguments.ts";
import { differences } from "./differences.ts";
import type { Argument, PackageSchema, ResourceSchema } from "./packageSchema.ts";
import { containsUnknown, knownOnly, type PropertyValues, UNKNOWN } from "./propertyValue.ts";
import type { Properties, ResourceType } from "./resourceType.ts";

export interface Plan {
  /** The outputs to expect, with `UNKNOWN` where only the update will tell. */
  outputs: PropertyValues;
  /** What the provider is called with: known arguments, with what it fills in. */
  arguments: Properties;
  /** Arguments that change. */
  changed: string[];
  /** Outputs that change or may change, sorted: what the real provider lists as differences. */
  differing: string[];
  /** Arguments that force a replacement. */
  replaces: string[];
}

/** The part of a resource type that planning needs; independent of the client. */
export type PlannedType = Pick<
  ResourceType<never>,
  | "token"
  | "replaceOn"
  | "keepWhenRemoved"
  | "replaceWhen"
  | "optionalComputed"
  | "plannedDefaults"
  | "ignoredChanges"
  | "equal"
  | "unknownOnUpdate"
  | "absentOnUpdate"
  | "withoutIdOutput"
> & { update?: unknown };

function schemaOf(type: PlannedType, schema: PackageSchema): ResourceSchema {
  const found = schema.resources[type.token];
  if (found === undefined) throw new Error(`${schema.name}: no generated arguments for ${type.token}`);
  return found;
}

export function planCreate(type: PlannedType, schema: PackageSchema, inputs: PropertyValues): Plan {
  const { arguments: args, outputs: names } = schemaOf(type, schema);
  const computed = new Set(type.optionalComputed);
  const planned: PropertyValues = type.withoutIdOutput === true ? {} : { id: UNKNOWN };
  for (const name of names) {
    const value = inputs[name] ?? type.plannedDefaults?.[name];
    if (value !== undefined) planned[name] = value;
    else if (args[name] === undefined || computed.has(name)) planned[name] = UNKNOWN;
  }
  const known = knownOnly({ ...type.plannedDefaults, ...argumentsOnly(inputs, args) });
  return { outputs: planned, arguments: known, changed: [], differing: [], replaces: [] };
}

/** `state` are the outputs of the last update or refresh; `oldInputs` stand in for arguments that are no outputs. */
export function planUpdate(
  type: PlannedType,
  schema: PackageSchema,
  state: PropertyValues,
  inputs: PropertyValues,
  oldInputs: PropertyValues,
): Plan {
  const { arguments: args, outputs: names } = schemaOf(type, schema);
  const outputs = new Set(names);
  const before = (name: string) => (outputs.has(name) ? (state[name] ?? oldInputs[name]) : oldInputs[name]);
  const planned: PropertyValues = { ...state };
  const changed: string[] = [];
  const sent: PropertyValues = {};
  for (const [name, argument] of Object.entries(args)) {
    const next = plannedValue(type, schema, name, argument, before(name), inputs);
    if (next.changed) changed.push(name);
    if (next.value === undefined) delete planned[name];
    else {
      sent[name] = next.value;
      if (outputs.has(name)) planned[name] = next.value;
    }
  }
  const differing = new Set(changed);
  if (changed.length > 0) {
    const given = knownOnly(inputs);
    const unknown = type.unknownOnUpdate?.(changed, given).filter((name) => inputs[name] === undefined) ?? [];
    for (const name of unknown) {
      planned[name] = UNKNOWN;
      sent[name] = UNKNOWN;
      differing.add(name);
    }
    for (const name of type.absentOnUpdate?.(changed, given) ?? []) {
      if (name in planned) differing.add(name);
      delete planned[name];
    }
  }
  const known = knownOnly(argumentsOnly(sent, args));
  const conditional = type.replaceWhen?.(changed, knownOnly({ ...oldInputs, ...state }), known) ?? [];
  return {
    outputs: planned,
    arguments: known,
    changed,
    differing: [...differing].sort(),
    replaces: changed.filter((name) => replaces(type, name, inputs) || conditional.includes(name)).sort(),
  };
}

function argumentsOnly(values: PropertyValues, args: Record<string, Argument>): PropertyValues {
  return Object.fromEntries(Object.entries(values).filter(([name]) => name in args));
}

function replaces(type: PlannedType, name: string, inputs: PropertyValues): boolean {
  if (type.update === undefined) return true;
  if (!type.replaceOn.includes(name)) return false;
  return inputs[name] !== undefined || type.keepWhenRemoved?.includes(name) !== true;
}

function plannedValue(
  type: PlannedType,
  schema: PackageSchema,
  name: string,
  argument: Argument,
  before: unknown,
  inputs: PropertyValues,
): { value: unknown; changed: boolean } {
  const unchanged = { value: before, changed: false };
  const given = inputs[name] ?? type.plannedDefaults?.[name];
  if (given === undefined && type.optionalComputed?.includes(name) === true) return unchanged;
  if (before !== undefined && type.ignoredChanges?.includes(name) === true) return unchanged;
  const value = keepComputed(given, before, argument, schema.types, type.optionalComputed ?? [], name);
  const same =
    before !== undefined &&
    value !== undefined &&
    !containsUnknown(value) &&
    type.equal?.[name]?.(before, value, knownOnly(inputs)) === true;
  if (same || differences(before, value, argument, schema.types, name).length === 0) return unchanged;
  return { value, changed: true };
}
