/** What Cloudflare tells about a tunnel and its connectors. */
import type { Cloudflare } from "cloudflare";
import type { z } from "zod";
import type { CloudflareApi } from "../clients/cloudflareApi.ts";
import { because, plain } from "../clients/failureText.ts";
import type { connector } from "../operations/schemas.ts";
import { TunnelFinding } from "./condition.ts";

export type Connector = z.output<typeof connector>;

/** For one call; the second attempt has as long. */
export const CALL = { timeout: 8_000, maxRetries: 1 };

export interface TunnelReference {
  accountId: string;
  tunnelId: string;
}

export interface TunnelLook {
  finding: TunnelFinding;
  /** Why it could not be asked. */
  detail: string;
  /** Those that have connections. */
  connectors: Connector[];
  /** Why the connectors are not known, in words. */
  connectorsProblem: string | undefined;
}

type Client = Awaited<ReturnType<CloudflareApi["client"]>>;
type ConnectorAnswer = Cloudflare.ZeroTrust.Tunnels.Cloudflared.Client;

/** Two calls. Never rejects. */
export async function lookAtTunnel(
  api: CloudflareApi,
  reference: TunnelReference,
  at: Date,
  signal: AbortSignal,
): Promise<TunnelLook> {
  try {
    const client = await api.client();
    const [status, connectors] = await Promise.allSettled([
      readFinding(client, reference, signal),
      readConnectors(client, reference, at, signal),
    ]);
    const finding = status.status === "fulfilled" ? status.value : TunnelFinding.Unasked;
    return {
      finding,
      detail: status.status === "rejected" ? because(status.reason, [api.apiToken]) : "",
      connectors: connectors.status === "fulfilled" ? connectors.value : [],
      connectorsProblem:
        connectors.status === "rejected" && status.status === "fulfilled" && finding !== TunnelFinding.Missing
          ? because(connectors.reason, [api.apiToken])
          : undefined,
    };
  } catch (error) {
    const detail = because(error, [api.apiToken]);
    return { finding: TunnelFinding.Unasked, detail, connectors: [], connectorsProblem: undefined };
  }
}

async function readFinding(
  client: Client,
  { accountId, tunnelId }: TunnelReference,
  signal: AbortSignal,
): Promise<TunnelFinding> {
  try {
    const tunnel = await client.zeroTrust.tunnels.cloudflared.get(
      tunnelId,
      { account_id: accountId },
      { ...CALL, signal },
    );
    // A deleted tunnel stays readable.
    if (tunnel.deleted_at) return TunnelFinding.Missing;
    const { status } = tunnel;
    const known = Object.values(TunnelFinding).find((finding) => finding === status);
    if (known === undefined) throw new Error(`its status is ${JSON.stringify(status)}`);
    return known;
  } catch (error) {
    if ((error as { status?: unknown }).status === 404) return TunnelFinding.Missing;
    throw error;
  }
}

async function readConnectors(
  client: Client,
  { accountId, tunnelId }: TunnelReference,
  at: Date,
  signal: AbortSignal,
): Promise<Connector[]> {
  const { connections } = client.zeroTrust.tunnels.cloudflared;
  const page = await connections.get(tunnelId, { account_id: accountId }, { ...CALL, signal });
  return page.getPaginatedItems().flatMap((answer) => present(answer, at) ?? []);
}

function present({ id, version, arch, conns = [] }: ConnectorAnswer, at: Date): Connector | undefined {
  if (id === undefined || conns.length === 0) return undefined;
  const opened = conns.map(({ opened_at }) => Date.parse(opened_at ?? "")).filter(Number.isFinite);
  const oldest = opened.length === 0 ? undefined : Math.min(...opened);
  const address = conns.find(({ origin_ip }) => origin_ip)?.origin_ip;
  return {
    id: plain(id),
    version: version ? plain(version) : null,
    arch: arch ? plain(arch) : null,
    originAddress: address ? plain(address) : null,
    openedAt: oldest === undefined ? null : new Date(oldest).toISOString(),
    uptimeSeconds: oldest === undefined ? null : Math.max(0, Math.floor((at.getTime() - oldest) / 1000)),
    connections: conns.length,
    colos: [...new Set(conns.flatMap(({ colo_name }) => (colo_name ? [plain(colo_name)] : [])))].sort(),
  };
}
