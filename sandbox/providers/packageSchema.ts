/** What a pinned Pulumi package declares about its resource types: the form of `generated/<package>.json`. */

/** Type of an argument; `any` stands for a union of different shapes, which is not checked. */
export type ArgumentType = "string" | "number" | "boolean" | "list" | "map" | "object" | "any";

export interface Argument {
  type: ArgumentType;
  /** Of a list or a map. */
  element?: Argument;
  /** Of an object: a key of `PackageSchema.types`. */
  of?: string;
  required?: boolean;
  /** The declaration's comment; of required arguments only, whose refusals quote it. */
  description?: string;
  /** Allowed values, where the declaration lists them. Letter case does not matter. */
  choices?: string[];
}

export type Arguments = Record<string, Argument>;

export interface ResourceSchema {
  arguments: Arguments;
  /** Names of all outputs but `id`, arguments that are also outputs included. */
  outputs: string[];
}

export interface PackageSchema {
  name: string;
  version: string;
  /** By type token. */
  resources: Record<string, ResourceSchema>;
  /** Nested argument types by name. */
  types: Record<string, Arguments>;
}
