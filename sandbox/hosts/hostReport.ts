/** What the sandbox tells about a host. Nothing in it is secret. */
import type { HostReport as OwnReport } from "../../host/hostReport.ts";

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

export interface TimerReport {
  name: string;
  /** Unit that it starts. */
  unit: string;
  state: UnitState;
  /** Seconds of the host until it starts the unit; absent while the unit runs. */
  nextSeconds?: number;
}

export interface ConnectorReport {
  tunnelId: string;
  connectorId: string;
  /** Of its metrics, on the loopback interface. */
  port: number;
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
  timers: TimerReport[];
  /** The host's newest connector that has connections to a tunnel. */
  connector?: ConnectorReport;
  /** What the host has reported about itself, if it has. */
  reported?: OwnReport;
  /** Paths of the files that the boot and the units wrote. */
  files: string[];
  /** The newest lines of the host's journal. */
  log: string[];
}
