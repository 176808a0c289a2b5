/** New values as YAML text. */
import { stringify, type ToStringOptions } from "yaml";

const OPTIONS = {
  lineWidth: 0,
  // One line per text, whatever is in it.
  blockQuote: false,
  doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
  // Go's reader, which is Pulumi's, takes a plain 2026-11-22 for a time and 1_000 for a number, as YAML 1.1 does.
  compat: "yaml-1.1",
  aliasDuplicateObjects: false,
} as const satisfies ToStringOptions & Record<string, unknown>;

/** In block style: one string per line, without its end. */
export function renderLines(value: unknown, indentSeq: boolean): string[] {
  return withoutEnd(stringify(value, { ...OPTIONS, indentSeq })).split("\n");
}

/** On one line; what the library spreads over several, as a text with line breaks in it, is written as JSON. */
export function renderInline(value: unknown, json: boolean): string {
  if (json) return JSON.stringify(value);
  const text = withoutEnd(stringify(value, { ...OPTIONS, collectionStyle: "flow" }));
  return text.includes("\n") ? JSON.stringify(value) : text;
}

/** Other kinds of space belong to a value, at its end too. */
function withoutEnd(text: string): string {
  return text.replace(/\n$/, "");
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is written on the line of its key: no collection, or one without content. */
export function isInline(value: unknown): boolean {
  return typeof value !== "object" || value === null || Object.keys(value).length === 0;
}
