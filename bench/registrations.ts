/**
 * The registrations of a program, recorded from the state that it left, so that another program can make the same ones in
 * another account: values that a provider gave stand there as references to the resource that has them.
 */
import { createHash } from "node:crypto";
import type { ScratchStack } from "../sandbox/scratchStack.ts";

/** A plain value in which what was made of other resources' outputs is marked with `$`. */
export type Template = null | boolean | number | string | Template[] | { [key: string]: Template };

export interface Registration {
  type: string;
  name: string;
  /** False for components. */
  custom: boolean;
  /** Position of the parent in the list. Undefined for the stack. */
  parent?: number;
  dependencies: number[];
  deletedWith?: number;
  options: {
    protect: boolean;
    ignoreChanges: string[];
    replaceOnChanges: string[];
    additionalSecretOutputs: string[];
  };
  /** Outputs that others refer to, beside the id. */
  reads: string[];
  inputs: Template;
  /** What a component registers at its end. */
  outputs: Template;
}

interface Resource {
  urn: string;
  type: string;
  custom: boolean;
  id?: string;
  parent?: string;
  dependencies?: string[];
  deletedWith?: string;
  protect?: boolean;
  ignoreChanges?: string[];
  replaceOnChanges?: string[];
  additionalSecretOutputs?: string[];
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

/** Pulumi documentation, "Secrets": how states mark a secret. */
const SECRET_MARK = "4dabf18193072939515e22adb298388d";
/** Shorter values may be the same by chance. */
const SHORTEST_REFERENCE = 12;
const HASHES = ["hex", "base64"] as const;

type Reference = { $: "of"; index: number; property: string; sha256?: (typeof HASHES)[number] };

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isSecret = (value: unknown): value is { plaintext: string } => isRecord(value) && SECRET_MARK in value;

/** The value within a secret of an export that shows secrets. */
function revealed(value: unknown): unknown {
  if (!isSecret(value)) return value;
  if (value.plaintext === undefined) throw new Error("record from `pulumi stack export --show-secrets`");
  return JSON.parse(value.plaintext);
}

/** By value, what a provider gave this resource. */
function referencesTo({ id, inputs = {}, outputs = {} }: Resource, index: number): [string, Reference][] {
  const given = new Set(Object.values(inputs).map(revealed));
  return Object.entries({ ...outputs, id }).flatMap(([property, output]): [string, Reference][] => {
    const value = revealed(output);
    if (typeof value !== "string" || value.length < SHORTEST_REFERENCE || given.has(value)) return [];
    const reference: Reference = { $: "of", index, property };
    if (!isSecret(output)) return [[value, reference]];
    const hash = createHash("sha256").update(value);
    return [
      [value, reference],
      ...HASHES.map((sha256): [string, Reference] => [hash.copy().digest(sha256), { ...reference, sha256 }]),
    ];
  });
}

class Templates {
  readonly #references: ReadonlyMap<string, Reference>;
  readonly #pattern: RegExp | undefined;
  /** Outputs that are referred to, by the position of their resource. */
  readonly #reads: readonly Set<string>[];

