/** A tunnel that has the name of one that should be created. */
import { hasStatus } from "../orphans/cloudflareCall.ts";
import { ABSENT, type Clouds, type Finding, kept, removed } from "./finding.ts";

export interface TunnelFacts {
  /** Whether a connector is connected now. */
  isConnected: boolean;
  wasEverConnected: boolean;
  /** Whether it was ever told where requests go. */
  isConfigured: boolean;
  /** Whether it has the very secret that only this stack's state has. */
  hasOurSecret: boolean;
}

/**
 * Why it has to stay; undefined for a leftover to which nobody ever connected: made with this stack's secret, or without a
 * configuration. Another stack's tunnel has another secret, and from its first seconds a configuration.
 */
export function reasonToKeepTunnel(facts: TunnelFacts): string | undefined {
  if (facts.isConnected) return "a connector is connected to it";
  if (facts.wasEverConnected) return "connectors were connected to it, and may only be away for a moment";
  if (facts.hasOurSecret) return undefined;
  if (facts.isConfigured) return "it has a configuration, and this stack does not know its secret";
  return undefined;
}

interface WantedTunnel {
  accountId: string;
  name: string;
  /** Base64. */
  secret: string;
}

/** Removes it when it is a leftover. */
export async function settleTunnel(clouds: Clouds, wanted: WantedTunnel): Promise<Finding> {
  const { zeroTrust } = await clouds.cloudflare.client();
  const { cloudflared } = zeroTrust.tunnels;
  const account = { account_id: wanted.accountId };
  for await (const { id, name, status } of cloudflared.list({
    ...account,
    name: wanted.name,
    is_deleted: false,
  })) {
    if (id === undefined || name !== wanted.name) continue;
    const reason = reasonToKeepTunnel({
      isConnected: status === "healthy" || status === "degraded",
      wasEverConnected: status !== "inactive",
      isConfigured: await isConfigured(clouds, wanted.accountId, id),
      hasOurSecret: (await secretOf(clouds, wanted.accountId, id)) === wanted.secret,
    });
    const what = `the tunnel ${name} (${id})`;
    if (reason !== undefined) return kept(`${what} is there already: ${reason}`, `${wanted.accountId}/${id}`);
    // Refused when a connector has come meanwhile.
    await cloudflared.delete(id, account);
    return removed(what);
  }
  return ABSENT;
}

/** Whether this very account had it. Cloudflare tells of tunnels that were deleted. */
export async function isDeletedTunnel(
  { cloudflare }: Clouds,
  accountId: string,
  id: string,
): Promise<boolean> {
  const { zeroTrust } = await cloudflare.client();
  try {
    return Boolean((await zeroTrust.tunnels.cloudflared.get(id, { account_id: accountId })).deleted_at);
  } catch (error) {
    if (hasStatus(error, 404)) return false;
    throw error;
  }
}

/** Whether it was ever told where requests go. */
export async function isConfigured({ cloudflare }: Clouds, accountId: string, id: string): Promise<boolean> {
  const { zeroTrust } = await cloudflare.client();
  try {
    const { config } = await zeroTrust.tunnels.cloudflared.configurations.get(id, { account_id: accountId });
    return (config?.ingress ?? []).length > 0;
  } catch (error) {
    if (hasStatus(error, 404)) return false;
    throw error;
  }
}

/** Never to be shown. Source of the token's form: `tunnel/connectorToken.ts`. */
async function secretOf({ cloudflare }: Clouds, accountId: string, id: string): Promise<unknown> {
  const { zeroTrust } = await cloudflare.client();
  const token = await zeroTrust.tunnels.cloudflared.token.get(id, { account_id: accountId });
  const { s } = JSON.parse(Buffer.from(token, "base64").toString()) as { s?: unknown };
  return s;
}
