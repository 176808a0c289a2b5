/** Times that Check refuses, with the texts of the Go parser behind the real provider. */
import type { CheckFailure } from "../resourceType.ts";

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** Why Go does not take this as an RFC 3339 time; `undefined` when it does. */
function parseProblem(text: string): string | undefined {
  const quoted = JSON.stringify(text);
  const month = Number(/^\d{4}-(\d{2})/.exec(text)?.[1]);
  if (month === 0 || month > 12) return `parsing time ${quoted}: month out of range`;
  const match = RFC3339.exec(text);
  if (match === null) {
    const rest = /^\d{4}-\d{2}-\d{2}/.test(text) ? [text.slice(10), "T"] : [text, "2006"];
    return `parsing time ${quoted} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(rest[0])} as "${rest[1]}"`;
  }
  const [year, day, hour, minute, second] = [1, 3, 4, 5, 6].map((group) => Number(match[group]));
  const days = new Date(Date.UTC(Number(year), month, 0)).getUTCDate();
  if (day === undefined || day < 1 || day > days) return `parsing time ${quoted}: day out of range`;
  if (Number(hour) > 23) return `parsing time ${quoted}: hour out of range`;
  if (Number(minute) > 59) return `parsing time ${quoted}: minute out of range`;
  return Number(second) > 59 ? `parsing time ${quoted}: second out of range` : undefined;
}

/** The refusal of a time at `path` of the resource `name`, as a list to spread. */
export function timeFailures(value: unknown, path: string, name: string): CheckFailure[] {
  if (typeof value !== "string") return [];
  const problem = parseProblem(value);
  if (problem === undefined) return [];
  const reason =
    "Invalid RFC3339 String Value. A string value was provided that is not valid RFC3339 string format.\n\n" +
    `Given Value: ${value}\nError: ${problem}. Examine values at '${name}.${path}'.`;
  return [{ property: "", reason }];
}
