/** A service as it runs: started, watched and restarted as its unit says. */
import { parseEnv } from "node:util";
import { FileAccessError } from "./fileSystem.ts";
import { HostClock } from "./hostClock.ts";
import { UnitState } from "./hostReport.ts";
import type { Machine } from "./machine.ts";
import { ExitError, StopReason } from "./programs/program.ts";
import { findProgram } from "./programs/registry.ts";
import type { ExecCommand, ServiceUnit } from "./serviceUnit.ts";
import { networkProblem } from "./unitNetwork.ts";
import { expandVariables } from "./unitValues.ts";

export interface ServiceOptions {
  machine: Machine;
  /** Real milliseconds that a second of the host takes. */
  millisecondsPerSecond: number;
  log: (line: string) => void;
  /** Called after every change of state or reason. */
  onChange: () => void;
}

/**
 * A service that has had trouble for so long, or so often, counts as settled: it may never come up. From then on its
 * clock slows down, so that broken hosts do not keep the machine busy.
 */
const PATIENCE_SECONDS = 120;
const PATIENCE_TROUBLES = 20;

interface Attempt {
  environment: Record<string, string>;
  clock: HostClock;
  signal: AbortSignal;
  resumed: boolean;
  /** On the host's clock; no longer counts once the service is ready. */
  deadline: number;
}

export class Service {
  readonly unit: ServiceUnit;
  readonly #options: ServiceOptions;
  #state: UnitState = UnitState.inactive;
  #reason: string | undefined;
  #controller = new AbortController();
  #settled = Promise.withResolvers<void>();
  #isSettled = true;
  #run: Promise<void> | undefined;
  #troubles = 0;

  constructor(unit: ServiceUnit, options: ServiceOptions) {
    this.unit = unit;
    this.#options = options;
    for (const warning of unit.warnings) this.#log(warning);
  }

  get state(): UnitState {
    return this.#state;
  }

  get reason(): string | undefined {
    return this.#reason;
  }

