/** Cloudflare's API as the program itself asks it, with the address and the token that the provider has. */
import { runtime } from "@pulumi/pulumi";

/** A call that takes longer than this has failed. */
const CALL_MILLISECONDS = 10_000;

export interface TunnelReference {
  accountId: string;
  tunnelId: string;
}

/** The provider takes its settings from the stack's configuration, then from the environment. */
function setting(key: string, variable: string): string | undefined {
  return runtime.getConfig(`cloudflare:${key}`) || process.env[variable] || undefined;
}

/** False when the provider has no API token that the program could use, too: it was given one in code, or a global key. */
export function hasApiToken(): boolean {
  return setting("apiToken", "CLOUDFLARE_API_TOKEN") !== undefined;
}

/**
 * UUIDs of the connectors that have a connection to the tunnel right now. One call, never repeated.
 *
 * @throws Error when there is no API token, or Cloudflare does not answer.
 */
export async function connectedConnectors({ accountId, tunnelId }: TunnelReference): Promise<string[]> {
  const apiToken = setting("apiToken", "CLOUDFLARE_API_TOKEN");
  const baseURL = setting("baseUrl", "CLOUDFLARE_BASE_URL");
  if (apiToken === undefined) throw new Error("cloudflare:apiToken and CLOUDFLARE_API_TOKEN are not set");
  // The whole client would take as long to load as the rest of the program.
  const [{ createClient }, { BaseConnections }] = await Promise.all([
    import("cloudflare/tree-shakable.js"),
    import("cloudflare/resources/zero-trust/tunnels/cloudflared/connections.js"),
  ]);
  const client = createClient({
    apiToken,
    ...(baseURL !== undefined && { baseURL }),
    // Only the token counts: with a global key in the environment, the client would send both.
    apiKey: null,
    apiEmail: null,
    userServiceKey: null,
    maxRetries: 0,
    timeout: CALL_MILLISECONDS,
    logLevel: "off",
    resources: [BaseConnections],
  });
  const { connections } = client.zeroTrust.tunnels.cloudflared;
  const page = await connections.get(tunnelId, { account_id: accountId });
  return page
    .getPaginatedItems()
    .flatMap(({ id, conns = [] }) => (id !== undefined && conns.length > 0 ? [id] : []));
}
