/** Shows the search for an engine to a person or in a log. */
import prettyMilliseconds from "pretty-ms";
import type { EngineProgress, ReportProgress } from "../engine/progress.ts";

/** As much of a stream as is needed here. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressDisplay {
  readonly report: ReportProgress;
  /** Removes what is only of passing interest; call it when the search is over. */
  close(): void;
}

const TITLES: Readonly<Record<EngineProgress["step"], string>> = {
  path: "Asking for its version",
  wait: "Waiting",
  install: "Installing",
  download: "Downloading",
  compile: "Compiling",
};

/** Milliseconds between two lines of one step where lines stay, as in the log of a CI job. */
const LOG_INTERVAL = 10_000;

/** Back to the first column, and erase to the end of the line. */
const CLEAR_LINE = "\r\u001B[K";

/** On a terminal one line is rewritten in place; elsewhere a line is added per step and every ten seconds. */
export function showEngineProgress(output: ProgressOutput): ProgressDisplay {
  return output.isTTY === true ? rewrittenLine(output) : addedLines(output);
}

function rewrittenLine(output: ProgressOutput): ProgressDisplay {
  let isShown = false;
  return {
    report(progress) {
      // A line that wraps could not be erased.
      output.write(CLEAR_LINE + line(progress).slice(0, (output.columns ?? 80) - 1));
      isShown = true;
    },
    close() {
      if (isShown) output.write(CLEAR_LINE);
      isShown = false;
    },
  };
}

function addedLines(output: ProgressOutput): ProgressDisplay {
  let step: string | undefined;
  let shownAt = 0;
  return {
    report(progress) {
      if (progress.step === step && progress.elapsed - shownAt < LOG_INTERVAL) return;
      step = progress.step;
      shownAt = progress.elapsed;
      output.write(`${line(progress)}\n`);
    },
    close() {},
  };
}

function line({ step, detail, elapsed }: EngineProgress): string {
  const time = elapsed < 1_000 ? "" : ` (${prettyMilliseconds(elapsed, { secondsDecimalDigits: 0 })})`;
  return `${TITLES[step]}${time}: ${detail}`;
}
