/** What the command has around it: a process has its own, a test brings others. */
import type { Operations } from "../operations/contract.ts";

/** As much of a stream as is written to. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** What a command works on. */
export type Target = { readonly stack: string } | { readonly environment: string };

export type OpenOptions = Target & {
  /** The project's folder. */
  directory: string;
  actor: string;
  surface: "cli" | "service";
};

export interface Surroundings {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: NodeJS.ProcessEnv;
  /** Where the command was started. */
  readonly directory: string;
  /** Aborted by the first interrupt. */
  readonly signal: AbortSignal;
  /** From now on the command deals with interrupts itself. */
  leaveInterrupts(): void;
  open(options: OpenOptions): Promise<Operations>;
}
