/**
 * What `--query` and `--output text` of the AWS command line make of an answer. Only the queries of the host's own
 * scripts are known. AWS CLI documentation, "Text output format".
 */
import type { GetParameterCommandOutput, GetParametersCommandOutput } from "@aws-sdk/client-ssm";

type Answer = Partial<GetParametersCommandOutput & GetParameterCommandOutput>;

const QUERIES: Record<string, (answer: Answer) => unknown> = {
  "Parameter.Value": ({ Parameter }) => Parameter?.Value,
  "Parameters[].[Name, Version, LastModifiedDate, Type=='String' && Value || '-']": ({ Parameters }) =>
    Parameters?.map(({ Name, Version, LastModifiedDate, Type, Value }) => [
      Name,
      Version,
      LastModifiedDate,
      (Type === "String" && Value) || "-",
    ]),
};

export function isKnownQuery(query: string): boolean {
  return Object.hasOwn(QUERIES, query);
}

/** ISO 8601 as Python writes it: six digits of a second, or none. */
function timestamp(date: Date): string {
  const fraction = date.getUTCMilliseconds() === 0 ? "" : `.${date.toISOString().slice(20, 23)}000`;
  return `${date.toISOString().slice(0, 19)}${fraction}+00:00`;
}

function scalar(value: unknown): string {
  if (value instanceof Date) return timestamp(value);
  return value === undefined || value === null ? "None" : String(value);
}

/** A list of lists is one line for each; a list or the values of an object are one line; null is `None`. */
export function formatText(value: unknown): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return "";
    if (value.some((item) => typeof item === "object" && item !== null && !(item instanceof Date)))
      return value.map(formatText).join("");
    return `${value.map(scalar).join("\t")}\n`;
  }
  if (typeof value === "object" && value !== null && !(value instanceof Date)) {
    const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
    return formatText(entries.map(([, one]) => one));
  }
  return `${scalar(value)}\n`;
}

/** @param query one that is known. Default: the whole answer. */
export function textOf(answer: object, query: string | undefined): string {
  if (query !== undefined) return formatText(QUERIES[query]?.(answer));
  const { $metadata: _metadata, ...rest } = answer as { $metadata?: unknown };
  return formatText(rest);
}
