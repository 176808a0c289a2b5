/** The units on a host. Each is a pure function from its spec to the unit file's text. */

const LIBEXEC = "/usr/local/libexec/tenant-edge";

export const INSTALL_CLOUDFLARED = `${LIBEXEC}/install-cloudflared`;
export const FETCH_PARAMETER = `${LIBEXEC}/fetch-parameter`;
export const CLOUDFLARED = "/usr/local/bin/cloudflared";

/** Address of cloudflared's metrics and readiness endpoints, on the loopback interface only. */
export const METRICS_ADDRESS = "127.0.0.1:20241";

const TOKEN_FILE = "/run/cloudflared/token";

export interface ConnectorUnit {
  region: string;
  /** SSM parameter that holds the connector token. */
  tokenParameter: string;
  version: string;
  sha256: string;
  url: string;
}

/**
 * cloudflared as a service. At every start it makes sure of the binary and fetches the token anew, so a rotated
 * token arrives with a restart. `--edge-ip-version 4`: the subnets are IPv4 only, and cloudflared 2026.4.0 changed
 * its default to auto. Type=notify: it reports ready at the first connection to Cloudflare, which may take its time.
 */
export function connectorUnit(unit: ConnectorUnit): string {
  return `[Unit]
Description=Cloudflare Tunnel connector
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
User=cloudflared
RuntimeDirectory=cloudflared
RuntimeDirectoryMode=0700
ExecStartPre=+${INSTALL_CLOUDFLARED} ${unit.version} ${unit.sha256} ${unit.url}
ExecStartPre=+${FETCH_PARAMETER} ${unit.region} ${unit.tokenParameter} ${TOKEN_FILE} cloudflared
ExecStart=${CLOUDFLARED} --no-autoupdate tunnel --metrics ${METRICS_ADDRESS} --edge-ip-version 4 --loglevel info run --token-file ${TOKEN_FILE}
Restart=always
RestartSec=5
TimeoutStartSec=0
TimeoutStopSec=45
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictSUIDSGID=yes
LockPersonality=yes

[Install]
WantedBy=multi-user.target
`;
}

export interface BucketEnvironmentUnit {
  region: string;
  /** SSM parameter whose value is an environment file with the bucket's S3 credentials. */
  parameter: string;
}

/** File with the bucket's S3 credentials, for the app's `EnvironmentFile=`. Only root can read it. */
export const BUCKET_ENVIRONMENT_FILE = "/run/tenant-edge/bucket.env";

/** Fetches the bucket's credentials at boot, before anything that wants them. */
export function bucketEnvironmentUnit(unit: BucketEnvironmentUnit): string {
  return `[Unit]
Description=S3 credentials of the tenant's bucket
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=oneshot
RemainAfterExit=yes
RuntimeDirectory=tenant-edge
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=yes
ExecStart=${FETCH_PARAMETER} ${unit.region} ${unit.parameter} ${BUCKET_ENVIRONMENT_FILE} root
Restart=on-failure
RestartSec=5
TimeoutStartSec=0

[Install]
WantedBy=multi-user.target
`;
}
