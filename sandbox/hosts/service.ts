/** A service as it runs: started, watched and restarted as its unit says. */
import { type Execution, execute } from "./execution.ts";
import { HostClock } from "./hostClock.ts";
import { UnitState } from "./hostReport.ts";
import type { Machine } from "./machine.ts";
import { cleanUp, environmentOf, prepare } from "./processContext.ts";
import { ExitError, type Failure, StopReason } from "./programs/program.ts";
import { repeatsTooQuickly, restartsAfter } from "./restartRules.ts";
import { parameterVersions, RunRecord } from "./runRecord.ts";
import type { ExecCommand, ServiceUnit } from "./serviceUnit.ts";

export interface ServiceOptions {
  machine: Machine;
  /** Real milliseconds that a second of the host takes. */
  millisecondsPerSecond: number;
  log: (line: string) => void;
  /** Called after every change of state or reason. */
  onChange: () => void;
}

/** What became of a start: `undefined` when the service is up, or a oneshot's work is done. */
export type JobFailure = Failure | "canceled";

/**
 * A service that has had trouble for so long, or so often, counts as settled: it may never come up. From then on its
 * clock slows down, so that broken hosts do not keep the machine busy.
 */
const PATIENCE_SECONDS = 120;
const PATIENCE_TROUBLES = 20;

/** So many are met at the clock's own pace: a service that was up may lose the network for a while. */
const TROUBLES_AT_FULL_PACE = 10;

export class Service {
  readonly unit: ServiceUnit;
  readonly #options: ServiceOptions;
  /** Called whenever it has ended, well or not. */
  readonly onEnd = new Set<() => void>();
  #state: UnitState = UnitState.inactive;
  #reason: string | undefined;
  #controller = new AbortController();
  #settled = Promise.withResolvers<void>();
  #isSettled = true;
  #job = Promise.withResolvers<JobFailure | undefined>();
  #run: Promise<void> | undefined;
  #troubles = 0;
  /** Why it last failed, also when it was stopped since. */
  problem: string | undefined;
  /** The host's fingerprint after a run that changed nothing, when the last one was such. */
  idle: string | undefined;
  /** Runs that failed, one after the other, and what they found in SSM. */
  failed: { count: number; parameters: string } = { count: 0, parameters: "" };

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

  /** Between its start and its end. */
  get isRunning(): boolean {
    return this.#run !== undefined;
  }

  /** True when it is up, has ended, or has had trouble for minutes. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Resolves when it is up, has ended, or has had trouble for minutes. */
  get settled(): Promise<void> {
    return this.#isSettled ? Promise.resolve() : this.#settled.promise;
  }

