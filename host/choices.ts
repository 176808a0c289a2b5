/** What a host's connector can be told. cloudflared documentation, "Tunnel run parameters". */

/** How it speaks to Cloudflare's edge: `auto` tries QUIC and falls back to HTTP/2. */
export const ConnectorProtocol = { auto: "auto", quic: "quic", http2: "http2" } as const;
export type ConnectorProtocol = (typeof ConnectorProtocol)[keyof typeof ConnectorProtocol];

/** IP version of its connections to the edge. `4` unless the subnets have IPv6. */
export const EdgeIpVersion = { ipv4: "4", ipv6: "6", auto: "auto" } as const;
export type EdgeIpVersion = (typeof EdgeIpVersion)[keyof typeof EdgeIpVersion];

/** Where the edge is: anywhere, or the data centers of the United States alone. */
export const EdgeRegion = { global: "global", unitedStates: "us" } as const;
export type EdgeRegion = (typeof EdgeRegion)[keyof typeof EdgeRegion];
