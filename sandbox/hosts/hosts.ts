/** The software side of all EC2 instances of the sandbox: they boot, run their services and connect. */
import { setTimeout as pause } from "node:timers/promises";
import type { Aws, SandboxInstance } from "../aws/cloud.ts";
import type { InstanceEvent } from "../aws/state.ts";
import type { Cloudflare } from "../cloudflare/cloud.ts";
import { type Collection, Store } from "../store.ts";
import { Host, type HostSurroundings } from "./host.ts";
import { type HostReport, HostState } from "./hostReport.ts";
import type { HostSnapshot } from "./hostSnapshot.ts";
import type { CommandResult } from "./machine.ts";
import { isAgentOnline } from "./ssmAgent.ts";
import { answerAsOrigin, type OriginRequest } from "./testOrigin.ts";

export interface HostsOptions {
  cloudflare: Cloudflare;
  aws: Aws;
  /** Base address of the server of `aws.wire`; asked for at every call of a host. */
  awsUrl: () => string;
  /** Keeps the hosts between processes. Default: they are forgotten, and running instances boot again. */
  store?: Store;
  /** Receives the journals' lines, without secrets, each after the instance's id. Default: nobody does. */
  log?: (line: string) => void;
  /** Real milliseconds that one second of a host's waiting takes. Default 10. */
  millisecondsPerSecond?: number;
}

const MILLISECONDS_PER_SECOND = 10;

/** Milliseconds between two looks at whether the hosts are done. */
const POLL_INTERVAL = 5;

/** The reports that hosts left in a store, for a process that only looks at it. */
export function storedHostReports(store: Store): HostReport[] {
  return store
    .collection<StoredHost>("hosts")
    .values()
    .map(({ report }) => report);
}

interface StoredHost {
  snapshot: HostSnapshot;
  report: HostReport;
}

export class Hosts {
  readonly #options: HostsOptions;
  readonly #stored: Collection<StoredHost>;
  readonly #hosts = new Map<string, Host>();
  /** Boots, restarts and shutdowns under way. */
  readonly #pending = new Set<Promise<void>>();
  #unfollow: (() => void) | undefined;
  #detach: (() => void) | undefined;

  constructor(options: HostsOptions) {
    this.#options = options;
    this.#stored = (options.store ?? Store.inMemory()).collection<StoredHost>("hosts");
  }

