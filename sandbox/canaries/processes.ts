/**
 * What the processes that this one starts print, and what their arguments and environments hold; of processes that those
 * start, arguments, environments, and what they print into files.
 *
 * Arguments, environments and files of others are read from /proc: on Linux, elsewhere they are not seen. A process that
 * lives shorter than the time between two looks is seen only when this one started it.
 */
import type { ChildProcess } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from "node:fs";
import { basename } from "node:path";
import type { Readable } from "node:stream";

const CHANNEL = "child_process";
/** Milliseconds between two looks at the processes below this one. */
const PERIOD = 200;
/** A process that asks for them by name may print tenants' secrets. */
const SHOW_SECRETS = "--show-secrets";
const EVENT_LOG = "--event-log";
/** What may stand in the name of a place: subcommands and flags, and nothing that could be a secret. */
const HARMLESS = /^-{0,2}[a-z][a-z-]{0,19}$/;

export const ProcessText = {
  Arguments: "arguments",
  Environment: "environment",
  /** Its stdout, wherever it goes. */
  Output: "stdout",
  Errors: "stderr",
  EventLog: "event log",
} as const;
export type ProcessText = (typeof ProcessText)[keyof typeof ProcessText];

export interface SeenText {
  what: ProcessText;
  /** The process, by its command. */
  command: string;
  /** Its arguments ask for secrets by name. */
  asksForSecrets: boolean;
  /** As far as it is known by now. */
  read(): Buffer;
}

interface OpenFile {
  what: ProcessText;
  args: readonly string[];
  descriptor: number;
}

function describe(args: readonly string[]): string {
  const [command = "", ...rest] = args;
  const words = rest
    .map((arg) => (HARMLESS.test(arg) ? arg : basename(arg)))
    .filter((arg) => HARMLESS.test(arg));
  return [basename(command), ...words.slice(0, 6)].join(" ");
}

/** Undefined when the process is gone, or there is no /proc. */
function read<R>(reader: () => R): R | undefined {
  try {
    return reader();
  } catch {
    return undefined;
  }
}

const split = (bytes: Buffer) => bytes.toString("utf8").split("\0").slice(0, -1);

function childrenOf(pid: string): string[] {
  const tasks = read(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  return tasks.flatMap((task) => {
    const listed = read(() => readFileSync(`/proc/${pid}/task/${task}/children`, "utf8")) ?? "";
    return listed.split(" ").filter((child) => child !== "");
  });
}

/** From the beginning, whatever was read before; also of a file that was removed meanwhile. */
function contentOf(descriptor: number): Buffer {
  const bytes = Buffer.alloc(fstatSync(descriptor).size);
  return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0));
}

export class ProcessWatch {
  readonly #texts: SeenText[] = [];
  readonly #files = new Map<string, OpenFile>();
  readonly #seen = new Set<string>();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    subscribe(CHANNEL, this.#onChild);
    this.#timer = setInterval(() => this.#look(String(process.pid)), PERIOD).unref();
  }

  /** All that was seen so far. */
  texts(): SeenText[] {
    const files = [...this.#files.values()].map(({ what, args, descriptor }) =>
      this.#text(what, args, () => contentOf(descriptor)),
    );
    return [...this.#texts, ...files];
  }

  stop(): void {
    unsubscribe(CHANNEL, this.#onChild);
    clearInterval(this.#timer);
    for (const { descriptor } of this.#files.values()) closeSync(descriptor);
    this.#files.clear();
  }

  readonly #onChild = (message: unknown): void => {
    const { process: child } = message as { process: ChildProcess };
    // It is told of before it is started, and nothing that it prints arrives before this.
    process.nextTick(() => {
      const { spawnargs: args, pid, stdout, stderr } = child;
      if (pid === undefined) return;
      this.#tap(ProcessText.Output, args, stdout);
      this.#tap(ProcessText.Errors, args, stderr);
      this.#lookAt(String(pid));
      // The event log is not there at first, and no longer there afterwards.
      child.once("exit", () => this.#openEventLog(String(pid), args));
    });
  };

  /** Passive: whoever reads the stream decides when it flows. */
  #tap(what: ProcessText, args: readonly string[], stream: Readable | null): void {
    if (stream === null) return;
    const chunks: Buffer[] = [];
    this.#texts.push(this.#text(what, args, () => Buffer.concat(chunks)));
    const push = stream.push.bind(stream);
    stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
      if (chunk !== null) chunks.push(Buffer.from(chunk as Uint8Array));
      return push(chunk, encoding);
    };
  }

  #look(parent: string): void {
    for (const pid of childrenOf(parent)) {
      this.#lookAt(pid);
      this.#look(pid);
    }
  }

  #lookAt(pid: string): void {
    const line = read(() => readFileSync(`/proc/${pid}/cmdline`));
    if (line === undefined || line.length === 0) return;
    const args = split(line);
    this.#openEventLog(pid, args);
    // A process has its parent's arguments until it runs its own program.
    const key = `${pid} ${line.toString("latin1")}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const environment = read(() => readFileSync(`/proc/${pid}/environ`));
    this.#texts.push(this.#text(ProcessText.Arguments, args, () => line));
    if (environment !== undefined) {
      this.#texts.push(this.#text(ProcessText.Environment, args, () => environment));
    }
    this.#openOutput(pid, 1, ProcessText.Output, args);
    this.#openOutput(pid, 2, ProcessText.Errors, args);
  }

  #openOutput(pid: string, number: number, what: ProcessText, args: readonly string[]): void {
    const path = read(() => readlinkSync(`/proc/${pid}/fd/${number}`));
    // Pipes, terminals and devices are no files to read again.
    if (path?.startsWith("/") !== true || path.startsWith("/dev/")) return;
    this.#open(path, what, args);
  }

  #openEventLog(pid: string, args: readonly string[]): void {
    const path = args[args.indexOf(EVENT_LOG) + 1];
    if (!args.includes(EVENT_LOG) || path === undefined || path.includes("://")) return;
    this.#open(path, ProcessText.EventLog, args, pid);
  }

  #open(path: string, what: ProcessText, args: readonly string[], pid = ""): void {
    const key = `${pid} ${path}`;
    if (this.#files.has(key)) return;
    const descriptor = read(() => openSync(path, "r"));
    if (descriptor !== undefined) this.#files.set(key, { what, args, descriptor });
  }

  #text(what: ProcessText, args: readonly string[], read: () => Buffer): SeenText {
    return { what, command: describe(args), asksForSecrets: args.includes(SHOW_SECRETS), read };
  }
}
