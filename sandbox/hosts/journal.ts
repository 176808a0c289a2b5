/** The newest lines of a host's log. */

const CAPACITY = 200;

export class Journal {
  #lines: string[];

  constructor(lines: readonly string[] = []) {
    this.#lines = [...lines];
  }

  get lines(): string[] {
    return [...this.#lines];
  }

  append(line: string): void {
    this.#lines = [...this.#lines, line].slice(-CAPACITY);
  }
}
