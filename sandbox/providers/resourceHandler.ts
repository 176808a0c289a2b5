/**
 * The operations on the resources of one type, on plain values: what the engine asks between its wire form and a
 * `ResourceType`'s table.
 */
import { checkArguments, DEFAULTS_KEY } from "./checkArguments.ts";
import { type Difference, differences } from "./differences.ts";
import { applyIgnoreChanges } from "./ignoreChanges.ts";
import type { PackageSchema } from "./packageSchema.ts";
import { type Plan, planCreate, planUpdate } from "./plan.ts";
import { containsUnknown, knownOnly, markSecrets, type PropertyValues, reveal } from "./propertyValue.ts";
import { importedInputs, refreshedInputs } from "./readInputs.ts";
import {
  type CheckFailure,
  type OperationContext,
  PartiallyCreatedError,
  type Properties,
  type ResourceType,
} from "./resourceType.ts";
import { InitializationFailure } from "./serviceError.ts";

/** What Diff and Update get; values may carry secret marks. */
export interface Change {
  state: PropertyValues;
  oldInputs: PropertyValues;
  inputs: PropertyValues;
  ignoreChanges: readonly string[];
}

export interface DetailedDifference extends Difference {
  replaces: boolean;
  /** Between the old and the new inputs; else between the state and the inputs (drift). */
  ofInputs: boolean;
}

export interface DiffResult {
  differing: string[];
  replaces: string[];
  stables: string[];
  deleteBeforeReplace: boolean;
  detailed: DetailedDifference[];
}

export class ResourceHandler<Client> {
  readonly #type: ResourceType<Client>;
  readonly #schema: PackageSchema;

  constructor(type: ResourceType<Client>, schema: PackageSchema) {
    if (schema.resources[type.token] === undefined)
      throw new Error(`${schema.name}: no generated arguments for ${type.token}`);
    this.#type = type;
    this.#schema = schema;
  }

