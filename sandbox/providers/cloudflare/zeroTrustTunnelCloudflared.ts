import type { Properties, ResourceType } from "../resourceType.ts";
import { jsonText, NO_ID, refreshed, settled, timestamp } from "./answer.ts";
import type { CloudflareApi, Json } from "./api.ts";
import { importParts } from "./importId.ts";
import { unlessGone } from "./unlessGone.ts";

const COMPUTED = [
  "accountTag",
  "connections",
  "connsActiveAt",
  "connsInactiveAt",
  "createdAt",
  "deletedAt",
  "metadata",
  "remoteConfig",
  "status",
  "tunType",
];

/** A tunnel. The API forgets nothing: a deleted one is still answered, with `deleted_at`, and a read does not mind. */
export const zeroTrustTunnelCloudflaredType: ResourceType<CloudflareApi> = {
  token: "cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared",
  replaceOn: ["accountId", "configSrc"],
  keepWhenRemoved: ["configSrc"],
  secretOutputs: ["tunnelSecret"],
  plannedDefaults: { configSrc: "local" },
  unknownOnUpdate: () => COMPUTED,

  async create(api, inputs, { signal }) {
    const result = await api.call("post", pathOf(inputs.accountId), { body: bodyOf(inputs), signal });
    return { id: result?.id ?? NO_ID, outputs: settled(inputs, outputsOf(result ?? {})) };
  },

  async read(api, id, state, context) {
    const { accountId, tunnelId } = placeOf(id, state);
    const call = api.call("get", pathOf(accountId, tunnelId), context);
    const result = await unlessGone(call, state, context);
    if (result === "gone") return undefined;
    const answered = { ...outputsOf(result ?? {}), name: result?.name };
    return { id: result?.id ?? tunnelId, outputs: refreshed({ ...state, accountId }, answered) };
  },

  /** Sends only what changed. */
  async update(api, id, olds, news, { signal }) {
    const [before, next] = [bodyOf(olds), bodyOf(news)];
    const changed = Object.keys(next).filter((key) => next[key] !== before[key]);
    const body = Object.fromEntries(changed.map((key) => [key, next[key] ?? null]));
    const result = await api.call("patch", pathOf(news.accountId, id), { body, signal });
    return settled(news, outputsOf(result ?? {}));
  },

  async delete(api, id, state, { signal }) {
    await api.delete(pathOf(state.accountId, id), { signal });
  },
};

function placeOf(id: string, state: Properties): { accountId: string; tunnelId: string } {
  if (state.accountId !== undefined) return { accountId: state.accountId, tunnelId: id };
  const [accountId, tunnelId] = importParts(id, "account_id", "tunnel_id");
  return { accountId, tunnelId };
}

function pathOf(accountId: string, tunnelId?: string): string {
  const tunnels = `/accounts/${accountId}/cfd_tunnel`;
  return tunnelId === undefined ? tunnels : `${tunnels}/${tunnelId}`;
}

function bodyOf(inputs: Properties): Json {
  return { config_src: inputs.configSrc, name: inputs.name, tunnel_secret: inputs.tunnelSecret };
}

/** Neither the secret nor `config_src` is taken from an answer. */
function outputsOf(result: Json): Properties {
  return {
    accountTag: result.account_tag,
    connections: result.connections?.map(connectionOf),
    connsActiveAt: timestamp(result.conns_active_at),
    connsInactiveAt: timestamp(result.conns_inactive_at),
    createdAt: timestamp(result.created_at),
    deletedAt: timestamp(result.deleted_at),
    metadata: jsonText(result.metadata),
    remoteConfig: result.remote_config,
    status: result.status,
    tunType: result.tun_type,
  };
}

function connectionOf(connection: Json): Properties {
  return {
    clientId: connection.client_id,
    clientVersion: connection.client_version,
    coloName: connection.colo_name,
    id: connection.id,
    isPendingReconnect: connection.is_pending_reconnect,
    openedAt: timestamp(connection.opened_at),
    originIp: connection.origin_ip,
    uuid: connection.uuid,
  };
}
