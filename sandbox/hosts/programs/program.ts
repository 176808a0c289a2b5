/** What a service executes. */
import type { Machine } from "../machine.ts";

/** A program ended with another status than 0. The message is its last line, without secrets. */
export class ExitError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "ExitError";
  }
}

/** Why a service's programs are told to stop. */
export const StopReason = {
  /** systemd stops the service. */
  stop: "stop",
  /** The sandbox ends; in the emulated cloud the program goes on running. */
  suspend: "suspend",
} as const;
export type StopReason = (typeof StopReason)[keyof typeof StopReason];

export interface Invocation {
  machine: Machine;
  arguments: readonly string[];
  environment: Readonly<Record<string, string>>;
  user: string;
  /** True when the program was running before the sandbox was last stopped: it goes on, it does not start. */
  resumed: boolean;
  /** Why the unit keeps the program from an IPv4 block, if it does. */
  networkProblem(cidrBlock: string): string | undefined;
  /** Aborted with a StopReason. */
  signal: AbortSignal;
  /** Writes a line to the host's journal. Never a secret. */
  log(line: string): void;
  /** sd_notify(READY=1): the service is up. */
  ready(): void;
  /** Something is wrong that may pass: says so, and waits that many seconds of the host. */
  retryAfter(seconds: number, reason: string): Promise<void>;
}

/** Resolves when the program has ended with status 0. Throws ExitError. */
export type Program = (invocation: Invocation) => Promise<void>;
