/** Ctrl-C: the first stops at the next safe point, the second at once. */
import { ExitCode } from "./exitCodes.ts";

const INTERRUPTS = ["SIGINT", "SIGTERM"] as const;

/**
 * One Ctrl-C arrives several times: from the terminal, and again from npm or npx, which pass it on. What follows within
 * this many milliseconds is the same one.
 */
const SAME_INTERRUPT = 500;

/** As much of the process as is needed here. */
export interface Interruptible {
  on(signal: (typeof INTERRUPTS)[number], listener: () => void): unknown;
  off(signal: (typeof INTERRUPTS)[number], listener: () => void): unknown;
  exit(code: number): unknown;
}

export interface Interrupts {
  /** Aborted by the first interrupt. */
  readonly signal: AbortSignal;
  /**
   * Does nothing about interrupts any more: something else in this process does. They do not go back to Node, which would
   * end the process at a repetition of the one that is being dealt with.
   */
  leave(): void;
  /** Leaves interrupts to Node again. */
  close(): void;
}

/** @param now in milliseconds. */
export function listenForInterrupts(
  process: Interruptible,
  say: (text: string) => void,
  now: () => number = () => performance.now(),
): Interrupts {
  const controller = new AbortController();
  let last = Number.NEGATIVE_INFINITY;
  let left = false;
  const interrupt = () => {
    if (left) return;
    const time = now();
    if (time - last < SAME_INTERRUPT) return;
    last = time;
    if (controller.signal.aborted) {
      process.exit(ExitCode.interrupted);
      return;
    }
    say(
      "\nStopping: the engine finishes what is under way, and the same command goes on later. Interrupt once more to end at once.\n",
    );
    controller.abort();
  };
  for (const name of INTERRUPTS) process.on(name, interrupt);
  return {
    signal: controller.signal,
    leave() {
      left = true;
    },
    close() {
      for (const name of INTERRUPTS) process.off(name, interrupt);
    },
  };
}
