/** Filters of datasets. Cloudflare Analytics documentation, "GraphQL Analytics API", "Filtering". */
import { type Dataset, DimensionKind, type Row, type TimeRange } from "./datasets.ts";

/** As the query has it: `{datetime_geq: ..., bucketName: ..., OR: [...]}`. */
export type Filter = Record<string, unknown>;

export const OPERATORS = ["gt", "lt", "geq", "leq", "neq", "in", "notin"] as const;
const DAY = 86_400_000;
/** Of the times in queries. */
const SECOND = 1000;

type Comparable = number | string;

/** What keeps a row: its dimensions must fit. Throws TypeError on a time that is none. */
export function rowTest({ dimensions }: Pick<Dataset, "dimensions">, filter: Filter): (row: Row) => boolean {
  const tests = Object.entries(filter).map(([key, wanted]): ((row: Row) => boolean) => {
    if (key === "AND" || key === "OR") {
      const parts = (wanted as Filter[]).map((part) => rowTest({ dimensions }, part));
      return (row) => (key === "AND" ? parts.every((part) => part(row)) : parts.some((part) => part(row)));
    }
    const [name = "", operator = "eq"] = key.split("_");
    const kind = dimensions[name] ?? DimensionKind.text;
    const values = (Array.isArray(wanted) ? wanted : [wanted]).map((value) => comparable(kind, value));
    return (row) => compare(operator, comparable(kind, row.dimensions[name]), values);
  });
  return (row) => tests.every((test) => test(row));
}

function comparable(kind: DimensionKind, value: unknown): Comparable {
  return kind === DimensionKind.time ? milliseconds(value) : String(value);
}

function milliseconds(value: unknown): number {
  const time = Date.parse(String(value));
  if (Number.isNaN(time)) throw new TypeError(`error parsing args: ${String(value)} is no time`);
  return time;
}

function compare(operator: string, actual: Comparable, wanted: readonly Comparable[]): boolean {
  const [first = ""] = wanted;
  switch (operator) {
    case "gt":
      return actual > first;
    case "lt":
      return actual < first;
    case "geq":
      return actual >= first;
    case "leq":
      return actual <= first;
    case "neq":
    case "notin":
      return !wanted.includes(actual);
    case "like":
      return likeness(String(first)).test(String(actual));
    default:
      return wanted.includes(actual);
  }
}

/** `%` stands for any text. */
function likeness(pattern: string): RegExp {
  const parts = pattern.split("%").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s");
}

/** The times that a filter lets through; no start when it names none. Throws TypeError on a time that is none. */
export function timeRange(filter: Filter, now: number): Partial<Pick<TimeRange, "start">> & { end: number } {
  const starts: number[] = [];
  const ends: number[] = [now];
  for (const [key, wanted] of Object.entries(filter)) {
    if (key === "AND") {
      for (const part of wanted as Filter[]) {
        const { start, end } = timeRange(part, now);
        if (start !== undefined) starts.push(start);
        ends.push(end);
      }
      continue;
    }
    const [, name, operator] = /^(date|datetime|datetimeHour)(?:_(gt|geq|lt|leq))?$/.exec(key) ?? [];
    if (name === undefined) continue;
    const time = milliseconds(wanted);
    const length = name === "date" ? DAY : SECOND;
    if (operator === undefined) {
      starts.push(time);
      ends.push(time + length);
    } else if (operator === "gt" || operator === "geq") starts.push(operator === "gt" ? time + length : time);
    else ends.push(operator === "lt" ? time : time + length);
  }
  return { ...(starts.length > 0 && { start: Math.max(...starts) }), end: Math.min(...ends) };
}
