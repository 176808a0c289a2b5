/** Progress of the search for an engine: plain facts; whoever shows them decides how. */

export const EngineStep = {
  /** Asking the `pulumi` on the PATH. */
  Path: "path",
  /** Waiting for another process that installs or builds. */
  Wait: "wait",
  /** The official installer runs. */
  Install: "install",
  /** Go fetches modules. */
  Download: "download",
  /** Go compiles packages. */
  Compile: "compile",
} as const;
export type EngineStep = (typeof EngineStep)[keyof typeof EngineStep];

export interface EngineProgress {
  readonly step: EngineStep;
  /** One line, for people. */
  readonly detail: string;
  /** Milliseconds since the step began. */
  readonly elapsed: number;
}

export type ReportProgress = (progress: EngineProgress) => void;

/** Milliseconds between two reports of a step in which nothing new happens. */
const HEARTBEAT = 2_000;

/** One step: reports each change at once and, while nothing changes, that it still goes on. */
export class StepReporter {
  readonly #report: ReportProgress;
  readonly #step: EngineStep;
  readonly #began = performance.now();
  readonly #heartbeat: NodeJS.Timeout;
  #detail: string;

  constructor(report: ReportProgress, step: EngineStep, detail: string) {
    this.#report = report;
    this.#step = step;
    this.#detail = detail;
    this.update(detail);
    this.#heartbeat = setInterval(() => this.update(this.#detail), HEARTBEAT);
    this.#heartbeat.unref();
  }

  update(detail: string): void {
    this.#detail = detail;
    this.#report({ step: this.#step, detail, elapsed: Math.round(performance.now() - this.#began) });
  }

  /** Ends the step; nothing is reported after it. */
  end(): void {
    clearInterval(this.#heartbeat);
  }
}
