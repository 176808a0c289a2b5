import type { Properties, ResourceType } from "../resourceType.ts";
import { refreshed, settled, timestamp } from "./answer.ts";
import type { CloudflareApi, Json } from "./api.ts";
import { importParts } from "./importId.ts";
import { unlessGone } from "./unlessGone.ts";

/** Names of the API that are not Pulumi's. */
const API_NAMES: Record<string, string> = {
  audTags: "audTag",
  ingresses: "ingress",
  matchSnItoHost: "matchSNItoHost",
  noTlsVerify: "noTLSVerify",
};
const PULUMI_NAMES = Object.fromEntries(Object.entries(API_NAMES).map(([ours, theirs]) => [theirs, ours]));

/** The ingress rules of a remotely configured tunnel: one document, written as a whole, that dies with the tunnel. */
export const zeroTrustTunnelCloudflaredConfigType: ResourceType<CloudflareApi> = {
  token: "cloudflare:index/zeroTrustTunnelCloudflaredConfig:ZeroTrustTunnelCloudflaredConfig",
  replaceOn: ["accountId", "tunnelId"],
  optionalComputed: ["config", "source"],
  upstreamNames: { ingresses: "ingress", audTags: "aud_tag", matchSnItoHost: "match_sn_ito_host" },
  unknownOnUpdate: () => ["createdAt", "source", "version"],

  async create(api, inputs, { signal }) {
    const outputs = await put(api, inputs, signal);
    return { id: inputs.tunnelId, outputs };
  },

  async read(api, id, state, context) {
    const place = placeOf(id, state);
    const call = api.call("get", pathOf(place), context);
    const result = await unlessGone(call, state, context);
    if (result === "gone") return undefined;
    const answered = { ...outputsOf(result ?? {}), config: renamed(result?.config, PULUMI_NAMES) };
    return { id: place.tunnelId, outputs: refreshed({ ...state, ...place }, answered) };
  },

  async update(api, _id, _olds, news, { signal }) {
    return put(api, news, signal);
  },
};

async function put(api: CloudflareApi, inputs: Properties, signal: AbortSignal): Promise<Properties> {
  const body = { config: renamed(inputs.config, API_NAMES), source: inputs.source };
  const place = { accountId: inputs.accountId, tunnelId: inputs.tunnelId };
  const result = await api.call("put", pathOf(place), { body, signal });
  return settled(inputs, { ...outputsOf(result ?? {}), config: renamed(result?.config, PULUMI_NAMES) });
}

interface Place {
  accountId: string;
  tunnelId: string;
}

function placeOf(id: string, state: Properties): Place {
  if (state.accountId !== undefined) return { accountId: state.accountId, tunnelId: state.tunnelId ?? id };
  const [accountId, tunnelId] = importParts(id, "account_id", "tunnel_id");
  return { accountId, tunnelId };
}

function pathOf({ accountId, tunnelId }: Place): string {
  return `/accounts/${accountId}/cfd_tunnel/${tunnelId}/configurations`;
}

function outputsOf(result: Json): Properties {
  return { createdAt: timestamp(result.created_at), source: result.source, version: result.version };
}

/** The value with the keys of every object in it renamed, and without what is null. */
function renamed(value: Json, names: Record<string, string>): Json {
  if (Array.isArray(value)) return value.map((element) => renamed(element, names));
  if (typeof value !== "object" || value === null) return value;
  const given = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(given.map(([key, member]) => [names[key] ?? key, renamed(member, names)]));
}
