/** Makes the generated OpenAPI document as exact as the service is. */

type Json = unknown;

/** A regular expression of JavaScript with flags, as the generator writes it, where JSON Schema has none. */
const FLAGS = /^(.*)\/[a-z]+$/s;
/** Not every language's expressions know classes of Unicode. */
const CONTROL_CLASS = "\\p{Cc}";
const CONTROL_RANGES = "\\x00-\\x1f\\x7f-\\x9f";

function pattern(value: string): string {
  return value.replace(FLAGS, "$1").replaceAll(CONTROL_CLASS, CONTROL_RANGES);
}

/** Results are parsed by their schemas before they are sent, so nothing is in them that the schema does not name. */
function closed(value: Record<string, Json>): Record<string, Json> {
  const isObject =
    value["type"] === "object" || (Array.isArray(value["type"]) && value["type"].includes("object"));
  return isObject && "properties" in value ? { additionalProperties: false, ...value } : value;
}

/** @param value a part of the document outside examples, which stay as they are. */
export function finishDocument(value: Json): Json {
  if (Array.isArray(value)) return value.map(finishDocument);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(closed({ ...value })).map(([key, child]) => {
    if (key === "example" || key === "examples") return [key, child];
    if (key === "pattern" && typeof child === "string") return [key, pattern(child)];
    return [key, finishDocument(child)];
  });
  return Object.fromEntries(entries);
}
