/**
 * Finds any of thousands of patterns in one pass over a text.
 *
 * Only every eighth place of the text is looked at: a pattern of 15 bytes or more has eight windows of eight bytes, one
 * after another, of which one lies at such a place wherever the pattern does.
 */

const WINDOW = 8;
const SHORTEST_PATTERN = 2 * WINDOW - 1;
/** A small table, which stays in the processor's cache, tells most windows apart from those of patterns. */
const FILTER_BITS = 18;

interface Window<T> {
  bytes: Buffer;
  /** Where in the pattern the window begins. */
  offset: number;
  found: T;
}

const hash = (low: number, high: number) => Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b) >>> 0;

export class PatternSearch<T> {
  readonly #windows = new Map<number, Window<T>[]>();
  readonly #filter = new Uint8Array(1 << FILTER_BITS);

  /** @throws RangeError for a pattern of less than 15 bytes. */
  add(text: string, found: T): void {
    const bytes = Buffer.from(text);
    if (bytes.length < SHORTEST_PATTERN) {
      throw new RangeError(`a pattern must have ${SHORTEST_PATTERN} bytes at least`);
    }
    // The end of a secret is its own, where its beginning may be that of many.
    for (let offset = bytes.length - SHORTEST_PATTERN; offset <= bytes.length - WINDOW; offset += 1) {
      const key = hash(bytes.readInt32LE(offset), bytes.readInt32LE(offset + WINDOW / 2));
      const same = this.#windows.get(key);
      if (same === undefined) this.#windows.set(key, [{ bytes, offset, found }]);
      else same.push({ bytes, offset, found });
      this.#filter[key >>> (32 - FILTER_BITS)] = 1;
    }
  }

  /** What was found, each once. */
  find(text: Uint8Array): Set<T> {
    const found = new Set<T>();
    // A copy, because words have to lie at even places.
    const copy = Buffer.from(new Uint8Array(text).buffer);
    const words = new Int32Array(copy.buffer, 0, Math.floor(copy.length / 4));
    for (let word = 0; word + 1 < words.length; word += 2) {
      const key = hash(words[word] ?? 0, words[word + 1] ?? 0);
      if (this.#filter[key >>> (32 - FILTER_BITS)] === 0) continue;
      for (const { bytes, offset, found: one } of this.#windows.get(key) ?? []) {
        const start = word * 4 - offset;
        if (start < 0 || start + bytes.length > copy.length) continue;
        if (bytes.compare(copy, start, start + bytes.length) === 0) found.add(one);
      }
    }
    return found;
  }
}
