import type { FunctionType } from "../resourceType.ts";
import type { CloudflareApi } from "./api.ts";

/** A tunnel's connector token. As with the real provider it is not marked secret. */
export const getZeroTrustTunnelCloudflaredTokenFunction: FunctionType<CloudflareApi> = {
  token: "cloudflare:index/getZeroTrustTunnelCloudflaredToken:getZeroTrustTunnelCloudflaredToken",

  async invoke(api, { accountId, tunnelId }) {
    const path = `/accounts/${accountId}/cfd_tunnel/${tunnelId}/token`;
    const token = await api.call("get", path, { signal: new AbortController().signal });
    return { accountId, tunnelId, id: tunnelId, token };
  },
};
