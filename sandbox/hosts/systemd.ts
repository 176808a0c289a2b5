/** The service manager of one host. */
import { posix } from "node:path";
import { FileAccessError } from "./fileSystem.ts";
import { type UnitReport, UnitState } from "./hostReport.ts";
import { StopReason } from "./programs/program.ts";
import { Service, type ServiceOptions } from "./service.ts";
import { parseServiceUnit, type ServiceUnit } from "./serviceUnit.ts";
import { UnitFileError } from "./unitFile.ts";

/** systemctl's own complaint. */
export class SystemctlError extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = "SystemctlError";
  }
}

const UNIT_FOLDER = "/etc/systemd/system";

/** What a host keeps of its services while the sandbox does not run. */
export interface SystemdSnapshot {
  enabled: string[];
  units: UnitReport[];
}

export class Systemd {
  readonly #options: ServiceOptions;
  readonly #services = new Map<string, Service>();
  /** Units that cannot be loaded, with the reason. */
  readonly #broken = new Map<string, string>();
  readonly #enabled = new Set<string>();
  /** Going down: nothing is started any more. */
  #isStopping = false;

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** What is started at every later boot. Throws SystemctlError when there is no such unit. */
  enable(names: readonly string[]): void {
    for (const name of names.map(fullName)) {
      const unit = this.#load(name, "enable");
      if (unit?.installable === false)
        this.#options.log(`${name}: has no [Install] section, nothing is enabled`);
      else this.#enabled.add(name);
    }
  }

  /** Starts units and what they want. Resolves when all have settled. Throws SystemctlError when one is not there. */
  async start(names: readonly string[]): Promise<void> {
    if (this.#isStopping) return;
    const units = names.map(fullName).flatMap((name) => this.#load(name, "start") ?? []);
    await Promise.all(this.#transaction(units).map((unit) => this.#startInOrder(unit)));
  }

  startEnabled(): Promise<void> {
    this.#isStopping = false;
    return this.start([...this.#enabled]);
  }

  /** Reads the unit's file again. Resolves when it has settled. Throws SystemctlError when it is not there. */
  async restart(name: string): Promise<void> {
    const unitName = fullName(name);
    await this.#services.get(unitName)?.stop(StopReason.stop);
    this.#services.delete(unitName);
    this.#broken.delete(unitName);
    await this.start([unitName]);
  }

  async stopAll(reason: StopReason): Promise<void> {
    this.#isStopping = true;
    await Promise.all([...this.#services.values()].map((service) => service.stop(reason)));
    if (reason === StopReason.stop) this.#services.clear();
  }

  reports(): UnitReport[] {
    const loaded = [...this.#services].map(([name, { state, reason }]) => ({
      name,
      state,
      ...(reason !== undefined && { reason }),
    }));
    const broken = [...this.#broken].map(([name, reason]) => ({ name, state: UnitState.failed, reason }));
    return [...loaded, ...broken];
  }

  /** Units that are not up and have had the time. */
  troubled(): UnitReport[] {
    return this.reports().filter(({ name, state }) => {
      if (state === UnitState.failed) return true;
      return state === UnitState.activating && this.#services.get(name)?.isSettled === true;
    });
  }

  snapshot(): SystemdSnapshot {
    return { enabled: [...this.#enabled], units: this.reports() };
  }

  /**
   * Takes up where the snapshot was made: what was up goes on without being started, what was not is started
   * again. Resolves when all have settled.
   */
  async resume({ enabled, units }: SystemdSnapshot): Promise<void> {
    for (const name of enabled) this.#enabled.add(name);
    const starts = units.map(async ({ name, state, reason }) => {
      const unit = this.#load(name, "start");
      if (unit === undefined) return;
      const service = this.#service(unit);
      const isUp = state === UnitState.active;
      if (state === UnitState.activating || (isUp && unit.type !== "oneshot")) await service.start(isUp);
      else service.restore(state, reason);
    });
    await Promise.all(starts);
  }

  /** The units, and those that they want or require, each once. */
  #transaction(units: readonly ServiceUnit[]): ServiceUnit[] {
    const found = new Map<string, ServiceUnit>();
    const pending = [...units];
    for (let unit = pending.shift(); unit !== undefined; unit = pending.shift()) {
      if (found.has(unit.name)) continue;
      found.set(unit.name, unit);
      for (const name of [...unit.wants, ...unit.requires]) {
        if (!name.endsWith(".service")) continue;
        const isThere = this.#options.machine.files.get(posix.join(UNIT_FOLDER, name)) !== undefined;
        const wanted = isThere || unit.requires.includes(name) ? this.#load(name, "start") : undefined;
        if (wanted !== undefined) pending.push(wanted);
      }
    }
    for (const unit of found.values()) this.#service(unit);
    return [...found.values()];
  }

  async #startInOrder(unit: ServiceUnit): Promise<void> {
    const earlier = unit.after.flatMap((name) => this.#services.get(name) ?? []);
    if (earlier.some((service) => service.unit.after.includes(unit.name))) {
      this.#options.log(`${unit.name}: Found ordering cycle, ignoring it`);
    } else await Promise.all(earlier.map((service) => service.start()));
    const failed = earlier.find(
      ({ state, unit: { name } }) =>
        (state === UnitState.failed || state === UnitState.activating) && unit.requires.includes(name),
    );
    const service = this.#service(unit);
    if (failed === undefined) await service.start();
    else service.restore(UnitState.failed, `Dependency failed: ${failed.unit.name}`);
  }

  #service(unit: ServiceUnit): Service {
    const service = this.#services.get(unit.name) ?? new Service(unit, this.#options);
    this.#services.set(unit.name, service);
    return service;
  }

  /** Undefined for a unit whose file is there but cannot be used; it counts as failed. */
  #load(name: string, verb: "enable" | "start"): ServiceUnit | undefined {
    const known = this.#services.get(name);
    if (known !== undefined) return known.unit;
    try {
      return parseServiceUnit(name, this.#options.machine.files.read(posix.join(UNIT_FOLDER, name), "root"));
    } catch (error) {
      if (error instanceof FileAccessError) {
        throw new SystemctlError(
          verb === "enable"
            ? `Failed to enable unit: Unit file ${name} does not exist.`
            : `Failed to start ${name}: Unit ${name} not found.`,
        );
      }
      if (!(error instanceof UnitFileError)) throw error;
      this.#broken.set(name, error.message);
      this.#options.log(`${name}: ${error.message}`);
      return undefined;
    }
  }
}

function fullName(name: string): string {
  const unitName = name.includes(".") ? name : `${name}.service`;
  if (unitName.endsWith(".service")) return unitName;
  throw new SystemctlError(`the sandbox emulates services only, not ${name}`);
}
