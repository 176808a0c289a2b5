/** Text that came from outside, made harmless for a terminal and for a line of a log. */

/**
 * Control characters, which could move the cursor or clear the screen, and marks that reverse the direction of text,
 * which could make one name look like another. Unicode Standard Annex 9, "Directional Formatting Characters".
 */
const DANGEROUS = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

const escaped = (character: string) =>
  `\\u{${(character.codePointAt(0) ?? 0).toString(16).padStart(2, "0")}}`;

/** One line: also line ends and tabs are escaped. */
export function printableLine(text: string): string {
  return text.replace(DANGEROUS, escaped);
}

/** Line ends stay. */
export function printable(text: string): string {
  return text.split("\n").map(printableLine).join("\n");
}
