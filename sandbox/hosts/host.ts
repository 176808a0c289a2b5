/** One emulated machine: the software side of an EC2 instance. */
import { Architecture } from "../../host/architecture.ts";
import type { Aws, SandboxInstance } from "../aws/cloud.ts";
import type { Cloudflare } from "../cloudflare/cloud.ts";
import { CloudConfigError, parseCloudConfig } from "./cloudConfig.ts";
import { applyCloudConfig, IMAGE_USERS } from "./cloudInit.ts";
import { connectorIdOf } from "./connectorId.ts";
import { FileSystem, type FileSystemSnapshot } from "./fileSystem.ts";
import { type ConnectorReport, type HostReport, HostState } from "./hostReport.ts";
import { Journal } from "./journal.ts";
import type { Machine } from "./machine.ts";
import { StopReason } from "./programs/program.ts";
import { SystemctlError, Systemd, type SystemdSnapshot } from "./systemd.ts";

/** The parts of the sandbox that a host touches. */
export interface HostSurroundings {
  aws: Aws;
  awsUrl: () => string;
  cloudflare: Cloudflare;
  millisecondsPerSecond: number;
  /** Receives every line of the journal. */
  log: (line: string) => void;
  /** Called whenever the host's snapshot or report may have changed. */
  onChange: () => void;
}

/** A host on disk. Like a real disk it holds what the host was given, secrets too. */
export interface HostSnapshot {
  instanceId: string;
  phase: Phase;
  /** cloud-init is done with the user data, and will not look at it again. */
  isConfigured: boolean;
  bootProblem?: string;
  tunnelId?: string;
  files: FileSystemSnapshot;
  users: string[];
  systemd: SystemdSnapshot;
  journal: string[];
}

type Phase = "booting" | "booted" | "stopped" | "terminated";

const TENANT_TAG = "tenant-edge:tenant";
const CLOUDFLARED = "/usr/local/bin/cloudflared";

function imageFiles(instance: SandboxInstance): FileSystem {
  const files = new FileSystem();
  if (instance.cloudflaredVersion === undefined) return files;
  const architecture = architectureOf(instance);
  const binary = { name: "cloudflared", version: instance.cloudflaredVersion, architecture } as const;
  const file = { content: Buffer.alloc(0), mode: 0o755, owner: "root", group: "root", binary };
  files.replace(CLOUDFLARED, file, "root");
  return files;
}

function architectureOf(instance: SandboxInstance): Architecture {
  return instance.architecture === "arm64" ? Architecture.arm64 : Architecture.amd64;
}

export class Host {
  readonly instanceId: string;
  readonly #tenant: string | undefined;
  readonly #surroundings: HostSurroundings;
  readonly #machine: Machine;
  readonly #systemd: Systemd;
  readonly #journal: Journal;
  #phase: Phase;
  #isConfigured: boolean;
  #isSuspended = false;
  #bootProblem: string | undefined;