  /** Resolves as the start job ends. `resumed`: it was up before the sandbox was last stopped. */
  start(resumed = false): Promise<JobFailure | undefined> {
    if (this.#run !== undefined) return this.#job.promise;
    if (this.#state === UnitState.active) return Promise.resolve(undefined);
    this.#controller = new AbortController();
    this.#settled = Promise.withResolvers<void>();
    this.#job = Promise.withResolvers<JobFailure | undefined>();
    this.#isSettled = false;
    this.#troubles = 0;
    this.#run = this.#supervise(this.#controller.signal, resumed)
      .catch((error: unknown) => this.#set(UnitState.failed, `fault of the sandbox: ${String(error)}`))
      .finally(() => {
        this.#run = undefined;
        this.#job.resolve("canceled");
        this.#settle();
        if (this.#controller.signal.reason !== StopReason.suspend) {
          for (const listener of this.onEnd) listener();
        }
      });
    return this.#job.promise;
  }

  /** Puts back what is known of a service that does not run. */
  restore(state: UnitState, reason: string | undefined): void {
    this.#state = state;
    this.#reason = reason;
  }

  async stop(reason: StopReason): Promise<void> {
    if (reason === StopReason.stop && this.#state === UnitState.active) {
      for (const command of this.unit.stop) await this.#runBeside(command).catch(() => {});
    }
    this.#controller.abort(reason);
    await this.#run;
    if (reason === StopReason.suspend) return;
    cleanUp(this.unit, this.#options.machine);
    this.#set(UnitState.inactive, undefined);
  }

  /** Throws ExitError. */
  async reload(): Promise<void> {
    for (const command of this.unit.reload) await this.#runBeside(command);
  }

  async #supervise(signal: AbortSignal, resumed: boolean): Promise<void> {
    const clock = new HostClock(this.#options.millisecondsPerSecond);
    const starts: number[] = [];
    for (let count = 0; ; count += 1) {
      starts.push(clock.elapsedSeconds);
      const problem = await this.#attempt(clock, signal, resumed && count === 0);
      if (signal.aborted) return;
      if (!restartsAfter(this.unit, problem)) return this.#end(problem);
      this.#job.resolve(problem?.failure);
      this.#trouble(problem?.message ?? "the main process ended", clock);
      if (repeatsTooQuickly(this.unit, starts)) {
        const why = `Start request repeated too quickly. ${problem?.message ?? ""}`.trim();
        return this.#set(UnitState.failed, why);
      }
      this.#set(UnitState.activating, this.#reason);
      await clock.wait(this.unit.restartSeconds, signal).catch(() => {});
      if (signal.aborted) return;
    }
  }

  #end(problem: ExitError | undefined): void {
    const staysUp = this.unit.type === "oneshot" && this.unit.remainsAfterExit;
    const ended = staysUp ? UnitState.active : UnitState.inactive;
    if (!staysUp) cleanUp(this.unit, this.#options.machine);
    this.#set(problem === undefined ? ended : UnitState.failed, problem?.message);
    this.#job.resolve(problem?.failure);
  }

  /** One start up to the end of the main process. Returns what went wrong. */
  async #attempt(clock: HostClock, signal: AbortSignal, resumed: boolean): Promise<ExitError | undefined> {
    this.#set(UnitState.activating, this.#reason);
    const record = new RunRecord(this.#options.machine);
    const problem = await this.#tryOnce(record, clock, signal, resumed);
    if (signal.aborted) return undefined;
    record.end(problem === undefined);
    this.idle = record.idle;
    this.#count(problem);
    this.problem = problem?.message ?? this.problem;
    if (problem !== undefined) this.#log(`Failed with result '${problem.failure}'. ${problem.message}`);
    return problem;
  }

  #count(problem: ExitError | undefined): void {
    const parameters = parameterVersions(this.#options.machine);
    const before = this.failed.parameters === parameters ? this.failed.count : 0;
    this.failed = { count: problem === undefined ? 0 : before + 1, parameters };
  }

  async #tryOnce(record: RunRecord, clock: HostClock, signal: AbortSignal, resumed: boolean) {
    try {
      if (!resumed) prepare(this.unit, this.#options.machine);
      const execution = this.#execution({ clock, signal, record, resumed });
      for (const command of resumed ? [] : this.unit.startPre) await execute(command, execution, false);
      for (const command of this.unit.start) await execute(command, execution, true);
      return undefined;
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof ExitError)) throw error;
      const { trouble } = record;
      if (trouble === undefined || error.message.includes(trouble)) return error;
      return new ExitError(`${error.message}: ${trouble}`, error.failure);
    }
  }

  #execution(run: Pick<Execution, "clock" | "signal" | "record" | "resumed">): Execution {
    const { machine } = this.#options;
    return {
      ...run,
      unit: this.unit,
      machine,
      environment: environmentOf(this.unit, machine),
      deadline: run.clock.elapsedSeconds + this.unit.startTimeoutSeconds,
      isReady: false,
      log: (line) => this.#log(line),
      ready: () => this.#becomeReady(),
      trouble: (reason) => this.#trouble(reason, run.clock),
    };
  }

  /** A command of a service that is up. Throws ExitError. */
  async #runBeside(command: ExecCommand): Promise<void> {
    const clock = new HostClock(this.#options.millisecondsPerSecond);
    const record = new RunRecord(this.#options.machine);
    const { signal } = new AbortController();
    const execution = this.#execution({ clock, signal, record, resumed: false });
    await execute(command, { ...execution, isReady: true }, false);
  }

  #becomeReady(): void {
    this.#troubles = 0;
    this.#set(UnitState.active, undefined);
    this.#job.resolve(undefined);
    this.#settle();
  }

  #trouble(reason: string, clock: HostClock): void {
    this.#troubles += 1;
    if (this.#isSettled && this.#troubles > TROUBLES_AT_FULL_PACE) clock.slowDown();
    this.#set(this.#state, reason);
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
