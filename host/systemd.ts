/** The units on a host. Each is a pure function from its spec to the unit file's text. */
import { EdgeRegion } from "./choices.ts";
import {
  APP_ENVIRONMENT_FILE,
  APP_GROUP,
  BUCKET_ENVIRONMENT_FILE,
  HOST_ENVIRONMENT_FILE,
  LIBEXEC,
  TOKEN_FILE,
} from "./paths.ts";
import type { ConnectorOptions, ContainerApp } from "./spec.ts";

export const CONNECTOR_UNIT = "cloudflared@.service";
export const SYNC_UNIT = "tenant-edge-sync.service";
export const SYNC_TIMER = "tenant-edge-sync.timer";
export const WATCH_UNIT = "tenant-edge-watch.service";
export const WATCH_TIMER = "tenant-edge-watch.timer";
export const CONTAINER_UNIT = "tenant-edge-app.service";

/** Link-local address of the instance metadata service, which holds the credentials of the host's role. */
const INSTANCE_METADATA = "169.254.169.254";

function runFlags({ protocol, edgeIpVersion, edgeRegion }: ConnectorOptions): string {
  const region = edgeRegion === EdgeRegion.global ? "" : ` --region ${edgeRegion}`;
  return `--protocol ${protocol} --edge-ip-version ${edgeIpVersion}${region}`;
}

/**
 * cloudflared, once per port of its metrics on the loopback interface: two of them run while one replaces the other.
 * Its user exists only while it runs, and reads the token from a credential of its own. Type=notify: it is up at its
 * first connection to Cloudflare. It may not reach the instance's metadata, whatever an ingress rule says.
 */
export function connectorUnit(options: ConnectorOptions): string {
  return `[Unit]
Description=Cloudflare Tunnel connector, metrics on port %i
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
User=cloudflared
DynamicUser=yes
LoadCredential=token:${TOKEN_FILE}
ExecStart=/usr/local/bin/cloudflared --no-autoupdate tunnel --metrics 127.0.0.1:%i ${runFlags(options)} --grace-period 30s --loglevel info run --token-file %d/token
Restart=always
RestartSec=5
TimeoutStartSec=120
TimeoutStopSec=45
UMask=0077
CapabilityBoundingSet=
IPAddressDeny=${INSTANCE_METADATA}
LockPersonality=yes
MemoryDenyWriteExecute=yes
NoNewPrivileges=yes
PrivateDevices=yes
PrivateTmp=yes
PrivateUsers=yes
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
`;
}

/**
 * Brings the host to what its parameters say; at boot and whenever its timer fires. The AWS command line makes a folder
 * below its home when it starts, and some of its versions fail where they may not (awscli/telemetry.py): its home is the
 * private /tmp. cloud-init writes its files before network-online.target, so that an image made from a host never starts
 * with that host's settings.
 */
export function syncUnit(): string {
  return `[Unit]
Description=Secrets, connector and app as the SSM parameters say
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
Environment=HOME=/tmp
EnvironmentFile=${HOST_ENVIRONMENT_FILE}
ExecStart=${LIBEXEC}/sync
TimeoutStartSec=1h
UMask=0077
RuntimeDirectory=tenant-edge
RuntimeDirectoryMode=0755
RuntimeDirectoryPreserve=yes
NoNewPrivileges=yes
PrivateTmp=yes
ProtectHome=yes
ProtectSystem=full
ReadWritePaths=/usr/local/bin

[Install]
WantedBy=multi-user.target
`;
}

/** Jittered, so that hosts that booted together do not ask together. */
export function syncTimer(pollSeconds: number): string {
  return `[Unit]
Description=Look for changed SSM parameters

[Timer]
OnUnitInactiveSec=${pollSeconds}
RandomizedDelaySec=${Math.ceil(pollSeconds / 4)}
AccuracySec=1

[Install]
WantedBy=timers.target
`;
}

export function watchUnit(): string {
  return `[Unit]
Description=Restart a connector that has lost Cloudflare

[Service]
Type=oneshot
EnvironmentFile=${HOST_ENVIRONMENT_FILE}
ExecStart=${LIBEXEC}/watch-connector
UMask=0077
NoNewPrivileges=yes
PrivateTmp=yes
ProtectHome=yes
ProtectSystem=full
`;
}

export function watchTimer(): string {
  return `[Unit]
Description=Probe the connector

[Timer]
OnActiveSec=60
OnUnitInactiveSec=30
AccuracySec=1

[Install]
WantedBy=timers.target
`;
}

/**
 * Adds to a unit of the image what the app needs: it starts once the credentials are there, and may read them. One that
 * the image starts at boot is passed over then, where it would fail until its start limit is hit.
 */
export function appDropIn(hasBucket: boolean): string {
  const condition = hasBucket ? `[Unit]\nConditionPathExists=${BUCKET_ENVIRONMENT_FILE}\n\n` : "";
  const credentials = hasBucket ? `EnvironmentFile=${BUCKET_ENVIRONMENT_FILE}\n` : "";
  return `${condition}[Service]
EnvironmentFile=${APP_ENVIRONMENT_FILE}
${credentials}SupplementaryGroups=${APP_GROUP}
`;
}

/**
 * The app as a container. Docker takes the named variables from the unit's environment, so that no value stands on
 * a command line. Published on the loopback interface only; the metadata service is one hop too far for a container.
 */
export function containerUnit(
  { image, port }: ContainerApp,
  variables: readonly string[],
  hasBucket: boolean,
) {
  const credentials = hasBucket ? `EnvironmentFile=${BUCKET_ENVIRONMENT_FILE}\n` : "";
  const passed = variables.map((name) => ` --env ${name}`).join("");
  return `[Unit]
Description=The tenant's app
Wants=network-online.target
After=network-online.target docker.service
StartLimitIntervalSec=0

[Service]
EnvironmentFile=${APP_ENVIRONMENT_FILE}
${credentials}ExecStartPre=/bin/bash -c 'command -v docker || dnf --assumeyes --quiet install docker'
ExecStartPre=/usr/bin/systemctl start docker.service
ExecStartPre=-/usr/bin/docker rm --force tenant-app
ExecStart=/usr/bin/docker run --rm --name tenant-app --security-opt no-new-privileges --publish 127.0.0.1:${port}:${port}${passed} ${image}
ExecStop=/usr/bin/docker stop tenant-app
Restart=always
RestartSec=10
TimeoutStartSec=15min
`;
}
