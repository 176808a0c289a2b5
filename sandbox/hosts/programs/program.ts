/** What a service executes. */
import type { Account } from "../account.ts";
import type { Machine } from "../machine.ts";

/** Why a process or its start ended, in systemd's classes. */
export const Failure = {
  exitCode: "exit-code",
  timeout: "timeout",
  /** The process could not be made at all. */
  resources: "resources",
} as const;
export type Failure = (typeof Failure)[keyof typeof Failure];

/** A program ended with another status than 0. The message is its last line, without secrets. */
export class ExitError extends Error {
  readonly failure: Failure;

  constructor(reason: string, failure: Failure = Failure.exitCode) {
    super(reason);
    this.name = "ExitError";
    this.failure = failure;
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
  /** The unit that runs it. */
  unit: string;
  arguments: readonly string[];
  environment: Readonly<Record<string, string>>;
  account: Account;
  umask: number;
  /** True when the program was running before the sandbox was last stopped: it goes on, it does not start. */
  resumed: boolean;
  /** Why the unit keeps the program from an IPv4 block, if it does. */
  networkProblem(cidrBlock: string): string | undefined;
  /** Whether the unit lets the program write below a path; rights of files apply as well. */
  mayWrite(path: string): boolean;
  /** Aborted with a StopReason. */
  signal: AbortSignal;
  /** Standard output: a line of the host's journal. Never a secret. */
  log(line: string): void;
  /** sd_notify(READY=1): the service is up. */
  ready(): void;
  /** Something is wrong that may pass: tells whoever looks at the host. */
  trouble(reason: string): void;
  /** Waits that many seconds of the host. */
  sleep(seconds: number): Promise<void>;
  /** The program has read the time: another run would not be the same. */
  readClock(): void;
  /** The program has seen this revision of an SSM parameter. */
  saw(parameter: string, revision: string): void;
}

/** Resolves when the program has ended with status 0. Throws ExitError. */
export type Program = (invocation: Invocation) => Promise<void>;
