/** What `--query` and `--output text` of the AWS command line make of an answer. AWS CLI documentation, "Text output format". */
import jmespath from "jmespath";

/** @throws Error, in the command line's words, when it is no query. */
export function checkQuery(query: string): void {
  try {
    jmespath.search({}, query);
  } catch (error) {
    throw new Error(`error: Bad value for --query ${query}: Bad jmespath expression`, { cause: error });
  }
}

/** ISO 8601 as Python writes it: six digits of a second, or none. */
function timestamp(date: Date): string {
  const fraction = date.getUTCMilliseconds() === 0 ? "" : `.${date.toISOString().slice(20, 23)}000`;
  return `${date.toISOString().slice(0, 19)}${fraction}+00:00`;
}

/** The answer as the command line has it when it comes to the query. */
function plain(value: unknown): unknown {
  if (value instanceof Date) return timestamp(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}

function scalar(value: unknown): string {
  return value === undefined || value === null ? "None" : String(value);
}

/** A list of lists is one line for each; a list or the values of an object are one line; null is `None`. */
export function formatText(value: unknown): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return "";
    if (value.some((item) => typeof item === "object" && item !== null))
      return value.map(formatText).join("");
    return `${value.map(scalar).join("\t")}\n`;
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
    return formatText(entries.map(([, one]) => one));
  }
  return `${scalar(value)}\n`;
}

/** @param query JMESPath. Default: the whole answer. */
export function textOf(answer: object, query: string | undefined): string {
  const { $metadata: _metadata, ...rest } = answer as { $metadata?: unknown };
  const whole = plain(rest);
  return formatText(query === undefined ? whole : jmespath.search(whole, query));
}