  /**
   * Boots the instances that run already, or takes up where they were, and follows all others from now on. What was
   * connected when the sandbox was last stopped still is.
   */
  start(): void {
    if (this.#unfollow !== undefined) return;
    const { aws } = this.#options;
    this.#unfollow = aws.onInstance((event) => this.#follow(event));
    this.#detach = aws.attachAgents({
      isOnline: async (instanceId) => {
        const host = this.#hosts.get(instanceId);
        return host !== undefined && isAgentOnline(host.machine);
      },
      run: async (instanceId, script, timeoutSeconds) =>
        this.#track(this.#require(instanceId).runCommand(script, timeoutSeconds)),
    });
    for (const { snapshot } of this.#stored.values()) {
      const instance = aws.instance(snapshot.instanceId);
      if (instance === undefined) this.#forget(snapshot.instanceId);
      else if (instance.state !== "running") this.#powerOff(snapshot.instanceId, stoppedPhase(instance));
    }
    for (const instance of aws.runningInstances()) this.#powerOn(instance);
  }

  /** Undefined for an instance that never booted. */
  report(instanceId: string): HostReport | undefined {
    return this.#hosts.get(instanceId)?.report();
  }

  all(): HostReport[] {
    return [...this.#hosts.values()].map((host) => host.report());
  }

  /**
   * Resolves when no boot is under way (every service is up, has failed, or was tried for minutes in vain) and every
   * host has acted on its SSM parameters as they are now, or has failed to more than once.
   */
  async settled(): Promise<void> {
    await this.#idle();
    while (this.#unfollow !== undefined && [...this.#hosts.values()].some((host) => !host.isCaughtUp)) {
      await pause(POLL_INTERVAL, undefined, { ref: false });
      await this.#idle();
    }
  }

  /**
   * Starts a unit of a host anew. Resolves when it has settled, the host's other units included. Throws for an
   * unknown host, and SystemctlError for an unknown unit.
   */
  restart(instanceId: string, unit: string): Promise<void> {
    return this.#track(this.#require(instanceId).restart(unit));
  }

  /** For tests: what `systemctl` with these words does on a host. */
  systemctl(instanceId: string, words: readonly string[]): Promise<CommandResult> {
    return this.#require(instanceId).machine.systemctl(words, new AbortController().signal);
  }

  /** For tests: a dead tunnel. The connector's process stays up, without connections, until its unit is restarted. */
  loseTunnel(instanceId: string): void {
    this.#require(instanceId).loseTunnel();
  }

  /**
   * For tests: a short loss of the network. Connections drop, and come back after that many seconds of the host's clock.
   * Resolves when they are over.
   */
  cutNetwork(instanceId: string, seconds: number): Promise<void> {
    return this.#require(instanceId).cutNetwork(seconds);
  }

  /** Id of the instance behind a connector. Undefined when a customer runs it somewhere else. */
  instanceOf(connectorId: string): string | undefined {
    return [...this.#hosts.values()].find((host) => host.connectorIds.includes(connectorId))?.instanceId;
  }

  /** What the app on a host answers. Throws OriginError when it cannot be reached there. */
  async askOrigin(instanceId: string, request: OriginRequest): Promise<Response> {
    return answerAsOrigin(this.#require(instanceId), request);
  }

  /** Ends the emulation and no instance: connections stay, and `start` of a later process takes them up. */
  async stop(): Promise<void> {
    this.#unfollow?.();
    this.#unfollow = undefined;
    this.#detach?.();
    await Promise.all([...this.#hosts.values()].map((host) => host.suspend()));
    await this.#idle();
  }

  #require(instanceId: string): Host {
    const host = this.#hosts.get(instanceId);
    if (host === undefined) throw new Error(`there is no host ${instanceId}`);
    return host;
  }

  async #idle(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  #follow({ kind, instanceId }: InstanceEvent): void {
    const instance = this.#options.aws.instance(instanceId);
    if (kind === "rebooted") void this.#track(this.#reboot(instanceId));
    else if (kind !== "running") this.#powerOff(instanceId, kind);
    else if (instance !== undefined) this.#powerOn(instance);
  }

  async #reboot(instanceId: string): Promise<void> {
    await this.#hosts.get(instanceId)?.powerOff("stopped");
    const instance = this.#options.aws.instance(instanceId);
    if (instance?.state === "running") this.#powerOn(instance);
  }

  #powerOn(instance: SandboxInstance): void {
    const { instanceId } = instance;
    this.#forgetUnlisted();
    const known = this.#hosts.get(instanceId);
    const snapshot = known === undefined ? this.#storedSnapshot(instanceId) : undefined;
    const host = known ?? this.#add(instance, snapshot);
    const goesOn = snapshot?.phase === "booted";
    void this.#track(goesOn ? host.resume(snapshot) : host.powerOn(instance.firstBootUserData));
  }

  #powerOff(instanceId: string, phase: "stopped" | "terminated"): void {
    const instance = this.#options.aws.instance(instanceId);
    const known = this.#hosts.get(instanceId);
    const host = known ?? (instance && this.#add(instance, this.#storedSnapshot(instanceId)));
    if (host === undefined) this.#forget(instanceId);
    else void this.#track(host.powerOff(phase));
  }

  /** A host whose first boot was cut short by the end of the sandbox boots again from its image. */
  #storedSnapshot(instanceId: string): HostSnapshot | undefined {
    const snapshot = this.#stored.get(instanceId)?.snapshot;
    return snapshot?.isConfigured === true ? snapshot : undefined;
  }

  #add(instance: SandboxInstance, snapshot: HostSnapshot | undefined): Host {
    const { cloudflare, aws, awsUrl, log, millisecondsPerSecond } = this.#options;
    const { instanceId } = instance;
    const surroundings: HostSurroundings = {
      cloudflare,
      aws,
      awsUrl,
      millisecondsPerSecond: millisecondsPerSecond ?? MILLISECONDS_PER_SECOND,
      log: (line) => log?.(`${instanceId}: ${line}`),
      onChange: () => this.#save(host),
    };
    const host = new Host(instance, surroundings, snapshot);
    this.#hosts.set(instanceId, host);
    return host;
  }

  #save(host: Host): void {
    const report = host.report();
    if (report.state === HostState.terminated) this.#stored.delete(host.instanceId);
    else this.#stored.put(host.instanceId, { snapshot: host.snapshot(), report });
  }

  /** Terminated instances that EC2 no longer lists. */
  #forgetUnlisted(): void {
    for (const instanceId of this.#hosts.keys()) {
      if (this.#options.aws.instance(instanceId) === undefined) this.#forget(instanceId);
    }
  }

  #forget(instanceId: string): void {
    const stored = Object.values(this.#stored.get(instanceId)?.snapshot.connectors ?? {});
    const ids = [...(this.#hosts.get(instanceId)?.connectorIds ?? []), ...stored.map(({ id }) => id)];
    for (const id of ids) this.#options.cloudflare.tunnels.disconnect(id);
    this.#hosts.delete(instanceId);
    this.#stored.delete(instanceId);
  }

  #track<T>(work: Promise<T>): Promise<T> {
    const done: Promise<void> = work
      .then(
        () => {},
        () => {},
      )
      .finally(() => {
        this.#pending.delete(done);
      });
    this.#pending.add(done);
    return work;
  }
}

function stoppedPhase({ state }: SandboxInstance): "stopped" | "terminated" {
  return state === "terminated" || state === "shutting-down" ? "terminated" : "stopped";
}
