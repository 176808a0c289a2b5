/** What stands between an operation and the record: only known keys, no long texts, no control characters. */
import { AuditError, type AuditRecord, auditRecordSchema, LONGEST_TEXT, MOST_ITEMS } from "./audit.ts";

/** Line breaks, escapes of terminals, and characters that turn the direction of writing. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * The record as it is kept: long texts and lists cut, control characters written out as `\u000a`, so that no value can
 * pass for another record, wherever it is shown.
 *
 * @throws AuditError naming the keys that a record may not have, never their values.
 */
export function checkRecord(record: AuditRecord): AuditRecord {
  const { success, data, error } = auditRecordSchema.safeParse(bounded(record, true));
  if (success) return data;
  const keys = error.issues.map((issue) =>
    [...issue.path, issue.code === "unrecognized_keys" ? `{${issue.keys.join(", ")}}` : ""]
      .filter((part) => part !== "")
      .join("."),
  );
  throw new AuditError(
    `The audit record of ${JSON.stringify(record.operation)} is refused for: ${keys.join("; ")}`,
  );
}

/** @param isTop the list of tenants is kept whole. */
function bounded(value: unknown, isTop: boolean): unknown {
  if (typeof value === "string") return boundedText(value);
  if (Array.isArray(value)) {
    const items = isTop || value.length <= MOST_ITEMS ? value : value.slice(0, MOST_ITEMS - 1);
    const more = value.length - items.length;
    return [...items.map((item) => bounded(item, false)), ...(more > 0 ? [`… and ${more} more`] : [])];
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, bounded(inner, isTop && key === "tenants")]),
  );
}

function boundedText(text: string): string {
  const escaped = text
    .slice(0, LONGEST_TEXT)
    .replaceAll(CONTROLS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const isCut = text.length > LONGEST_TEXT || escaped.length > LONGEST_TEXT;
  return isCut ? `${escaped.slice(0, LONGEST_TEXT - 1)}…` : escaped;
}
