/** The units of a host that systemd has loaded: services, timers, and those that it could not load. */
import { type TimerReport, type UnitReport, UnitState } from "./hostReport.ts";
import { Service, type ServiceOptions } from "./service.ts";
import type { ServiceUnit } from "./serviceUnit.ts";
import { Timer } from "./timer.ts";
import { UnitFileError } from "./unitFile.ts";
import { findUnitFiles, readService, readTimer } from "./unitFiles.ts";

/** systemctl's own complaint, with its exit status. */
export class SystemctlError extends Error {
  readonly exitCode: number;

  constructor(problem: string, exitCode = 1) {
    super(problem);
    this.name = "SystemctlError";
    this.exitCode = exitCode;
  }
}

const NOT_FOUND = 5;

export class UnitTable {
  readonly #options: ServiceOptions;
  readonly services = new Map<string, Service>();
  readonly timers = new Map<string, Timer>();
  /** Units that cannot be loaded, with the reason. */
  readonly broken = new Map<string, string>();

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  reports(): UnitReport[] {
    const loaded = [...this.services].map(([name, { state, reason }]) => ({
      name,
      state,
      ...(reason !== undefined && { reason }),
    }));
    const broken = [...this.broken].map(([name, reason]) => ({ name, state: UnitState.failed, reason }));
    return [...loaded, ...broken];
  }

  timerReports(): TimerReport[] {
    return [...this.timers.values()].map((timer) => timer.report());
  }

  /** Throws SystemctlError. */
  timer(name: string, verb: string): Timer {
    const known = this.timers.get(name);
    if (known !== undefined) return known;
    const unit = this.#read(name, verb, () => readTimer(this.#options.machine.files, name));
    const service = this.service(unit.unit, verb);
    const timer = new Timer(unit, { ...this.#options, service });
    this.timers.set(name, timer);
    return timer;
  }

  /** With its file as it is now, unless it runs. */
  service(name: string, verb: string): Service {
    const known = this.services.get(name);
    const isBusy = known !== undefined && (known.isRunning || known.state === UnitState.active);
    if (isBusy) return known;
    const unit = this.#read(name, verb, () => readService(this.#options.machine.files, name));
    const isSame = known !== undefined && JSON.stringify(known.unit) === JSON.stringify(unit);
    const service = isSame ? known : new Service(unit, this.#options);
    for (const listener of isSame ? [] : (known?.onEnd ?? [])) service.onEnd.add(listener);
    this.services.set(name, service);
    return service;
  }

  tryService(name: string): Service | undefined {
    try {
      return this.service(name, "start");
    } catch (error) {
      if (error instanceof SystemctlError) return undefined;
      throw error;
    }
  }

  /** The units, and those that they want or require, each once. Throws SystemctlError. */
  transaction(units: readonly ServiceUnit[]): Service[] {
    const found = new Map<string, Service>();
    const pending = [...units];
    for (let unit = pending.shift(); unit !== undefined; unit = pending.shift()) {
      const service = this.services.get(unit.name);
      if (service === undefined || found.has(unit.name)) continue;
      found.set(unit.name, service);
      for (const name of [...unit.wants, ...unit.requires].filter((one) => one.endsWith(".service"))) {
        const isThere = findUnitFiles(this.#options.machine.files, name) !== undefined;
        if (!isThere && !unit.requires.includes(name)) continue;
        pending.push(this.service(name, "start").unit);
      }
    }
    return [...found.values()];
  }

  /** A unit whose file is there but cannot be used counts as failed. Throws SystemctlError. */
  #read<T>(name: string, verb: string, read: () => T | undefined): T {
    try {
      const unit = read();
      if (unit === undefined) throw notFound(verb, name);
      this.broken.delete(name);
      return unit;
    } catch (error) {
      if (!(error instanceof UnitFileError)) throw error;
      this.broken.set(name, error.message);
      this.#options.log(`${name}: ${error.message}`);
      this.#options.onChange();
      throw new SystemctlError(`Failed to ${verb} ${name}: Unit ${name} has a bad unit file setting.`);
    }
  }
}

export function notFound(verb: string, name: string, what = "found"): SystemctlError {
  return new SystemctlError(`Failed to ${verb} ${name}: Unit ${name} not ${what}.`, NOT_FOUND);
}
