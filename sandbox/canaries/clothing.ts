/** The forms in which a secret can stand in a text. */

export interface Clothed {
  /** For example `base64`. */
  clothing: string;
  text: string;
}

/** As few characters as a form may have: what is shorter can be there by chance. */
export const SHORTEST = 16;

const toUrlAlphabet = (text: string) => text.replaceAll("+", "-").replaceAll("/", "_");

/**
 * What base64 of any text that contains the secret contains, by where the secret begins in it: the characters that depend
 * on the secret alone.
 */
function base64Parts(value: string): string[] {
  return [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)]);
    const [first, end] = [Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6)];
    return bytes.toString("base64").slice(first, end);
  });
}

/** Plain, escaped as in JSON and in a URL, base64 at each alignment in both alphabets, hexadecimal; each once. */
export function clothe(value: string): Clothed[] {
  const hex = Buffer.from(value).toString("hex");
  const base64 = base64Parts(value);
  const forms: [clothing: string, text: string][] = [
    ["plain", value],
    ["JSON", JSON.stringify(value).slice(1, -1)],
    ["URL-encoded", encodeURIComponent(value)],
    ...base64.map((text): [string, string] => ["base64", text]),
    ...base64.map((text): [string, string] => ["base64url", toUrlAlphabet(text)]),
    ["hexadecimal", hex],
    ["hexadecimal", hex.toUpperCase()],
  ];
  const seen = new Map(forms.toReversed().map(([clothing, text]) => [text, clothing]));
  return [...seen]
    .map(([text, clothing]) => ({ clothing, text }))
    .filter(({ text }) => text.length >= SHORTEST);
}
