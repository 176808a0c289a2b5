/** The common part of all AWS resource types: outputs are read back, tags and region work the same everywhere. */
import { isDeepStrictEqual } from "node:util";
import {
  type OperationContext,
  PartiallyCreatedError,
  type Properties,
  type ResourceType,
} from "../resourceType.ts";
import type { AwsProviderClient } from "./client.ts";
import { type KeyValue, type TagWriter, tagOutputs, updateTags } from "./tags.ts";
import { waitFor } from "./wait.ts";

type Facts = Omit<
  ResourceType<AwsProviderClient>,
  "create" | "read" | "update" | "delete" | "optionalComputed" | "unknownOnUpdate"
>;

/** What AWS says about a resource. */
export interface Description {
  /** All outputs but tags and region. */
  outputs: Properties;
  /** Absent for a resource without tags. */
  tags?: readonly KeyValue[] | undefined;
}

export interface AwsTypeDefinition extends Facts {
  optionalComputed?: readonly string[];
  unknownOnUpdate?: (changed: readonly string[], news: Properties) => readonly string[];
  /** Absent: the resource has no tags. */
  tagWriter?: TagWriter;
  /** A service without regions: no `region` argument. */
  global?: true;
  /** Makes the resource and returns its id. */
  make(client: AwsProviderClient, inputs: Properties, context: OperationContext): Promise<string>;
  /**
   * Settings that need calls of their own, and waiting, once the resource exists. When it throws, the resource stays
   * in the state.
   */
  settle?(
    client: AwsProviderClient,
    id: string,
    inputs: Properties,
    context: OperationContext,
  ): Promise<void>;
  /** What AWS has; `undefined`: nothing. `given` are the inputs, or the state on a refresh. */
  look(client: AwsProviderClient, id: string, given: Properties): Promise<Description | undefined>;
  /** Absent: only tags can change in place. */
  change?(
    client: AwsProviderClient,
    id: string,
    olds: Properties,
    news: Properties,
    context: OperationContext,
  ): Promise<void>;
  remove(client: AwsProviderClient, id: string, state: Properties, context: OperationContext): Promise<void>;
}

/** Outputs without those that are undefined: they count as absent. */
function defined(outputs: Properties): Properties {
  return Object.fromEntries(Object.entries(outputs).filter(([, value]) => value !== undefined));
}

async function outputsOf(
  definition: AwsTypeDefinition,
  client: AwsProviderClient,
  id: string,
  given: Properties,
): Promise<Properties | undefined> {
  const found = await definition.look(client, id, given);
  if (found === undefined) return undefined;
  return defined({
    ...found.outputs,
    ...(found.tags !== undefined && tagOutputs(client, found.tags, given.tags)),
    ...(definition.global !== true && { region: client.region }),
  });
}

function checkRegion(client: AwsProviderClient, { region }: Properties): void {
  if (region === undefined || region === client.region) return;
  throw new Error(`the sandbox emulates the region ${client.region} only, not ${region}`);
}

/** Makes a resource type of a definition. */
export function awsType(definition: AwsTypeDefinition): ResourceType<AwsProviderClient> {
  const { make: _m, settle: _s, look: _l, change: _c, remove: _r, tagWriter, global, ...facts } = definition;
  const regional = global === true ? [] : ["region"];
  const updatable = definition.change !== undefined || tagWriter !== undefined;
  return {
    ...facts,
    replaceOn: [...facts.replaceOn, ...regional],
    optionalComputed: [...(facts.optionalComputed ?? []), ...regional],
    unknownOnUpdate: (changed, news) => [
      ...(facts.unknownOnUpdate?.(changed, news) ?? []),
      ...(changed.includes("tags") ? ["tagsAll"] : []),
    ],

    async create(client, inputs, context) {
      checkRegion(client, inputs);
      const id = await definition.make(client, inputs, context);
      try {
        await definition.settle?.(client, id, inputs, context);
      } catch (error) {
        const outputs = (await outputsOf(definition, client, id, inputs)) ?? {};
        throw new PartiallyCreatedError(error instanceof Error ? error.message : String(error), {
          id,
          outputs,
        });
      }
      // Like the real provider it waits for a new resource that AWS does not show yet.
      const outputs = await waitFor(`reading ${facts.token} (${id})`, context.signal, () =>
        outputsOf(definition, client, id, inputs),
      );
      return { id, outputs };
    },

    async read(client, id, state) {
      const outputs = await outputsOf(definition, client, id, state);
      return outputs === undefined ? undefined : { id, outputs };
    },

    ...(updatable && {
      async update(
        client: AwsProviderClient,
        id: string,
        olds: Properties,
        news: Properties,
        context: OperationContext,
      ) {
        await definition.change?.(client, id, olds, news, context);
        if (tagWriter !== undefined) await updateTags(client, tagWriter, id, olds.tagsAll, news.tags);
        const outputs = await outputsOf(definition, client, id, news);
        if (outputs === undefined) throw new Error(`updating ${facts.token} (${id}): couldn't find resource`);
        return outputs;
      },
    }),

    async delete(client, id, state, context) {
      await definition.remove(client, id, state, context);
    },
  };
}

/** Whether an argument is another one than before. */
export function differs(olds: Properties, news: Properties, name: string): boolean {
  return !isDeepStrictEqual(olds[name], news[name]);
}

/** Whether a part of an object that is given is another one than before; the provider knows more parts than that. */
export function differsWithin(olds: Properties, news: Properties, name: string): boolean {
  const before: Properties = olds[name] ?? {};
  const after: Properties = news[name] ?? {};
  return Object.keys(after).some((part) => after[part] !== undefined && differs(before, after, part));
}