  constructor(instance: SandboxInstance, surroundings: HostSurroundings, snapshot?: HostSnapshot) {
    const { aws, awsUrl, cloudflare, millisecondsPerSecond, onChange } = surroundings;
    this.instanceId = instance.instanceId;
    this.#tenant = instance.tags[TENANT_TAG];
    this.#surroundings = surroundings;
    this.#machine = {
      instanceId: instance.instanceId,
      architecture: architectureOf(instance),
      connectorId: connectorIdOf(instance.instanceId),
      files: snapshot === undefined ? imageFiles(instance) : new FileSystem(snapshot.files),
      users: new Set(snapshot?.users ?? IMAGE_USERS),
      tunnelId: snapshot?.tunnelId,
      aws,
      awsUrl,
      cloudflare,
    };
    this.#journal = new Journal(snapshot?.journal);
    this.#phase = snapshot?.phase ?? "booting";
    this.#isConfigured = snapshot?.isConfigured ?? false;
    this.#bootProblem = snapshot?.bootProblem;
    this.#systemd = new Systemd({
      machine: this.#machine,
      millisecondsPerSecond,
      log: (line) => this.#log(line),
      onChange,
    });
  }

  get connectorId(): string {
    return this.#machine.connectorId;
  }

  get tenant(): string | undefined {
    return this.#tenant;
  }

  /**
   * Powers the machine on. The first time cloud-init runs the user data; later only the enabled services start.
   * Resolves when they have settled.
   */
  async powerOn(userData: string): Promise<void> {
    this.#enter("booting");
    try {
      if (this.#isConfigured) await this.#systemd.startEnabled();
      else await this.#configure(userData);
    } catch (error) {
      const isKnown = error instanceof CloudConfigError || error instanceof SystemctlError;
      this.#bootProblem = isKnown ? error.message : `fault of the sandbox: ${String(error)}`;
      this.#log(`cloud-init: ${this.#bootProblem}`);
    }
    if (this.#isSuspended || this.#phase !== "booting") return;
    this.#isConfigured = true;
    this.#enter("booted");
  }

  /** Goes on after a pause of the sandbox, which the machine has not noticed. */
  async resume({ systemd }: HostSnapshot): Promise<void> {
    await this.#systemd.resume(systemd);
    this.#surroundings.onChange();
  }

  /** Throws SystemctlError when there is no such unit. */
  async restart(unit: string): Promise<void> {
    await this.#systemd.restart(unit);
    this.#surroundings.onChange();
  }

  async powerOff(phase: "stopped" | "terminated"): Promise<void> {
    this.#phase = phase;
    // At once, and whatever the services make of it: EC2 says that the machine is off.
    this.#machine.cloudflare.tunnels.disconnect(this.connectorId);
    await this.#systemd.stopAll(StopReason.stop);
    this.#machine.files.remove("/run");
    this.#machine.files.makeParents("/run/any");
    this.#surroundings.onChange();
  }

  /** The sandbox ends; the machine goes on. */
  suspend(): Promise<void> {
    this.#isSuspended = true;
    return this.#systemd.stopAll(StopReason.suspend);
  }

  report(): HostReport {
    const [state, reason] = this.#state();
    const connector = this.#connector();
    return {
      instanceId: this.instanceId,
      ...(this.#tenant !== undefined && { tenant: this.#tenant }),
      state,
      ...(reason !== undefined && { reason }),
      units: this.#systemd.reports(),
      ...(connector !== undefined && { connector }),
      files: this.#machine.files.paths(),
      log: this.#journal.lines,
    };
  }

  snapshot(): HostSnapshot {
    return {
      instanceId: this.instanceId,
      phase: this.#phase,
      isConfigured: this.#isConfigured,
      ...(this.#bootProblem !== undefined && { bootProblem: this.#bootProblem }),
      ...(this.#machine.tunnelId !== undefined && { tunnelId: this.#machine.tunnelId }),
      files: this.#machine.files.snapshot(),
      users: [...this.#machine.users],
      systemd: this.#systemd.snapshot(),
      journal: this.#journal.lines,
    };
  }

  async #configure(userData: string): Promise<void> {
    const { aws } = this.#surroundings;
    if (aws.instance(this.instanceId)?.metadataOptions.httpEndpoint !== "enabled") {
      throw new CloudConfigError("no user data: the instance's metadata service is switched off");
    }
    await applyCloudConfig(parseCloudConfig(userData), this.#machine, this.#systemd);
  }

  #state(): [HostState, string?] {
    if (this.#phase === "stopped" || this.#phase === "terminated") return [this.#phase];
    if (this.#bootProblem !== undefined) return [HostState.failed, this.#bootProblem];
    const [trouble] = this.#systemd.troubled();
    if (trouble !== undefined)
      return [HostState.failed, `${trouble.name}: ${trouble.reason ?? trouble.state}`];
    const isStarting = this.#systemd.reports().some(({ state }) => state === "activating");
    return [this.#phase === "booted" && !isStarting ? HostState.running : HostState.booting];
  }

  #connector(): ConnectorReport | undefined {
    const { cloudflare, tunnelId, connectorId } = this.#machine;
    if (tunnelId === undefined) return undefined;
    const connector = cloudflare.tunnels
      .connectors(tunnelId)
      .find(({ id, disconnectedAt }) => id === connectorId && disconnectedAt === undefined);
    return connector && { tunnelId, connectorId, version: connector.version };
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#surroundings.onChange();
  }

  #log(line: string): void {
    this.#journal.append(line);
    this.#surroundings.log(line);
  }
}
