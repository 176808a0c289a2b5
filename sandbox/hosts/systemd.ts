/** The service manager of one host. */
import { type TimerReport, type UnitReport, UnitState } from "./hostReport.ts";
import { StopReason } from "./programs/program.ts";
import { hasSeenAll, parameterVersions } from "./runRecord.ts";
import type { JobFailure, Service, ServiceOptions } from "./service.ts";
import { findUnitFiles, isInstallable, isTimer } from "./unitFiles.ts";
import { notFound, SystemctlError, UnitTable } from "./unitTable.ts";

/** Runs that failed on the same parameters, after which nobody waits for another one. */
const ENOUGH_FAILURES = 2;

interface UnitSnapshot extends UnitReport {
  idle?: string;
}

/** What a host keeps of its services while the sandbox does not run. */
export interface SystemdSnapshot {
  enabled: string[];
  units: UnitSnapshot[];
  timers: string[];
}

export class Systemd {
  readonly #options: ServiceOptions;
  readonly #units: UnitTable;
  readonly #enabled: Set<string>;
  /** Going down: nothing is started any more. */
  #isStopping = false;

  /** @param enabled units that the image starts by itself */
  constructor(options: ServiceOptions, enabled: readonly string[] = []) {
    this.#options = options;
    this.#units = new UnitTable(options);
    this.#enabled = new Set(enabled);
  }

