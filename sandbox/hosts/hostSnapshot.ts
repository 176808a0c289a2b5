/** What is kept of a host while the sandbox does not run. */
import type { FileSystemSnapshot } from "./fileSystem.ts";
import type { AppProcess, ConnectorProcess } from "./machine.ts";
import type { SystemdSnapshot } from "./systemd.ts";

/** A host on disk. Like a real disk it holds what the host was given, secrets too. */
export interface HostSnapshot {
  instanceId: string;
  phase: Phase;
  /** cloud-init is done with the user data, and will not look at it again. */
  isConfigured: boolean;
  bootProblem?: string;
  files: FileSystemSnapshot;
  users: string[];
  groups: string[];
  connectors: Record<string, ConnectorProcess>;
  apps: Record<string, AppProcess>;
  seenParameters: Record<string, string>;
  reported?: string;
  /** Seconds since 1970, on the host's clock. */
  date: number;
  systemd: SystemdSnapshot;
  journal: string[];
}

export type Phase = "booting" | "booted" | "stopped" | "terminated";
