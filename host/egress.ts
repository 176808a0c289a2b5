/** Where a host may connect to. Everything else, and everything inbound, is closed. */
import { EdgeIpVersion, type EdgeRegion } from "./choices.ts";
import type { ConnectorOptions } from "./spec.ts";

export interface EgressRule {
  protocol: string;
  fromPort: number;
  toPort: number;
  cidrBlocks?: string[];
  ipv6CidrBlocks?: string[];
  description: string;
}

interface Blocks {
  ipv4: string[];
  ipv6: string[];
}

/** Cloudflare's edge for tunnels, both regions of it. Cloudflare One documentation, "Tunnel with firewall". */
const TUNNEL_EDGE: Record<EdgeRegion, Blocks> = {
  global: {
    ipv4: ["198.41.192.0/24", "198.41.200.0/24"],
    ipv6: ["2606:4700:a0::/48", "2606:4700:a8::/48"],
  },
  us: {
    ipv4: ["198.41.218.0/24", "198.41.219.0/24"],
    ipv6: ["2606:4700:a1::/48", "2606:4700:a9::/48"],
  },
};
const EVERYWHERE: Blocks = { ipv4: ["0.0.0.0/0"], ipv6: ["::/0"] };

const TUNNEL_PORT = 7844;
const HTTPS_PORT = 443;

/** DNS, instance metadata and the time service of the VPC are not subject to security groups. */
export function connectorEgress(
  options: Pick<ConnectorOptions, "edgeIpVersion" | "edgeRegion">,
): EgressRule[] {
  const rule = (protocol: string, port: number, { ipv4, ipv6 }: Blocks, description: string) => ({
    protocol,
    fromPort: port,
    toPort: port,
    cidrBlocks: ipv4,
    // IPv6 only where it is asked for: most subnets have none.
    ...(options.edgeIpVersion === EdgeIpVersion.ipv4 ? {} : { ipv6CidrBlocks: ipv6 }),
    description,
  });
  const edge = TUNNEL_EDGE[options.edgeRegion];
  return [
    rule(
      "tcp",
      HTTPS_PORT,
      EVERYWHERE,
      "HTTPS: SSM, R2, the download of cloudflared and whatever the app calls",
    ),
    rule("udp", TUNNEL_PORT, edge, "Cloudflare Tunnel over QUIC"),
    rule("tcp", TUNNEL_PORT, edge, "Cloudflare Tunnel over HTTP/2"),
  ];
}
