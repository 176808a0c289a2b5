import type { CheckFailure, Properties, ResourceType } from "../resourceType.ts";
import { refreshed, replacing, settled, timestamp } from "./answer.ts";
import type { CloudflareApi, Json } from "./api.ts";
import { timeFailures } from "./goTime.ts";
import { JURISDICTION_HEADER } from "./r2Bucket.ts";
import { unlessGone } from "./unlessGone.ts";

/** The rules of a bucket: one document, written as a whole, never deleted. */
export const r2BucketLifecycleType: ResourceType<CloudflareApi> = {
  token: "cloudflare:index/r2BucketLifecycle:R2BucketLifecycle",
  replaceOn: ["accountId", "bucketName"],
  plannedDefaults: { jurisdiction: "default" },
  choices: { jurisdiction: ["default", "eu", "fedramp", "us"] },
  check: dateFailures,
  withoutIdOutput: true,
  warnings: [
    "[WARNING] This resource cannot be destroyed from Terraform. If you create this resource, it will be present in the API until manually deleted.: Resource Destruction Considerations",
  ],

  async create(api, inputs, { signal }) {
    await put(api, inputs, { rules: inputs.rules }, signal);
    return { id: "missing ID", outputs: settled(inputs, {}) };
  },

  async read(api, id, state, context) {
    if (state.bucketName === undefined) {
      throw new Error(
        "Resource Import Not Implemented: This resource does not support import. Please contact the provider developer for additional information.",
      );
    }
    const options = { headers: headersOf(state), signal: context.signal };
    const result = await unlessGone(api.call("get", pathOf(state), options), state, context);
    if (result === "gone") return undefined;
    return { id, outputs: refreshed(state, { rules: result?.rules?.map(ruleOf) }) };
  },

  async update(api, _id, olds, news, { signal }) {
    const body = replacing({ rules: olds.rules }, { rules: news.rules });
    await put(api, news, body, signal);
    return settled(news, {});
  },
};

async function put(api: CloudflareApi, inputs: Properties, body: Json, signal: AbortSignal): Promise<void> {
  await api.call("put", pathOf(inputs), { body, headers: headersOf(inputs), signal });
}

function pathOf({ accountId, bucketName }: Properties): string {
  return `/accounts/${accountId}/r2/buckets/${bucketName}/lifecycle`;
}

function headersOf({ jurisdiction }: Properties): Record<string, string> {
  return { [JURISDICTION_HEADER]: jurisdiction ?? "default" };
}

function ruleOf(rule: Json): Properties {
  const { deleteObjectsTransition, storageClassTransitions } = rule;
  return {
    ...rule,
    ...(deleteObjectsTransition && { deleteObjectsTransition: transitionOf(deleteObjectsTransition) }),
    ...(storageClassTransitions && { storageClassTransitions: storageClassTransitions.map(transitionOf) }),
  };
}

function transitionOf(transition: Json): Properties {
  const { condition } = transition;
  if (condition?.date === undefined) return transition;
  return { ...transition, condition: { ...condition, date: timestamp(condition.date) } };
}

function dateFailures(inputs: Properties, { name }: { name: string }): CheckFailure[] {
  const rules: Properties[] = inputs.rules ?? [];
  return rules.flatMap((rule, index) => {
    const deletion = rule.deleteObjectsTransition?.condition?.date;
    const transitions: Properties[] = rule.storageClassTransitions ?? [];
    const path = `rules[${index}]`;
    return [
      ...timeFailures(deletion, `${path}.deleteObjectsTransition.condition.date`, name),
      ...transitions.flatMap((transition, at) =>
        timeFailures(
          transition.condition?.date,
          `${path}.storageClassTransitions[${at}].condition.date`,
          name,
        ),
      ),
    ];
  });
}
