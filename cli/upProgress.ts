/** Shows how the stacks of an environment are brought up, on stderr. */
import { createLogUpdate } from "log-update";
import prettyMilliseconds from "pretty-ms";
import { printableLine } from "../naming/printable.ts";
import { ShardOutcome, type UpEvent, UpEventKind } from "../operations/shards/up/contract.ts";
import type { Colours } from "./globalOptions.ts";
import type { Output } from "./surroundings.ts";
import { endText } from "./text/upText.ts";

export interface UpDisplay {
  report(event: UpEvent): void;
  /** Removes what is only of passing interest; call it before anything else is written. */
  clear(): void;
}

/** Milliseconds between two looks at the clock. */
const TICK = 1_000;
const DEFAULT_COLUMNS = 80;

/** On a terminal a line per stack that is being brought up, and one for all; elsewhere a line per event, with its time. */
export function showUp(output: Output, colours: Colours, now: () => number = Date.now): UpDisplay {
  return output.isTTY === true ? new RewrittenLines(output, colours, now) : addedLines(output);
}

function isWorthALine({ kind, result }: UpEvent): boolean {
  return kind !== UpEventKind.Resource && result?.outcome !== ShardOutcome.UpToDate;
}

function messageOf({ stack, message, result }: UpEvent): string {
  const text = result === undefined ? message : endText(result);
  return printableLine(stack === "" ? text : `${stack}: ${text}`);
}

function addedLines(output: Output): UpDisplay {
  const last = new Map<string, string>();
  return {
    report(event) {
      if (!isWorthALine(event)) return;
      const message = messageOf(event);
      // Whoever waits tells so again and again.
      if (last.get(event.stack) === message) return;
      last.set(event.stack, message);
      output.write(`${event.time} ${message}\n`);
    },
    clear() {},
  };
}

/** What is under way. */
interface Running {
  begun: number;
  message: string;
  done: number;
}

const STAYING: ReadonlySet<UpEventKind> = new Set([UpEventKind.Checked, UpEventKind.Note, UpEventKind.Ended]);

class RewrittenLines implements UpDisplay {
  readonly #output: Output;
  readonly #colours: Colours;
  readonly #now: () => number;
  readonly #lines: ReturnType<typeof createLogUpdate>;
  readonly #running = new Map<string, Running>();
  readonly #begun: number;
  #timer: NodeJS.Timeout | undefined;
  #total = 0;
  #ended = 0;

  constructor(output: Output, colours: Colours, now: () => number) {
    this.#output = output;
    this.#colours = colours;
    this.#now = now;
    this.#begun = now();
    // Of a stream it uses no more than an `Output` has. The cursor stays, so that nothing has to bring it back.
    this.#lines = createLogUpdate(output as unknown as NodeJS.WritableStream, { showCursor: true });
  }

  report(event: UpEvent): void {
    this.#count(event);
    if (STAYING.has(event.kind) && isWorthALine(event)) {
      this.#lines.persist(`${this.#colours.dim(this.#since(this.#begun))}  ${messageOf(event)}`);
    }
    this.#timer ??= setInterval(() => this.#show(), TICK).unref();
    this.#show();
  }

  clear(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#lines.clear();
  }

  #count({ kind, stack, message, done, total }: UpEvent): void {
    if (kind === UpEventKind.Checked) {
      this.#total = total ?? 0;
      this.#ended = 0;
    } else if (kind === UpEventKind.Ended) {
      if (this.#running.delete(stack)) this.#ended += 1;
    } else if (kind !== UpEventKind.Note) {
      const { begun, done: before } = this.#running.get(stack) ?? { begun: this.#now(), done: 0 };
      this.#running.set(stack, { begun, message, done: done ?? before });
    }
  }

  #since(time: number): string {
    const elapsed = Math.max(0, this.#now() - time);
    return prettyMilliseconds(elapsed, { secondsDecimalDigits: 0 }).padStart(6);
  }

  #show(): void {
    const room = (this.#output.columns ?? DEFAULT_COLUMNS) - 1;
    const width = Math.max(0, ...[...this.#running.keys()].map((stack) => stack.length));
    const lines = [...this.#running].map(([stack, { begun, message, done }]) => {
      const count = done === 0 ? "" : ` (${done})`;
      return `${this.#since(begun)}  ${stack.padEnd(width)}  ${printableLine(message)}${count}`;
    });
    const all = `${this.#since(this.#begun)}  ${this.#ended} of ${this.#total} stacks done, ${this.#running.size} under way`;
    this.#lines([...lines, all].map((line) => line.slice(0, room)).join("\n"));
  }
}
