/** Results of operations for people: single values as lines, lists of things as tables. */
import prettyMilliseconds from "pretty-ms";
import { printableLine } from "../../naming/printable.ts";
import type { OperationName } from "../../operations/contract.ts";
import type { Colours } from "../globalOptions.ts";
import { table } from "./table.ts";

/** Columns of a table that would be too wide with all; `--json` has all. */
const COLUMNS: { [N in OperationName]?: Readonly<Record<string, readonly string[]>> } = {
  list: {
    tenants: [
      "tenant",
      "stack",
      "displayName",
      "state",
      "condition",
      "hostname",
      "bucket",
      "lastHealthCheck",
    ],
  },
  status: { connectors: ["id", "version", "originAddress", "openedAt", "uptimeSeconds", "connections"] },
  history: {
    updates: ["stack", "version", "kind", "message", "result", "startedAt", "changes"],
    audit: ["time", "actor", "operation", "tenants", "outcome", "errorCode"],
  },
};

const NOTHING = "-";
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/;

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** `lastHealthCheck` as people write it: `last health check`. */
function title(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function timeText(time: string, now: number): string {
  const age = now - Date.parse(time);
  const distance = prettyMilliseconds(Math.abs(age), { compact: true });
  return `${time.slice(0, 19).replace("T", " ")} UTC (${age < 0 ? `in ${distance}` : `${distance} ago`})`;
}

function valueText(field: string, value: unknown, now: number): string {
  if (value === null || value === undefined || value === "") return NOTHING;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") {
    return field.endsWith("Seconds") ? prettyMilliseconds(value * 1000) : value.toLocaleString("en");
  }
  if (Array.isArray(value)) return value.map((item) => valueText(field, item, now)).join(", ") || NOTHING;
  if (isFields(value)) {
    const parts = Object.entries(value).map(([name, part]) => `${title(name)} ${valueText(name, part, now)}`);
    return parts.join(", ") || NOTHING;
  }
  const text = String(value);
  return TIME.test(text) ? timeText(text, now) : text;
}

/** The stack is named in the answers of an environment alone. */
const isThere =
  (rows: readonly Fields[]) =>
  (column: string): boolean =>
    rows.some((row) => column in row);

const CONDITION_COLOURS: Readonly<Record<string, "green" | "yellow" | "red">> = {
  Ready: "green",
  Degraded: "yellow",
  Error: "red",
};

function coloured(text: string, colours: Colours): string {
  const colour = CONDITION_COLOURS[text];
  return colour === undefined ? text : colours[colour](text);
}

function listText(
  rows: readonly Fields[],
  columns: readonly string[],
  colours: Colours,
  now: number,
): string {
  const cells = rows.map((row) => columns.map((column) => valueText(column, row[column], now)));
  return table(columns.map(title), cells, colours);
}

/** @param result with its secrets hidden already, unless they are to be shown. @param now in milliseconds. */
export function resultText(name: OperationName, result: object, colours: Colours, now: number): string {
  const single: [string, string][] = [];
  const lists: string[] = [];
  for (const [field, value] of Object.entries(result)) {
    const rows: unknown[] = Array.isArray(value) ? value : [];
    const things = rows.filter(isFields);
    const [first] = things;
    if (first !== undefined) {
      const columns = (COLUMNS[name]?.[field] ?? Object.keys(first)).filter(isThere(things));
      lists.push(`${colours.bold(title(field))}\n${listText(things, columns, colours, now)}`);
    } else single.push([title(field), printableLine(valueText(field, value, now))]);
  }
  const width = Math.max(0, ...single.map(([label]) => label.length));
  const lines = single.map(
    ([label, text]) => `${colours.dim(label.padEnd(width))}  ${coloured(text, colours)}`,
  );
  return [...(lines.length > 0 ? [lines.join("\n")] : []), ...lists].join("\n\n");
}