  /** The inputs to go on with (defaults filled in, secret arguments marked), and what is refused. */
  check(
    olds: PropertyValues,
    news: PropertyValues,
    context: { name: string; urn: string; randomSeed: Uint8Array },
  ): { inputs: PropertyValues; failures: CheckFailure[] } {
    const type = this.#type;
    const given = reveal(news);
    const failures = checkArguments(given, { ...type, schema: this.#schema }, context.name);
    if (failures.length === 0) failures.push(...(type.check?.(knownOnly(given), context) ?? []));
    const inputs = markSecrets(
      { ...news, ...this.#defaults(olds, given, context) },
      {},
      this.#secretArguments(),
    );
    return { inputs, failures };
  }

  #defaults(
    olds: PropertyValues,
    given: PropertyValues,
    context: { name: string; urn: string; randomSeed: Uint8Array },
  ): PropertyValues {
    const defaults: PropertyValues = { ...this.#type.defaults?.(knownOnly(given), context) };
    const before = reveal(olds);
    const defaulted = before[DEFAULTS_KEY];
    for (const name of Object.keys(defaults)) {
      if (given[name] !== undefined) delete defaults[name];
      // A generated name must not change from one update to the next.
      else if (Array.isArray(defaulted) && defaulted.includes(name) && before[name] !== undefined)
        defaults[name] = before[name];
    }
    const names = Object.keys(defaults).sort();
    return names.length === 0 ? {} : { ...defaults, [DEFAULTS_KEY]: names };
  }

  diff(change: Change): DiffResult {
    const { state, oldInputs, inputs } = this.#revealed(change);
    const plan = planUpdate(this.#type, this.#schema, state, inputs, oldInputs);
    const replacing = plan.replaces.length > 0;
    return {
      differing: plan.differing,
      replaces: plan.replaces,
      stables: replacing ? [] : [...this.#type.replaceOn],
      deleteBeforeReplace:
        replacing && this.#type.deleteBeforeReplace?.(knownOnly(state), knownOnly(inputs)) === true,
      detailed: plan.changed.flatMap((name) => this.#detailed(name, plan, state, oldInputs, inputs)),
    };
  }

  #detailed(
    name: string,
    plan: Plan,
    state: PropertyValues,
    oldInputs: PropertyValues,
    inputs: PropertyValues,
  ): DetailedDifference[] {
    const { arguments: args } = this.#resourceSchema();
    const argument = args[name] ?? { type: "any" };
    const replaces = plan.replaces.includes(name);
    const between = (old: unknown, next: unknown) =>
      differences(old, next, argument, this.#schema.types, name);
    const ofInputs = between(oldInputs[name], inputs[name]);
    const found = ofInputs.length > 0 ? ofInputs : between(state[name], plan.outputs[name]);
    return found.map((difference) => ({ ...difference, replaces, ofInputs: ofInputs.length > 0 }));
  }

  previewCreate(inputs: PropertyValues, context: OperationContext): PropertyValues {
    this.#warn(context);
    const plan = planCreate(this.#type, this.#schema, reveal(inputs));
    return this.#secret(plan.outputs, inputs);
  }

  async create(
    client: Client,
    inputs: PropertyValues,
    context: OperationContext,
  ): Promise<{ id: string; outputs: PropertyValues }> {
    const given = this.#known(inputs, "create");
    this.#warn(context);
    const plan = planCreate(this.#type, this.#schema, given);
    try {
      const { id, outputs } = await this.#type.create(client, plan.arguments, context);
      return { id, outputs: this.#outputs(id, outputs, inputs) };
    } catch (error) {
      if (!(error instanceof PartiallyCreatedError)) throw error;
      const { id, outputs } = error.resource;
      throw new InitializationFailure(error, id, this.#outputs(id, outputs, inputs), inputs);
    }
  }

  previewUpdate(change: Change): PropertyValues {
    const { state, oldInputs, inputs } = this.#revealed(change);
    const plan = planUpdate(this.#type, this.#schema, state, inputs, oldInputs);
    return this.#secret(plan.outputs, change.inputs, change.state);
  }

  async update(
    client: Client,
    id: string,
    change: Change,
    context: OperationContext,
  ): Promise<PropertyValues> {
    const { state, oldInputs, inputs } = this.#revealed(change);
    this.#known(inputs, "update");
    const { update } = this.#type;
    if (update === undefined) throw new Error(`${this.#type.token} cannot be updated in place`);
    const plan = planUpdate(this.#type, this.#schema, state, inputs, oldInputs);
    const outputs = await update.call(this.#type, client, id, knownOnly(state), plan.arguments, context);
    return this.#outputs(id, outputs, change.inputs);
  }

  /** `undefined`: the resource is gone. */
  async read(
    client: Client,
    id: string,
    state: PropertyValues,
    oldInputs: PropertyValues,
    context: OperationContext,
  ): Promise<{ id: string; outputs: PropertyValues; inputs: PropertyValues } | undefined> {
    const known = knownOnly(reveal(state));
    const found = await this.#type.read(client, id, known, context);
    if (found === undefined) return undefined;
    const isImport = Object.keys(state).length === 0;
    const inputs = found.inputs ?? this.#readInputs(found.outputs, oldInputs, isImport);
    return {
      id: found.id,
      outputs: this.#outputs(found.id, found.outputs, oldInputs),
      inputs: markSecrets(inputs, oldInputs, this.#secretArguments()),
    };
  }

  #readInputs(outputs: Properties, oldInputs: PropertyValues, isImport: boolean): PropertyValues {
    const { optionalComputed = [], plannedDefaults = {} } = this.#type;
    if (isImport) {
      return importedInputs(outputs, this.#resourceSchema().arguments, optionalComputed, plannedDefaults);
    }
    const old = reveal(oldInputs);
    const defaulted = old[DEFAULTS_KEY];
    const inputs = refreshedInputs(old, outputs);
    return defaulted === undefined ? inputs : { ...inputs, [DEFAULTS_KEY]: defaulted };
  }

  async delete(client: Client, id: string, state: PropertyValues, context: OperationContext): Promise<void> {
    await this.#type.delete?.(client, id, knownOnly(reveal(state)), context);
  }

  #warn(context: OperationContext): void {
    for (const warning of this.#type.warnings ?? []) context.warn(warning);
  }

  #revealed(change: Change): { state: PropertyValues; oldInputs: PropertyValues; inputs: PropertyValues } {
    const state = reveal(change.state);
    const oldInputs = reveal(change.oldInputs);
    const inputs = applyIgnoreChanges(
      reveal(change.inputs),
      { ...oldInputs, ...state },
      change.ignoreChanges,
    );
    return { state, oldInputs, inputs };
  }

  #known(inputs: PropertyValues, operation: string): PropertyValues {
    const given = reveal(inputs);
    if (containsUnknown(given))
      throw new Error(`cannot ${operation} ${this.#type.token}: an input is not known`);
    return given;
  }

  #resourceSchema() {
    return this.#schema.resources[this.#type.token] ?? { arguments: {}, outputs: [] };
  }

  #secretArguments(): string[] {
    const { arguments: args } = this.#resourceSchema();
    return (this.#type.secretOutputs ?? []).filter((name) => name in args);
  }

  #outputs(id: string, outputs: Properties, inputs: PropertyValues): PropertyValues {
    return this.#secret(this.#type.withoutIdOutput === true ? outputs : { ...outputs, id }, inputs);
  }

  #secret(outputs: PropertyValues, ...marked: PropertyValues[]): PropertyValues {
    let secret = outputs;
    for (const marks of marked) secret = markSecrets(secret, marks);
    return markSecrets(secret, {}, this.#type.secretOutputs);
  }
}
