/** What a record that leads to a tunnel says. Cloudflare documentation, "DNS records" of tunnels. */

const CONTENT = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.cfargotunnel\.com$/;

export function recordContent(tunnelId: string): string {
  return `${tunnelId}.cfargotunnel.com`;
}

/** Id of the tunnel; undefined for a record that leads elsewhere. */
export function tunnelIn(content: string | undefined): string | undefined {
  return CONTENT.exec(content ?? "")?.[1];
}
