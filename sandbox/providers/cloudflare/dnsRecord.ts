import type { Properties, ResourceType } from "../resourceType.ts";
import { upstreamName } from "../upstreamName.ts";
import { jsonText, NO_ID, refreshed, replacing, settled, timestamp } from "./answer.ts";
import type { CloudflareApi, Json } from "./api.ts";
import { importParts } from "./importId.ts";
import { unlessGone } from "./unlessGone.ts";

/** Arguments whose change touches the record itself. */
const RECORD = [
  "comment",
  "content",
  "data",
  "name",
  "priority",
  "proxied",
  "settings",
  "tags",
  "ttl",
  "type",
];
const SETTINGS = { flattenCname: "flatten_cname", ipv4Only: "ipv4_only", ipv6Only: "ipv6_only" } as const;

export const dnsRecordType: ResourceType<CloudflareApi> = {
  token: "cloudflare:index/dnsRecord:DnsRecord",
  replaceOn: ["type", "zoneId"],
  optionalComputed: [
    "content",
    "settings",
    "tags",
    ...Object.keys(SETTINGS).map((name) => `settings.${name}`),
  ],
  plannedDefaults: { proxied: false },
  equal: {
    name: (old, next) => isSameName(String(old), String(next)),
    content: (old, next, news) =>
      news.type === "CNAME" && String(old).toLowerCase() === String(next).toLowerCase(),
    tags: (old, next) => asSet(old) === asSet(next),
  },
  unknownOnUpdate: (changed, news) => [
    ...(changed.some((name) => RECORD.includes(name)) ? ["modifiedOn"] : []),
    ...(changed.includes("comment") && news.comment ? ["commentModifiedOn"] : []),
    ...(changed.includes("tags") && news.tags?.length > 0 ? ["tagsModifiedOn"] : []),
  ],
  absentOnUpdate: (changed, news) => [
    ...(changed.includes("comment") && !news.comment ? ["commentModifiedOn"] : []),
    ...(changed.includes("tags") && !(news.tags?.length > 0) ? ["tagsModifiedOn"] : []),
  ],

  async create(api, inputs, { signal }) {
    const result = await api.call("post", pathOf(inputs.zoneId), { body: bodyOf(inputs), signal });
    return { id: result?.id ?? NO_ID, outputs: withSettings(settled(inputs, outputsOf(result ?? {}))) };
  },

  async read(api, id, state, context) {
    const { zoneId, recordId } = placeOf(id, state);
    const result = await unlessGone(api.call("get", pathOf(zoneId, recordId), context), state, context);
    if (result === "gone") return undefined;
    const outputs = withSettings(refreshed({ ...state, zoneId }, outputsOf(result ?? {})));
    return { id: result?.id ?? recordId, outputs };
  },

  async update(api, id, olds, news, { signal }) {
    const body = replacing(bodyOf(olds), bodyOf(news));
    const result = await api.call("put", pathOf(news.zoneId, id), { body, signal });
    return withSettings(settled(news, outputsOf(result ?? {})));
  },

  async delete(api, id, state, { signal }) {
    await api.delete(pathOf(state.zoneId, id), { signal });
  },
};

/** The API answers with the full name; the program may give the part before the zone's, or `@` for the zone itself. */
function isSameName(old: string, next: string): boolean {
  const [before, after] = [old.replace(/\.$/, ""), next.replace(/\.$/, "")];
  return before === after || (next === "@" && before.includes(".")) || before.startsWith(`${after}.`);
}

function asSet(values: unknown): string {
  return JSON.stringify(Array.isArray(values) ? [...values].sort() : []);
}

function placeOf(id: string, state: Properties): { zoneId: string; recordId: string } {
  if (state.zoneId !== undefined) return { zoneId: state.zoneId, recordId: id };
  const [zoneId, recordId] = importParts(id, "zone_id", "dns_record_id");
  return { zoneId, recordId };
}

function pathOf(zoneId: string, recordId?: string): string {
  const records = `/zones/${zoneId}/dns_records`;
  return recordId === undefined ? records : `${records}/${recordId}`;
}

function bodyOf(inputs: Properties): Json {
  const { comment, content, data, name, priority, privateRouting, proxied, settings, tags, ttl, type } =
    inputs;
  return {
    comment,
    content,
    data: data && mapKeys(data, upstreamName),
    name,
    priority,
    private_routing: privateRouting,
    proxied,
    settings: settings && mapKeys(settings, (key) => SETTINGS[key as keyof typeof SETTINGS] ?? key),
    tags,
    ttl,
    type,
  };
}

function outputsOf(result: Json): Properties {
  return {
    comment: result.comment,
    commentModifiedOn: timestamp(result.comment_modified_on),
    content: result.content,
    createdOn: timestamp(result.created_on),
    data: result.data && mapKeys(result.data, camelCase),
    meta: jsonText(result.meta),
    modifiedOn: timestamp(result.modified_on),
    name: result.name,
    priority: result.priority,
    privateRouting: result.private_routing,
    proxiable: result.proxiable,
    proxied: result.proxied,
    settings: result.settings && {
      flattenCname: result.settings.flatten_cname,
      ipv4Only: result.settings.ipv4_only,
      ipv6Only: result.settings.ipv6_only,
    },
    tags: result.tags,
    tagsModifiedOn: timestamp(result.tags_modified_on),
    ttl: result.ttl,
    type: result.type,
  };
}

/** A CNAME always has all three settings; the API leaves them out where they are false. */
function withSettings(outputs: Properties): Properties {
  if (outputs.type !== "CNAME") return outputs;
  const { flattenCname, ipv4Only, ipv6Only } = outputs.settings ?? {};
  const settings = {
    flattenCname: flattenCname ?? false,
    ipv4Only: ipv4Only ?? false,
    ipv6Only: ipv6Only ?? false,
  };
  return { ...outputs, settings };
}

function mapKeys(values: Properties, rename: (key: string) => string): Properties {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [rename(key), value]));
}

function camelCase(name: string): string {
  return name.replaceAll(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());
}