  /** What is started at every later boot. Throws SystemctlError when there is no such unit. */
  enable(names: readonly string[]): void {
    this.#requireFiles(names, "enable");
    for (const name of names) {
      if (isInstallable(this.#files, name)) this.#enabled.add(name);
      else this.#options.log(`${name}: has no [Install] section, nothing is enabled`);
    }
  }

  /** Throws SystemctlError when there is no such unit. */
  disable(names: readonly string[]): void {
    this.#requireFiles(names, "disable");
    for (const name of names) this.#enabled.delete(name);
  }

  /** Starts units and what they want. Resolves with the failures of their jobs. Throws SystemctlError. */
  async start(names: readonly string[], verb = "start"): Promise<Map<string, JobFailure>> {
    const failures = new Map<string, JobFailure>();
    if (this.#isStopping) return failures;
    const timers = names.filter(isTimer).map((name) => this.#units.timer(name, verb));
    const services = names.filter((name) => !isTimer(name)).map((name) => this.#units.service(name, verb));
    const jobs = this.#units.transaction(services.map(({ unit }) => unit)).map(async (service) => {
      const failure = await this.#startInOrder(service);
      if (failure !== undefined && names.includes(service.unit.name))
        failures.set(service.unit.name, failure);
    });
    for (const timer of timers) timer.start();
    await Promise.all(jobs);
    return failures;
  }

  async startEnabled(): Promise<void> {
    this.#isStopping = false;
    const there = [...this.#enabled].filter((name) => findUnitFiles(this.#files, name) !== undefined);
    await this.start(there);
  }

  /** A unit whose file is gone, or was never there, is an error only when it is not loaded. Throws SystemctlError. */
  async stop(names: readonly string[]): Promise<void> {
    for (const name of names) {
      if (findUnitFiles(this.#files, name) === undefined) throw notFound("stop", name, "loaded");
    }
    await Promise.all(
      names.map((name) => {
        if (isTimer(name)) return this.#units.timers.get(name)?.stop();
        return this.#units.services.get(name)?.stop(StopReason.stop);
      }),
    );
  }

  /** Reads the units' files again. Resolves with the failures of their jobs. Throws SystemctlError. */
  async restart(names: readonly string[], verb = "restart"): Promise<Map<string, JobFailure>> {
    for (const name of names) {
      if (findUnitFiles(this.#files, name) === undefined) throw notFound(verb, name);
    }
    await this.stop(names);
    return this.start(names, verb);
  }

  /** Reloads units that are up and know how to, and restarts or starts all others. */
  async reloadOrRestart(names: readonly string[]): Promise<Map<string, JobFailure>> {
    const isReloaded = (name: string) => {
      const service = this.#units.services.get(name);
      return service?.state === UnitState.active && service.unit.reload.length > 0;
    };
    for (const name of names.filter(isReloaded)) await this.#units.services.get(name)?.reload();
    return this.restart(
      names.filter((name) => !isReloaded(name)),
      "reload-or-restart",
    );
  }

  resetFailed(names: readonly string[]): void {
    for (const [name, service] of this.#units.services) {
      const isMeant = names.length === 0 || names.includes(name);
      if (isMeant && service.state === UnitState.failed) service.restore(UnitState.inactive, undefined);
    }
    this.#options.onChange();
  }

  state(name: string): UnitState {
    return (this.#units.services.get(name) ?? this.#units.timers.get(name))?.state ?? UnitState.inactive;
  }

  /** Why the unit last failed, also when it was stopped since. */
  problem(name: string): string | undefined {
    return this.#units.services.get(name)?.problem ?? this.#units.broken.get(name);
  }

  async stopAll(reason: StopReason): Promise<void> {
    this.#isStopping = true;
    for (const timer of this.#units.timers.values()) timer.stop();
    await Promise.all([...this.#units.services.values()].map((service) => service.stop(reason)));
    if (reason !== StopReason.stop) return;
    this.#units.services.clear();
    this.#units.timers.clear();
  }

  /** Resolves when every service is up, has ended, or has had trouble for minutes. */
  async settled(): Promise<void> {
    for (let open = this.#open(); open.length > 0; open = this.#open()) {
      await Promise.all(open.map((service) => service.settled));
    }
  }

  /**
   * Whether what the timers start has acted on the SSM parameters as they are now, or has failed with them more than
   * once.
   */
  get isCaughtUp(): boolean {
    if (this.#open().length > 0) return false;
    const { machine } = this.#options;
    if (hasSeenAll(machine))
      return [...this.#units.timers.values()].every(({ service }) => this.#isAtRest(service));
    return [...this.#units.timers.values()].some(({ service: { failed } }) => {
      return failed.count >= ENOUGH_FAILURES && failed.parameters === parameterVersions(machine);
    });
  }

  reports(): UnitReport[] {
    return this.#units.reports();
  }

  timerReports(): TimerReport[] {
    return this.#units.timerReports();
  }

  /** Units that are not up and have had the time. */
  troubled(): UnitReport[] {
    return this.#units.reports().filter(({ name, state }) => {
      if (state === UnitState.failed) return true;
      return state === UnitState.activating && this.#units.services.get(name)?.isSettled === true;
    });
  }

  snapshot(): SystemdSnapshot {
    const active = [...this.#units.timers].filter(([, { state }]) => state === UnitState.active);
    return {
      enabled: [...this.#enabled],
      units: this.#units.reports().map((report) => {
        const idle = this.#units.services.get(report.name)?.idle;
        return { ...report, ...(idle !== undefined && { idle }) };
      }),
      timers: active.map(([name]) => name),
    };
  }

  /**
   * Takes up where the snapshot was made: what was up goes on without being started, what was not is started
   * again. Resolves when all have settled.
   */
  async resume({ enabled, units, timers }: SystemdSnapshot): Promise<void> {
    for (const name of enabled) this.#enabled.add(name);
    for (const { name, state, reason, idle } of units) {
      const service = this.#units.tryService(name);
      if (service === undefined) continue;
      service.idle = idle;
      const isUp = state === UnitState.active;
      if (state === UnitState.activating || (isUp && service.unit.type !== "oneshot"))
        void service.start(isUp);
      else service.restore(state, reason);
    }
    for (const name of timers) this.#units.timer(name, "start").start(true);
    await this.settled();
  }

  get #files() {
    return this.#options.machine.files;
  }

  #open(): Service[] {
    return [...this.#units.services.values()].filter((service) => !service.isSettled);
  }

  #isAtRest(service: Service): boolean {
    return !service.isRunning || service.isSettled;
  }

  #requireFiles(names: readonly string[], verb: string): void {
    const missing = names.find((name) => findUnitFiles(this.#files, name) === undefined);
    if (missing === undefined) return;
    throw new SystemctlError(`Failed to ${verb} unit: Unit file ${missing} does not exist.`);
  }

  async #startInOrder(service: Service): Promise<JobFailure | undefined> {
    const { name, after, requires } = service.unit;
    const earlier = after.flatMap((other) => this.#units.services.get(other) ?? []);
    if (earlier.some((other) => other.unit.after.includes(name))) {
      this.#options.log(`${name}: Found ordering cycle, ignoring it`);
    } else await Promise.all(earlier.map((other) => (other.isRunning ? other.start() : undefined)));
    const failed = earlier.find(
      ({ state, unit }) =>
        (state === UnitState.failed || state === UnitState.activating) && requires.includes(unit.name),
    );
    if (failed === undefined) return service.start();
    service.restore(UnitState.failed, `Dependency failed: ${failed.unit.name}`);
    this.#options.onChange();
    return "canceled";
  }
}
