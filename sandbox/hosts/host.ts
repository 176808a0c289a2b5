/** One emulated machine: the software side of an EC2 instance. */
import { parseHostReport } from "../../host/hostReport.ts";
import type { Aws, SandboxInstance } from "../aws/cloud.ts";
import type { ShellResult } from "../aws/ssm/agents.ts";
import type { Cloudflare } from "../cloudflare/cloud.ts";
import { CloudConfigError, parseCloudConfig } from "./cloudConfig.ts";
import { applyCloudConfig, IMAGE_USERS } from "./cloudInit.ts";
import { FileSystem } from "./fileSystem.ts";
import { HostClock, HostDate } from "./hostClock.ts";
import { type ConnectorReport, type HostReport, HostState } from "./hostReport.ts";
import type { HostSnapshot, Phase } from "./hostSnapshot.ts";
import { architectureOf, IMAGE_ENABLED, imageFiles } from "./imageFiles.ts";
import { Journal } from "./journal.ts";
import { isConnected, type Machine } from "./machine.ts";
import { cutNetwork, loseTunnel } from "./networkFaults.ts";
import { StopReason } from "./programs/program.ts";
import { runAgentCommand } from "./ssmAgent.ts";
import { systemctl } from "./systemctl.ts";
import { Systemd } from "./systemd.ts";
import type { OriginHost } from "./testOrigin.ts";
import { SystemctlError } from "./unitTable.ts";

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

const TENANT_TAG = "tenant-edge:tenant";

export class Host implements OriginHost {
  readonly instanceId: string;
  readonly tenant: string | undefined;
  readonly machine: Machine;
  readonly #surroundings: HostSurroundings;
  readonly #systemd: Systemd;
  readonly #journal: Journal;
  #phase: Phase;
  #isConfigured: boolean;
  #isSuspended = false;
  #bootProblem: string | undefined;
  #power = new AbortController();

