/** What the sandbox tells about a host. Nothing in it is secret. */

export const HostState = {
  booting: "booting",
  /** Every unit that was started is up. */
  running: "running",
  /** The boot ended with an error, or a unit has not come up for minutes. Units go on being tried. */
  failed: "failed",
  stopped: "stopped",
  terminated: "terminated",
} as const;
export type HostState = (typeof HostState)[keyof typeof HostState];

/** As `systemctl is-active` says it. */
export const UnitState = {
  inactive: "inactive",
  activating: "activating",
  active: "active",
  failed: "failed",
} as const;
export type UnitState = (typeof UnitState)[keyof typeof UnitState];

export interface UnitReport {
  name: string;
  state: UnitState;
  /** Why it is not up. */
  reason?: string;
}

export interface ConnectorReport {
  tunnelId: string;
  connectorId: string;
  /** Of cloudflared. */
  version: string;
}

export interface HostReport {
  instanceId: string;
  /** The instance's `tenant-edge:tenant` tag. */
  tenant?: string;
  state: HostState;
  /** Why the host is not running. */
  reason?: string;
  units: UnitReport[];
  /** The host's connector, when it has connections to a tunnel. */
  connector?: ConnectorReport;
  /** Paths of the files that the boot and the units wrote. */
  files: string[];
  /** The newest lines of the host's journal. */
  log: string[];
}
