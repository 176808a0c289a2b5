/** The texts of a host's user data, whatever they are packed in. */
import { gunzipSync } from "node:zlib";

export interface FoundText {
  /** What it is packed in: the lines to follow from the outside in. Empty for the user data itself. */
  lines: readonly number[];
  text: string;
}

/** Packings within packings that are opened; what is deeper is looked at as it is. */
const DEPTH = 5;

/** What a packing may hold at most, in bytes: more than all user data. */
const LARGEST = 2 ** 20;

const BASE64 = /[A-Za-z0-9+/]{24,}={0,2}/g;
const BASE64_WHOLE = /^[A-Za-z0-9+/\s]{24,}(?:=\s*){0,2}$/;

/** ASCII with tabs and ends of lines: what scripts and settings are made of. */
const READABLE = /^[\t\n\r\x20-\x7e]*$/;

/** Of a file in the gzip format, RFC 1952. */
const [MAGIC_1, MAGIC_2] = [0x1f, 0x8b];

/** The number of the line, from 1. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

/** The text itself, without what is packed in it, and each of the packed texts: in base64, zipped or not. */
export function textsIn(userData: string): FoundText[] {
  return open(userData, [], DEPTH);
}

function open(text: string, lines: readonly number[], depth: number): FoundText[] {
  if (depth === 0) return [{ lines, text }];
  const whole = BASE64_WHOLE.test(text) ? unpacked(text) : undefined;
  if (whole !== undefined) return open(whole, lines, depth - 1);
  const packed: FoundText[] = [];
  const rest = text.replace(BASE64, (match, index: number) => {
    const content = unpacked(match);
    if (content === undefined) return match;
    packed.push(...open(content, [...lines, lineAt(text, index)], depth - 1));
    return " ".repeat(match.length);
  });
  return [{ lines, text: rest }, ...packed];
}

/** Undefined for what is no packed text. */
function unpacked(packed: string): string | undefined {
  const bytes = Buffer.from(packed, "base64");
  const isZipped = bytes[0] === MAGIC_1 && bytes[1] === MAGIC_2;
  try {
    const text = (isZipped ? gunzipSync(bytes, { maxOutputLength: LARGEST }) : bytes).toString("utf8");
    return isZipped || READABLE.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
