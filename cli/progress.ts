/** Shows the progress of an operation on stderr. */
import prettyMilliseconds from "pretty-ms";
import { printableLine } from "../naming/printable.ts";
import { type ProgressEvent, ProgressKind } from "../operations/contract.ts";
import type { Colours } from "./globalOptions.ts";
import type { Output } from "./surroundings.ts";

export interface ProgressDisplay {
  report(event: ProgressEvent): void;
  /** Removes what is only of passing interest; call it before anything else is written. */
  clear(): void;
}

/** What stays on a terminal. The rest is rewritten in one line. */
const MILESTONES: ReadonlySet<ProgressKind> = new Set([
  ProgressKind.ListChanged,
  ProgressKind.Previewed,
  ProgressKind.Updated,
  ProgressKind.Note,
]);

/** Milliseconds between two lines of something that counts, where lines stay, as in the log of a CI job. */
const LOG_INTERVAL = 10_000;

/** Back to the first column, and erase to the end of the line. */
const CLEAR_LINE = "\r\u001B[K";

const DEFAULT_COLUMNS = 80;

/** On a terminal a rewritten line and milestones that stay; elsewhere a line each, with its time. */
export function showProgress(output: Output, colours: Colours): ProgressDisplay {
  return output.isTTY === true ? rewrittenLine(output, colours) : addedLines(output);
}

function messageOf({ tenant, message, done, total }: ProgressEvent): string {
  const count = done === undefined ? "" : ` (${done}${total === undefined ? "" : ` of ${total}`})`;
  return printableLine(`${tenant ? `${tenant}: ` : ""}${message}${count}`);
}

function rewrittenLine(output: Output, colours: Colours): ProgressDisplay {
  let isShown = false;
  let begun: number | undefined;
  const clear = () => {
    if (isShown) output.write(CLEAR_LINE);
    isShown = false;
  };
  return {
    report(event) {
      const time = Date.parse(event.time);
      begun ??= time;
      const elapsed = prettyMilliseconds(Math.max(0, time - begun), { secondsDecimalDigits: 0 });
      const message = messageOf(event);
      clear();
      if (MILESTONES.has(event.kind)) {
        output.write(`${colours.dim(elapsed.padStart(6))}  ${message}\n`);
        return;
      }
      // A line that wraps could not be erased.
      const room = (output.columns ?? DEFAULT_COLUMNS) - 1;
      output.write(`${elapsed.padStart(6)}  ${message}`.slice(0, room));
      isShown = true;
    },
    clear,
  };
}

function addedLines(output: Output): ProgressDisplay {
  let last: { kind: ProgressKind; time: number } | undefined;
  return {
    report(event) {
      const { kind, total, done } = event;
      const time = Date.parse(event.time);
      const counts = total !== undefined && done !== total;
      if (counts && last?.kind === kind && time - last.time < LOG_INTERVAL) return;
      last = { kind, time };
      output.write(`${event.time} ${messageOf(event)}\n`);
    },
    clear() {},
  };
}
