/** Names that the provider makes up. */
import { createHash, randomBytes } from "node:crypto";
import { DEFAULTS_KEY } from "../checkArguments.ts";
import type { CheckFailure, Properties, ResourceType } from "../resourceType.ts";
import type { AwsProviderClient } from "./client.ts";

const SUFFIX_LENGTH = 7;

type NamingFacts = Required<
  Pick<ResourceType<AwsProviderClient>, "defaults" | "deleteBeforeReplace" | "check">
>;

/**
 * A name of at most `maximum` characters for a type whose `name` is optional: the resource's own name, a hyphen and
 * seven hexadecimal digits, which preview and up derive alike from the engine's seed. A name that the program gives
 * is fixed, so that a replacement must delete first.
 */
export function autoNamed(maximum: number): NamingFacts {
  return {
    defaults(inputs, { name, randomSeed }) {
      if (inputs.namePrefix !== undefined) return {};
      const suffix = createHash("sha256").update(randomSeed).digest("hex").slice(0, SUFFIX_LENGTH);
      return { name: `${name}-${suffix}` };
    },
    deleteBeforeReplace: (_olds, news) =>
      news.name !== undefined && news[DEFAULTS_KEY]?.includes("name") !== true,
    check: (inputs, { name }) => [
      ...tooLong(maximum, inputs, name),
      ...conflict(inputs, "name", "namePrefix"),
    ],
  };
}

function tooLong(maximum: number, inputs: Properties, resourceName: string): CheckFailure[] {
  const { name, namePrefix } = inputs;
  if (typeof name === "string" && name.length > maximum) {
    const reason = `expected length of name to be in the range (1 - ${maximum}), got ${name}`;
    return [{ property: "name", reason }];
  }
  if (name !== undefined || namePrefix !== undefined) return [];
  if (resourceName.length + 1 + SUFFIX_LENGTH <= maximum) return [];
  const reason = `name '${resourceName}' plus ${SUFFIX_LENGTH} random chars is longer than maximum length ${maximum}`;
  return [{ property: "name", reason }];
}

/** A failure when both arguments are given. */
export function conflict(inputs: Properties, one: string, other: string): CheckFailure[] {
  if (inputs[one] === undefined || inputs[other] === undefined) return [];
  return [
    { property: one, reason: `Conflicting configuration arguments: "${one}": conflicts with ${other}` },
  ];
}

/** The given name, or the prefix with the time and a unique end, as the real provider completes it. */
export function nameOf(inputs: Properties): string {
  if (inputs.name !== undefined) return inputs.name;
  const time = new Date().toISOString().replace(/\D/g, "").slice(0, 17);
  return `${inputs.namePrefix ?? "terraform-"}${time}${randomBytes(5).toString("hex").slice(0, 9)}`;
}