  /** True when it is up, has failed, or has had trouble for minutes. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Resolves when the service has settled. `resumed`: it was up before the sandbox was last stopped. */
  start(resumed = false): Promise<void> {
    if (this.#run !== undefined) return this.#settled.promise;
    if (this.#state === UnitState.active) return Promise.resolve();
    this.#controller = new AbortController();
    this.#settled = Promise.withResolvers<void>();
    this.#isSettled = false;
    this.#troubles = 0;
    this.#run = this.#supervise(this.#controller.signal, resumed)
      .catch((error: unknown) => this.#set(UnitState.failed, `fault of the sandbox: ${String(error)}`))
      .finally(() => {
        this.#run = undefined;
        this.#settle();
      });
    return this.#settled.promise;
  }

  /** Puts back what is known of a service that does not run. */
  restore(state: UnitState, reason: string | undefined): void {
    this.#state = state;
    this.#reason = reason;
  }

  async stop(reason: StopReason): Promise<void> {
    this.#controller.abort(reason);
    await this.#run;
    if (reason === StopReason.suspend) return;
    for (const { path, preserved } of this.unit.runtimeDirectories) {
      if (!preserved) this.#options.machine.files.remove(path);
    }
    this.#set(UnitState.inactive, undefined);
  }

  async #supervise(signal: AbortSignal, resumed: boolean): Promise<void> {
    const clock = new HostClock(this.#options.millisecondsPerSecond);
    const starts: number[] = [];
    for (let count = 0; ; count += 1) {
      starts.push(clock.elapsedSeconds);
      const problem = await this.#attempt(clock, signal, resumed && count === 0);
      if (signal.aborted) return;
      if (!this.#restartsAfter(problem)) return this.#end(problem);
      this.#trouble(problem ?? "the main process ended", clock);
      if (this.#repeatsTooQuickly(starts)) {
        return this.#set(UnitState.failed, `Start request repeated too quickly. ${problem ?? ""}`.trim());
      }
      await clock.wait(this.unit.restartSeconds, signal).catch(() => {});
      if (signal.aborted) return;
    }
  }

  #repeatsTooQuickly(starts: readonly number[]): boolean {
    const { burst, intervalSeconds } = this.unit.startLimit;
    const [first, last] = [starts.at(-burst), starts.at(-1)];
    return first !== undefined && last !== undefined && last - first < intervalSeconds;
  }

  #restartsAfter(problem: string | undefined): boolean {
    const { restart } = this.unit;
    return restart === "always" || restart === (problem === undefined ? "on-success" : "on-failure");
  }

  #end(problem: string | undefined): void {
    const staysUp = this.unit.type === "oneshot" && this.unit.remainsAfterExit;
    const ended = staysUp ? UnitState.active : UnitState.inactive;
    this.#set(problem === undefined ? ended : UnitState.failed, problem);
  }

  /** One start up to the end of the main process. Returns what went wrong. */
  async #attempt(clock: HostClock, signal: AbortSignal, resumed: boolean): Promise<string | undefined> {
    this.#set(UnitState.activating, this.#reason);
    try {
      if (!resumed) this.#prepare();
      const attempt: Attempt = {
        environment: this.#environment(),
        clock,
        signal,
        resumed,
        deadline: clock.elapsedSeconds + this.unit.startTimeoutSeconds,
      };
      for (const command of resumed ? [] : this.unit.startPre) await this.#execute(command, attempt, false);
      for (const command of this.unit.start) await this.#execute(command, attempt, true);
      return undefined;
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof ExitError)) throw error;
      this.#log(error.message);
      return error.message;
    }
  }

  #prepare(): void {
    const { machine } = this.#options;
    const { user, runtimeDirectories } = this.unit;
    if (!machine.users.has(user)) {
      throw new ExitError(`Failed to determine user credentials: there is no user ${user}`);
    }
    for (const { path, mode, preserved } of runtimeDirectories) {
      if (!preserved) machine.files.remove(path);
      machine.files.makeDirectory(path, { mode, owner: user });
    }
  }

  #environment(): Record<string, string> {
    const { environment, environmentFiles } = this.unit;
    const fromFiles = environmentFiles.map(({ path, optional }) => {
      try {
        return parseEnv(this.#options.machine.files.read(path, "root"));
      } catch (error) {
        if (!(error instanceof FileAccessError)) throw error;
        if (optional) return {};
        throw new ExitError(`Failed to load environment files: ${error.message}`);
      }
    });
    return Object.assign({}, environment, ...fromFiles) as Record<string, string>;
  }

  async #execute(command: ExecCommand, attempt: Attempt, isMain: boolean): Promise<void> {
    const { machine } = this.#options;
    const { type, user } = this.unit;
    const words = command.expandsVariables
      ? command.arguments.flatMap((word) => expandVariables(word, attempt.environment))
      : command.arguments;
    try {
      const program = await findProgram(machine, command.program, words.length);
      if (isMain && (type === "simple" || type === "exec")) this.#becomeReady(attempt);
      await program({
        machine,
        arguments: words,
        environment: attempt.environment,
        user: command.privileged ? "root" : user,
        resumed: attempt.resumed,
        networkProblem: (cidrBlock) => networkProblem(this.unit.network, cidrBlock, command.sandboxed),
        signal: attempt.signal,
        log: (line) => this.#log(line),
        ready: () => {
          if (isMain && type === "notify") this.#becomeReady(attempt);
        },
        retryAfter: (seconds, reason) => this.#retryAfter(seconds, reason, attempt),
      });
    } catch (error) {
      if (!command.ignoreFailure || !(error instanceof ExitError)) throw error;
      this.#log(`${error.message} (ignored)`);
    }
  }

  async #retryAfter(seconds: number, reason: string, { clock, signal, deadline }: Attempt): Promise<void> {
    this.#trouble(reason, clock);
    if (this.#state === UnitState.activating && clock.elapsedSeconds + seconds > deadline) {
      await clock.wait(Math.max(0, deadline - clock.elapsedSeconds), signal);
      throw new ExitError(`start operation timed out. Terminating. ${reason}`);
    }
    await clock.wait(seconds, signal);
  }

  #becomeReady(attempt: Attempt): void {
    attempt.deadline = Number.POSITIVE_INFINITY;
    this.#troubles = 0;
    this.#set(UnitState.active, undefined);
    this.#settle();
  }

  #trouble(reason: string, clock: HostClock): void {
    this.#troubles += 1;
    if (reason !== this.#reason) this.#log(reason);
    this.#set(this.#state, reason);
    if (this.#isSettled) clock.slowDown();
    if (this.#troubles >= PATIENCE_TROUBLES || clock.elapsedSeconds >= PATIENCE_SECONDS) this.#settle();
  }

  #settle(): void {
    this.#isSettled = true;
    this.#settled.resolve();
  }

  #set(state: UnitState, reason: string | undefined): void {
    if (state === this.#state && reason === this.#reason) return;
    this.#state = state;
    this.#reason = reason;
    this.#options.onChange();
  }

  #log(line: string): void {
    this.#options.log(`${this.unit.name}: ${line}`);
  }
}
