/** What Check refuses by the package's declarations alone: unknown, missing and not allowed arguments. */
import { closest } from "fastest-levenshtein";
import { anyIndex, childPath, parsePath } from "./argumentPath.ts";
import { EncodingError, objectProblem } from "./encodingError.ts";
import type { Argument, Arguments, PackageSchema } from "./packageSchema.ts";
import { isObject, type PropertyValues, UNKNOWN } from "./propertyValue.ts";
import type { CheckFailure } from "./resourceType.ts";
import { upstreamPath } from "./upstreamName.ts";

/** Names that Check itself writes among the inputs. */
export const DEFAULTS_KEY = "__defaults";

export interface ArgumentRules {
  schema: PackageSchema;
  token: string;
  /** Allowed values by path, besides the declared ones. */
  choices?: Record<string, readonly string[]>;
  upstreamNames?: Record<string, string>;
}

class Checker {
  readonly failures: CheckFailure[] = [];
  readonly #rules: ArgumentRules;
  readonly #resource: string;

  constructor(rules: ArgumentRules, resource: string) {
    this.#rules = rules;
    this.#resource = resource;
  }

  object(values: PropertyValues, args: Arguments, path: string): void {
    for (const name of Object.keys(values)) {
      const argument = args[name];
      if (argument !== undefined) this.#value(values[name], argument, childPath(path, name));
      else if (name !== DEFAULTS_KEY) this.#unknownArgument(name, args, childPath(path, name));
    }
    for (const [name, argument] of Object.entries(args)) {
      if (argument.required === true && values[name] === undefined) {
        const at = childPath(path, name);
        this.#refuse("", `Missing required property '${at}': ${argument.description ?? ""}`);
      }
    }
  }

  #value(value: unknown, argument: Argument, path: string): void {
    if (value === undefined || value === null || value === UNKNOWN) return;
    const { element } = argument;
    if (argument.type === "object" && isObject(value)) {
      this.object(value, this.#rules.schema.types[argument.of ?? ""] ?? {}, path);
    } else if (Array.isArray(value) && element !== undefined) {
      for (const [index, item] of value.entries()) this.#value(item, element, childPath(path, index));
    } else if (isObject(value) && element !== undefined) {
      for (const key of Object.keys(value)) this.#value(value[key], element, childPath(path, key));
    } else {
      this.#choice(value, argument, path);
    }
  }

  #choice(value: unknown, argument: Argument, path: string): void {
    const choices = this.#rules.choices?.[anyIndex(path)] ?? argument.choices;
    if (
      choices === undefined ||
      choices.some((choice) => choice.toLowerCase() === String(value).toLowerCase())
    )
      return;
    const quoted = choices.map((choice) => JSON.stringify(choice)).join(" ");
    const reason = `value must be one of: [${quoted}], got: ${JSON.stringify(String(value))}`;
    const upstream = upstreamPath(parsePath(path), this.#rules.upstreamNames);
    this.#refuse(
      "",
      `Invalid Attribute Value Match. Attribute ${upstream} ${reason}. Examine values at '${this.#resource}.${path}'.`,
    );
  }

  #unknownArgument(name: string, args: Arguments, path: string): void {
    const known = Object.keys(args);
    const hint = known.length === 0 ? "" : ` Did you mean '${closest(name, known)}'?`;
    const { name: provider, version } = this.#rules.schema;
    this.#refuse(
      path,
      `Unknown argument '${path}': ${this.#rules.token} of ${provider} ${version} has none of this name.${hint}` +
        " The sandbox refuses it; the real provider drops it without a word.",
    );
  }

  #refuse(property: string, reason: string): void {
    this.failures.push({ property, reason });
  }
}

/**
 * Refusals of revealed inputs, in which unknown values pass.
 * Throws an `EncodingError` when a value has the wrong type.
 */
export function checkArguments(
  inputs: PropertyValues,
  rules: ArgumentRules,
  resourceName: string,
): CheckFailure[] {
  const args = rules.schema.resources[rules.token]?.arguments ?? {};
  const encoding = { types: rules.schema.types, upstreamNames: rules.upstreamNames ?? {} };
  const problem = objectProblem(inputs, args, encoding);
  if (problem !== undefined) throw new EncodingError(problem);
  const checker = new Checker(rules, resourceName);
  checker.object(inputs, args, "");
  return checker.failures;
}
