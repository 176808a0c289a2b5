import type { Properties, ResourceType } from "../resourceType.ts";
import { refreshed, settled } from "./answer.ts";
import type { CloudflareApi, Json } from "./api.ts";
import { importParts } from "./importId.ts";
import { unlessGone } from "./unlessGone.ts";

/** Which of an account's separate sets of buckets a call is about. */
export const JURISDICTION_HEADER = "cf-r2-jurisdiction";
const STORAGE_CLASS_HEADER = "cf-r2-storage-class";

/**
 * A bucket, whose id is its name. Of a changed location the provider takes no notice; a changed jurisdiction it sends
 * as an update, which the API must refuse.
 */
export const r2BucketType: ResourceType<CloudflareApi> = {
  token: "cloudflare:index/r2Bucket:R2Bucket",
  replaceOn: ["accountId", "name"],
  optionalComputed: ["location"],
  ignoredChanges: ["location"],
  plannedDefaults: { jurisdiction: "default", storageClass: "Standard" },

  async create(api, inputs, { signal }) {
    const { accountId, name, location, storageClass } = inputs;
    const body = { locationHint: location, name, storageClass };
    const result = await api.call("post", pathOf(accountId), { body, headers: headersOf(inputs), signal });
    return { id: name, outputs: settled(inputs, outputsOf(result ?? {})) };
  },

  async read(api, id, state, context) {
    const place = placeOf(id, state);
    const options = { headers: headersOf(place), signal: context.signal };
    const call = api.call("get", pathOf(place.accountId, place.name), options);
    const result = await unlessGone(call, state, context);
    if (result === "gone") return undefined;
    return { id: place.name, outputs: refreshed({ ...state, ...place }, outputsOf(result ?? {})) };
  },

  async update(api, id, _olds, news, { signal }) {
    const headers = { ...headersOf(news), [STORAGE_CLASS_HEADER]: news.storageClass };
    const result = await api.call("patch", pathOf(news.accountId, id), { headers, signal });
    return settled(news, outputsOf(result ?? {}));
  },

  async delete(api, id, state, { signal }) {
    await api.delete(pathOf(state.accountId, id), { headers: headersOf(state), signal });
  },
};

function placeOf(id: string, state: Properties): Properties {
  const { accountId, name = id, jurisdiction = "default" } = state;
  if (accountId !== undefined) return { accountId, name, jurisdiction };
  const [account, bucket, place] = importParts(id, "account_id", "bucket_name", "jurisdiction");
  return { accountId: account, name: bucket, jurisdiction: place };
}

function pathOf(accountId: string, name?: string): string {
  const buckets = `/accounts/${accountId}/r2/buckets`;
  return name === undefined ? buckets : `${buckets}/${name}`;
}

function headersOf(values: Properties): Record<string, string> {
  return { [JURISDICTION_HEADER]: values.jurisdiction ?? "default" };
}

function outputsOf(result: Json): Properties {
  return {
    creationDate: result.creation_date,
    location: result.location,
    name: result.name,
    storageClass: result.storage_class,
  };
}
