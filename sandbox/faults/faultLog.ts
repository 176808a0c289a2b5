/** The file that says which faults a command met: a line of JSON for each. */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { Faults } from "./faults.ts";

export class FaultLog {
  readonly #file: string;
  #count = 0;

  constructor(faults: Faults, folder: string) {
    this.#file = join(folder, "faults.jsonl");
    faults.onInjected = (fault) => {
      this.#count += 1;
      appendFileSync(this.#file, `${JSON.stringify(fault)}\n`);
    };
  }

  /** For people, at the end of a command. */
  summary(): string {
    const injected = this.#count === 1 ? "1 fault was injected" : `${this.#count} faults were injected`;
    return `${injected}; ${this.#file} says where.`;
  }
}
