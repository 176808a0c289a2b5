/** Asks a person before something is changed. */
import { createInterface } from "node:readline/promises";
import type { Surroundings } from "./surroundings.ts";

/** Somebody who can be asked: what is printed to stdout may go elsewhere meanwhile. */
export function hasPerson({ stdin, stderr }: Surroundings): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

/** The answer, without spaces around it; empty at the end of input. @throws the signal's reason when it is aborted. */
async function ask(question: string, { stdin, stderr }: Surroundings, signal: AbortSignal): Promise<string> {
  stderr.write(question);
  // The terminal itself edits the line, so that Ctrl-C stays the interrupt of this process.
  const lines = createInterface({ input: stdin, terminal: false });
  try {
    const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
    return (await Promise.race([lines.question("", { signal }), ended])).trim();
  } finally {
    lines.close();
  }
}

export async function confirm(
  question: string,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<boolean> {
  return /^y(es)?$/i.test(await ask(`${question} [y/N] `, surroundings, signal));
}

/** For what cannot be undone. */
export async function confirmByName(
  question: string,
  name: string,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<boolean> {
  return (await ask(`${question} Type ${name} to go on: `, surroundings, signal)) === name;
}
