/** What a policy of this pack is: a pure function from resources to violations. */
import type { PolicyConfigSchema } from "@pulumi/policy";
import type { Values } from "./values.ts";

/** A resource as the program declares it, or, for a policy of the whole stack, as it will be. */
export interface Declared {
  /** `aws:ec2/instance:Instance` */
  type: string;
  name: string;
  urn: string;
  protect: boolean;
  /** Inputs; outputs for a policy of the whole stack. */
  values: Values;
}

export interface Violation {
  /** The property: `metadataOptions.httpTokens`. */
  path: string;
  /** Never a secret. */
  found: string;
  allowed: string;
  /** What to do, a sentence without its full stop. */
  action: string;
}

interface Rule {
  /** Lower-case words with hyphens: what `--policy-pack-config` calls it. */
  name: string;
  /** One sentence with its full stop. */
  description: string;
  /** What may be configured. Default: nothing. */
  configSchema?: PolicyConfigSchema;
}

/** Looks at one resource after the other, before each is made. */
export interface ResourceRule extends Rule {
  check(resource: Declared, config: Settings): Violation[];
}

/** Looks at all resources together, at the end of a preview or an update. */
export interface StackRule extends Rule {
  checkStack(resources: readonly Declared[], config: Settings): StackViolation[];
}

export interface StackViolation extends Violation {
  resource: Declared;
}

/** A policy's own part of the configuration, as its schema allows it. */
export type Settings = Readonly<Record<string, unknown>>;

/** A setting that is a list of texts, as the schema has made sure. */
export function texts(settings: Settings, name: string): readonly string[] {
  const value = settings[name];
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}

/** The schema of such a setting. */
export const textList = (description: string) =>
  ({ type: "array", items: { type: "string" }, default: [], description }) as const;

export function describeViolation({ name }: Pick<Declared, "name">, violation: Violation): string {
  const { path, found, allowed, action } = violation;
  return `${name}: ${path} is ${found}. Allowed: ${allowed}. ${action}.`;
}