  constructor(references: readonly [string, Reference][], reads: readonly Set<string>[]) {
    this.#references = new Map(references);
    this.#reads = reads;
    // Of two values of which one begins with the other, the longer one.
    const values = [...this.#references.keys()].sort((one, other) => other.length - one.length);
    this.#pattern = values.length === 0 ? undefined : new RegExp(values.map(RegExp.escape).join("|"), "g");
  }

  of(value: unknown): Template {
    if (isSecret(value)) return { $: "secret", value: this.of(revealed(value)) };
    if (typeof value === "string") return this.#text(value);
    if (Array.isArray(value)) return value.map((each) => this.of(each));
    if (!isRecord(value)) return (value ?? null) as Template;
    const entries = Object.entries(value).filter(([key]) => !key.startsWith("__"));
    return Object.fromEntries(entries.map(([key, each]) => [key, this.of(each)]));
  }

  #text(text: string): Template {
    // A connector's token is JSON in base64, with the tunnel's id in it.
    const decoded = Buffer.from(text, "base64").toString();
    const isEncoded = decoded.startsWith("{") && Buffer.from(decoded).toString("base64") === text;
    if (isEncoded) return { $: "base64", value: this.#text(decoded) };
    const parts: Template[] = [];
    let end = 0;
    for (const { 0: value, index } of this.#pattern === undefined ? [] : text.matchAll(this.#pattern)) {
      const reference = this.#references.get(value);
      if (reference === undefined) continue;
      if (reference.property !== "id") this.#reads[reference.index]?.add(reference.property);
      if (index > end) parts.push(text.slice(end, index));
      parts.push({ ...reference });
      end = index + value.length;
    }
    if (parts.length === 0) return text;
    if (end < text.length) parts.push(text.slice(end));
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { $: "text", parts };
  }
}

/** By position, those that a resource's values can come from: what it depends on, or what is in it. */
function sourcesOf(resources: readonly Resource[]): Set<number>[] {
  const positions = new Map(resources.map(({ urn }, index) => [urn, index]));
  const sources = resources.map(() => new Set<number>());
  for (const [index, { dependencies = [] }] of resources.entries()) {
    for (const urn of dependencies) {
      const dependency = positions.get(urn);
      if (dependency === undefined) continue;
      for (const each of [dependency, ...(sources[dependency] ?? [])]) sources[index]?.add(each);
    }
  }
  for (const [index, resource] of resources.entries()) {
    let parent = resource.parent === undefined ? undefined : positions.get(resource.parent);
    while (parent !== undefined) {
      sources[parent]?.add(index);
      const above = resources[parent]?.parent;
      parent = above === undefined ? undefined : positions.get(above);
    }
  }
  return sources;
}

const ENGINES_OWN = /^pulumi:/;

/**
 * In the order in which they were registered, without the stack and its providers.
 *
 * @param exported what `pulumi stack export --show-secrets` printed. @throws Error when it does not show secrets.
 */
export function recordRegistrations(exported: string): Registration[] {
  const { deployment } = JSON.parse(exported) as { deployment: { resources?: Resource[] } };
  const resources = (deployment.resources ?? []).filter(({ type }) => !ENGINES_OWN.test(type));
  const positions = new Map(resources.map(({ urn }, index) => [urn, index]));
  const references = resources.map((resource, index) =>
    resource.custom ? referencesTo(resource, index) : [],
  );
  const reads = resources.map(() => new Set<string>());
  const sources = sourcesOf(resources);
  const position = (urn: string | undefined) => (urn === undefined ? undefined : positions.get(urn));

  const registrations = resources.map((resource, index): Omit<Registration, "reads"> => {
    const known = [...(sources[index] ?? [])].flatMap((source) => references[source] ?? []);
    const templates = new Templates(known, reads);
    const parent = position(resource.parent);
    const deletedWith = position(resource.deletedWith);
    const { protect = false, ignoreChanges = [], replaceOnChanges = [] } = resource;
    return {
      type: resource.type,
      name: resource.urn.split("::").at(-1) ?? "",
      custom: resource.custom,
      ...(parent === undefined ? {} : { parent }),
      dependencies: (resource.dependencies ?? []).flatMap((urn) => position(urn) ?? []),
      ...(deletedWith === undefined ? {} : { deletedWith }),
      options: {
        protect,
        ignoreChanges,
        replaceOnChanges,
        additionalSecretOutputs: [...new Set(resource.additionalSecretOutputs)],
      },
      inputs: resource.custom ? templates.of(resource.inputs ?? {}) : {},
      outputs: resource.custom ? {} : templates.of(resource.outputs ?? {}),
    };
  });
  return registrations.map((registration, index) => ({ ...registration, reads: [...(reads[index] ?? [])] }));
}

/** Of what a stack holds now. */
export async function exportedRegistrations(stack: Pick<ScratchStack, "pulumi">): Promise<Registration[]> {
  const { exitCode, stdout, stderr } = await stack.pulumi(["stack", "export", "--show-secrets"]);
  if (exitCode !== 0) throw new Error(`the stack could not be exported:\n${stderr}`);
  return recordRegistrations(stdout);
}
