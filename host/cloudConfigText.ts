/** A cloud-config document as text, in the YAML 1.1 of cloud-init's parser, PyYAML. */
import { type ScalarTag, stringify } from "yaml";
import type { CloudConfigDocument } from "./cloudConfig.ts";

/** All that PyYAML reads inside of quotes or of a block; the rest it refuses, or takes for the end of a line. */
const PRINTABLE =
  /^[\t\n\x20-\x7e\u{a0}-\u{2027}\u{202a}-\u{d7ff}\u{e000}-\u{fefe}\u{ff00}-\u{fffd}\u{10000}-\u{10ffff}]*$/u;

/** PyYAML knows `=` and `<<` as values of their own kinds, and no tab in a text without quotes. */
const NEEDS_QUOTES = /^(?:=|<<)$|^[^\n\t]*\t[^\n]*$|^\s.*\n/s;

function codePoint(character: string): string {
  return `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, "0")}`;
}

/** Goes before the library's own tags, and is for no text that is read. */
const WRITTEN_ONLY = { default: true, test: /(?!)/ } as const;

const text: ScalarTag = {
  ...WRITTEN_ONLY,
  tag: "tag:yaml.org,2002:str",
  identify: (value) => typeof value === "string" && (!PRINTABLE.test(value) || NEEDS_QUOTES.test(value)),
  resolve: (value) => value,
  stringify: ({ value }) => JSON.stringify(value).replaceAll(/[^\x20-\x7e]/gu, codePoint),
};

/** JavaScript writes 5e-7; PyYAML takes for a number only what has a point: 5.0e-7. */
const POINTLESS = /^(-?\d+)e/;

const number: ScalarTag = {
  ...WRITTEN_ONLY,
  tag: "tag:yaml.org,2002:float",
  identify: (value) => typeof value === "number" && POINTLESS.test(String(value)),
  resolve: Number,
  stringify: ({ value }) => String(value).replace(POINTLESS, "$1.0e"),
};

/** The same document always gives the same text. */
export function cloudConfigText(document: CloudConfigDocument): string {
  const yaml = stringify(document, {
    indentSeq: false,
    lineWidth: 0,
    version: "1.1",
    customTags: (tags) => [text, number, ...tags],
  });
  return `#cloud-config\n${yaml}`;
}
