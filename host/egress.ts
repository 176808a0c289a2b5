/** Where a host may connect to. Everything else, and everything inbound, is closed. */

export interface EgressRule {
  protocol: string;
  fromPort: number;
  toPort: number;
  cidrBlocks: string[];
  description: string;
}

/** Cloudflare's edge for tunnels, both regions. Cloudflare One documentation, "Tunnel with firewall". */
const TUNNEL_EDGE_BLOCKS = ["198.41.192.0/24", "198.41.200.0/24"];
const TUNNEL_PORT = 7844;
const HTTPS_PORT = 443;

/** DNS, instance metadata and the time service of the VPC are not subject to security groups. */
export const CONNECTOR_EGRESS: readonly EgressRule[] = [
  {
    protocol: "tcp",
    fromPort: HTTPS_PORT,
    toPort: HTTPS_PORT,
    cidrBlocks: ["0.0.0.0/0"],
    description: "HTTPS: SSM, R2, the download of cloudflared and whatever the app calls",
  },
  {
    protocol: "udp",
    fromPort: TUNNEL_PORT,
    toPort: TUNNEL_PORT,
    cidrBlocks: TUNNEL_EDGE_BLOCKS,
    description: "Cloudflare Tunnel over QUIC",
  },
  {
    protocol: "tcp",
    fromPort: TUNNEL_PORT,
    toPort: TUNNEL_PORT,
    cidrBlocks: TUNNEL_EDGE_BLOCKS,
    description: "Cloudflare Tunnel over HTTP/2",
  },
];
