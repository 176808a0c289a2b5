/** What a host is when nobody says otherwise: for the configuration and for the component used alone. */
import { ConnectorProtocol, EdgeIpVersion, EdgeRegion } from "./choices.ts";

/** arm64, 2 vCPUs, 1 GiB. */
export const DEFAULT_INSTANCE_TYPE = "t4g.micro";

/** Size of Amazon Linux 2023's own image: a root volume cannot be smaller. */
export const DEFAULT_ROOT_VOLUME_GIB = 8;

export const DEFAULT_CONNECTOR = {
  protocol: ConnectorProtocol.auto,
  // The subnets are IPv4 only, and cloudflared 2026.4.0 changed its default to auto.
  edgeIpVersion: EdgeIpVersion.ipv4,
  edgeRegion: EdgeRegion.global,
} as const;

/** Seconds between two looks at the parameters' versions, before jitter. */
export const DEFAULT_POLL_SECONDS = 60;

/** Port of the loopback interface on which an app in a container is published. */
export const DEFAULT_CONTAINER_PORT = 8080;

/** How long a replaced host is kept for: the new one installs cloudflared and perhaps a container before it is connected. */
export const DEFAULT_REPLACEMENT_TIMEOUT_SECONDS = 15 * 60;
