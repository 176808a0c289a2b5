/**
 * Finds what looks like a key or a token in a text: long runs of characters that change between letters and digits far more
 * often than words, names and versions do.
 */

/** Characters of base64, base64url and hexadecimal digits. */
const RUN = /[A-Za-z0-9+/_-]{24,}={0,2}/g;

/** Pairs of neighbours within a run, below which nothing can be said. */
const FEWEST_PAIRS = 16;

/** Part of the pairs that change: below 0.1 in names, above 0.3 in most keys. */
const CHANGING = 0.18;

/** Bits per character of a run in which capitals and small letters are mixed: below 4.2 in names of 32 characters. */
const MIXED_BITS = 4.3;
const MIXED_LENGTH = 32;

/** Part of a run that are neither letters nor digits: more in paths, whose parts are words. */
const DIVIDING = 0.12;

/** Bits per character: fewer in what repeats itself. */
const FEWEST_BITS = 2.5;

/**
 * Long and no secrets: UUIDs, ids of AWS resources, the digest of a container image. Amazon EC2 documentation, "Resource
 * IDs"; OCI image specification, "Digests".
 */
const IDENTIFIERS = [
  /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi,
  /\b[a-z]{1,10}-[0-9a-f]{17}\b/g,
  /@sha256:[0-9a-f]{64}\b/g,
];

export interface RandomPart {
  text: string;
  /** Where it begins. */
  index: number;
}

/** @param known values that are no secrets although they look random. */
export function randomParts(text: string, known: readonly string[] = []): RandomPart[] {
  const blanked = IDENTIFIERS.reduce((rest, pattern) => rest.replace(pattern, blanks), text);
  const unknown = known.reduce(
    (rest, value) => (value === "" ? rest : rest.replaceAll(value, blanks)),
    blanked,
  );
  return [...unknown.matchAll(RUN)].flatMap(({ 0: run, index }) =>
    looksRandom(run) ? [{ text: run, index }] : [],
  );
}

/** Nothing else moves. */
const blanks = (match: string) => " ".repeat(match.length);

const Kind = { Lower: 0, Upper: 1, Digit: 2, Other: 3 } as const;
type Kind = (typeof Kind)[keyof typeof Kind];

function kindOf(character: string): Kind {
  if (/[a-z]/.test(character)) return Kind.Lower;
  if (/[A-Z]/.test(character)) return Kind.Upper;
  return /\d/.test(character) ? Kind.Digit : Kind.Other;
}

function looksRandom(run: string): boolean {
  const kinds = Array.from(run, kindOf);
  let pairs = 0;
  let changes = 0;
  for (const [index, kind] of kinds.entries()) {
    const before = kinds[index - 1];
    if (before === undefined || before === Kind.Other || kind === Kind.Other) continue;
    pairs += 1;
    // A capital before a small letter is how a word begins.
    if (before !== kind && !(before === Kind.Upper && kind === Kind.Lower)) changes += 1;
  }
  const bits = bitsPerCharacter(run);
  if (pairs < FEWEST_PAIRS || bits < FEWEST_BITS) return false;
  const digits = kinds.filter((kind) => kind === Kind.Digit).length;
  if (digits >= 2 && digits < kinds.length && changes / pairs >= CHANGING) return true;
  const isMixed = kinds.includes(Kind.Lower) && kinds.includes(Kind.Upper);
  const others = kinds.filter((kind) => kind === Kind.Other).length;
  return (
    isMixed && run.length - others >= MIXED_LENGTH && others / run.length < DIVIDING && bits >= MIXED_BITS
  );
}

/** Shannon's entropy of the characters. */
function bitsPerCharacter(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
