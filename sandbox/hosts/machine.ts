/** What a program on a host can see and do. */
import type { Architecture } from "../../host/architecture.ts";
import type { Aws } from "../aws/cloud.ts";
import type { Cloudflare } from "../cloudflare/cloud.ts";
import type { FileSystem } from "./fileSystem.ts";
import type { HostDate } from "./hostClock.ts";

/** A process of cloudflared, by the unit that runs it. */
export interface ConnectorProcess {
  /** UUID that it chose when it started. */
  id: string;
  /** Port of its metrics on the loopback interface. */
  port: number;
  /** Tunnel that let it in last. */
  tunnelId?: string;
  /** For tests: its connections are gone, and it does not notice. */
  isDead?: boolean;
}

/** A process of the tenant's app. */
export interface AppProcess {
  /** Port of the loopback interface that it listens on. Default: every one. */
  port?: number;
  environment: Readonly<Record<string, string>>;
}

/** What a program that ends by itself leaves for the shell. */
export interface CommandResult {
  stdout: string;
  stderr: string;
  exitCode: number;
  /** Why it failed, for whoever looks at the host. Default: its standard error. */
  detail?: string;
}

export interface Machine {
  readonly instanceId: string;
  readonly architecture: Architecture;
  readonly files: FileSystem;
  readonly date: HostDate;
  /** Names of the users and of the groups that exist. */
  readonly users: Set<string>;
  readonly groups: Set<string>;
  /** By the name of the unit. */
  readonly connectors: Map<string, ConnectorProcess>;
  readonly apps: Map<string, AppProcess>;
  /** Revisions of SSM parameters as the host's programs last saw them, in runs that ended well. */
  readonly seenParameters: Map<string, string>;
  /** What the host last wrote into an SSM parameter. */
  reported: string | undefined;
  /** Aborted and replaced at every loss of the network. */
  network: { isCut: boolean; lost: AbortController };
  /** The service manager's command line. */
  systemctl(words: readonly string[], signal: AbortSignal): Promise<CommandResult>;
  readonly aws: Aws;
  /** Base address of the emulated AWS's wire protocols. */
  readonly awsUrl: () => string;
  readonly cloudflare: Cloudflare;
}

/** The connector has connections, and answers requests that come through them. */
export function isConnected(machine: Machine, connector: ConnectorProcess): boolean {
  return readyConnections(machine, connector) > 0;
}

/** How many connections it has, as its own `/ready` tells. */
export function readyConnections(
  { cloudflare }: Machine,
  { id, tunnelId, isDead }: ConnectorProcess,
): number {
  if (tunnelId === undefined || isDead === true) return 0;
  const known = cloudflare.tunnels
    .connectors(tunnelId)
    .find((one) => one.id === id && one.disconnectedAt === undefined);
  return known?.connections.length ?? 0;
}