  constructor(instance: SandboxInstance, surroundings: HostSurroundings, snapshot?: HostSnapshot) {
    const { aws, awsUrl, cloudflare, millisecondsPerSecond, onChange } = surroundings;
    this.instanceId = instance.instanceId;
    this.tenant = instance.tags[TENANT_TAG];
    this.#surroundings = surroundings;
    this.machine = {
      instanceId: instance.instanceId,
      architecture: architectureOf(instance),
      files: snapshot === undefined ? imageFiles(instance) : new FileSystem(snapshot.files),
      date: new HostDate(millisecondsPerSecond, snapshot?.date),
      users: new Set(snapshot?.users ?? IMAGE_USERS),
      groups: new Set(snapshot?.groups ?? IMAGE_USERS),
      connectors: new Map(Object.entries(snapshot?.connectors ?? {})),
      apps: new Map(Object.entries(snapshot?.apps ?? {})),
      seenParameters: new Map(Object.entries(snapshot?.seenParameters ?? {})),
      reported: snapshot?.reported,
      network: { isCut: false, lost: new AbortController() },
      systemctl: (words, signal) => systemctl(this.#systemd, words, signal),
      aws,
      awsUrl,
      cloudflare,
    };
    this.#journal = new Journal(snapshot?.journal);
    this.#phase = snapshot?.phase ?? "booting";
    this.#isConfigured = snapshot?.isConfigured ?? false;
    this.#bootProblem = snapshot?.bootProblem;
    const log = (line: string) => this.#log(line);
    const options = { machine: this.machine, millisecondsPerSecond, log, onChange };
    this.#systemd = new Systemd(options, snapshot === undefined ? IMAGE_ENABLED : []);
  }

  /** Ids of its connectors, the newest last. */
  get connectorIds(): string[] {
    return [...this.machine.connectors.values()].map(({ id }) => id);
  }

  /** Whether it has acted on the SSM parameters as they are now, or has failed to more than once. */
  get isCaughtUp(): boolean {
    return this.#phase !== "booted" || this.#isSuspended || this.#systemd.isCaughtUp;
  }

  /**
   * Powers the machine on. The first time cloud-init runs the user data; later only the enabled services start.
   * Resolves when they have settled.
   */
  async powerOn(userData: string): Promise<void> {
    this.#power = new AbortController();
    this.#enter("booting");
    try {
      const started = this.#systemd.startEnabled();
      if (!this.#isConfigured) await this.#configure(userData);
      await started;
    } catch (error) {
      const isKnown = error instanceof CloudConfigError || error instanceof SystemctlError;
      this.#bootProblem = isKnown ? error.message : `fault of the sandbox: ${String(error)}`;
      if (!this.#power.signal.aborted) this.#log(`cloud-init: ${this.#bootProblem}`);
    }
    await this.#systemd.settled();
    if (this.#isSuspended || this.#phase !== "booting") return;
    this.#isConfigured = true;
    this.#enter("booted");
  }

  /** Goes on after a pause of the sandbox, which the machine has not noticed. */
  async resume({ systemd }: HostSnapshot): Promise<void> {
    await this.#systemd.resume(systemd);
    this.#surroundings.onChange();
  }

  /** Resolves when the unit has settled. Throws SystemctlError when there is no such unit. */
  async restart(unit: string): Promise<void> {
    const name = unit.includes(".") ? unit : `${unit}.service`;
    void (await Promise.race([this.#systemd.restart([name]), this.#waitForRestart(name)]));
    await this.#systemd.settled();
    this.#surroundings.onChange();
  }

  /** What the SSM agent is told to run, as root. Undefined when it took longer, or the machine was switched off. */
  runCommand(script: string, timeoutSeconds: number): Promise<ShellResult | undefined> {
    const { millisecondsPerSecond } = this.#surroundings;
    const power = this.#power.signal;
    return runAgentCommand(this.machine, { script, timeoutSeconds, millisecondsPerSecond, power });
  }

  async powerOff(phase: "stopped" | "terminated"): Promise<void> {
    this.#phase = phase;
    this.#power.abort(StopReason.stop);
    // At once, and whatever the services make of it: EC2 says that the machine is off.
    for (const id of this.connectorIds) this.machine.cloudflare.tunnels.disconnect(id);
    this.machine.connectors.clear();
    this.machine.apps.clear();
    await this.#systemd.stopAll(StopReason.stop);
    this.machine.files.remove("/run");
    this.machine.files.makeParents("/run/any");
    this.#surroundings.onChange();
  }

  /** The sandbox ends; the machine goes on. */
  suspend(): Promise<void> {
    this.#isSuspended = true;
    this.#power.abort(StopReason.suspend);
    return this.#systemd.stopAll(StopReason.suspend);
  }

  /** For tests: its connectors' connections are gone, and the processes do not notice until they are restarted. */
  loseTunnel(): void {
    loseTunnel(this.machine);
    this.#surroundings.onChange();
  }

  /** For tests: no packet leaves the machine for that many seconds of its clock. Resolves when they are over. */
  cutNetwork(seconds: number): Promise<void> {
    const clock = new HostClock(this.#surroundings.millisecondsPerSecond);
    return cutNetwork(this.machine, () => clock.wait(seconds, this.#power.signal));
  }

  report(): HostReport {
    const [state, reason] = this.#state();
    const connector = this.#connector();
    const reported = parseHostReport(this.machine.reported ?? "");
    return {
      instanceId: this.instanceId,
      ...(this.tenant !== undefined && { tenant: this.tenant }),
      state,
      ...(reason !== undefined && { reason }),
      units: this.#systemd.reports(),
      timers: this.#systemd.timerReports(),
      ...(connector !== undefined && { connector }),
      ...(reported !== undefined && { reported }),
      files: this.machine.files.paths(),
      log: this.#journal.lines,
    };
  }

  snapshot(): HostSnapshot {
    const { files, users, groups, connectors, apps, seenParameters, reported, date } = this.machine;
    return {
      instanceId: this.instanceId,
      phase: this.#phase,
      isConfigured: this.#isConfigured,
      ...(this.#bootProblem !== undefined && { bootProblem: this.#bootProblem }),
      files: files.snapshot(),
      users: [...users],
      groups: [...groups],
      connectors: Object.fromEntries(connectors),
      apps: Object.fromEntries(apps),
      seenParameters: Object.fromEntries(seenParameters),
      ...(reported !== undefined && { reported }),
      date: date.now(),
      systemd: this.#systemd.snapshot(),
      journal: this.#journal.lines,
    };
  }

  async #configure(userData: string): Promise<void> {
    const { aws, millisecondsPerSecond } = this.#surroundings;
    if (aws.instance(this.instanceId)?.metadataOptions.httpEndpoint !== "enabled") {
      throw new CloudConfigError("no user data: the instance's metadata service is switched off");
    }
    await applyCloudConfig(parseCloudConfig(userData), {
      machine: this.machine,
      millisecondsPerSecond,
      signal: this.#power.signal,
      log: (line) => this.#log(`cloud-init: ${line}`),
    });
  }

  /** A unit that never comes up ends nobody's wait. */
  async #waitForRestart(name: string): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#systemd.reports().some((unit) => unit.name === name)) await this.#systemd.settled();
    else await new Promise(() => {});
  }

  #state(): [HostState, string?] {
    if (this.#phase === "stopped" || this.#phase === "terminated") return [this.#phase];
    if (this.#bootProblem !== undefined) return [HostState.failed, this.#bootProblem];
    const [trouble] = this.#systemd.troubled();
    if (trouble !== undefined)
      return [HostState.failed, `${trouble.name}: ${trouble.reason ?? trouble.state}`];
    return [this.#phase === "booted" ? HostState.running : HostState.booting];
  }

  #connector(): ConnectorReport | undefined {
    const connected = [...this.machine.connectors.values()].filter((one) => isConnected(this.machine, one));
    const current = connected.at(-1);
    if (current?.tunnelId === undefined) return undefined;
    const { id: connectorId, tunnelId, port } = current;
    const known = this.machine.cloudflare.tunnels.connectors(tunnelId).find(({ id }) => id === connectorId);
    return known && { tunnelId, connectorId, port, version: known.version };
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
