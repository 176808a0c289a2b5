/**
 * The token a connector presents to Cloudflare's edge: base64 of a JSON object with the account, the tunnel and the
 * tunnel's secret. Source: cloudflared, `connection.TunnelToken`. Composed here, so no call is made to read it.
 */

export interface TunnelCredentials {
  accountId: string;
  tunnelId: string;
  /** The tunnel's secret, base64, as given to Cloudflare. */
  tunnelSecret: string;
}

export function connectorToken({ accountId, tunnelId, tunnelSecret }: TunnelCredentials): string {
  return Buffer.from(JSON.stringify({ a: accountId, t: tunnelId, s: tunnelSecret })).toString("base64");
}
