/**
 * Conditional requests of the S3 side: `If-Match`, `If-None-Match`, `If-Modified-Since`, `If-Unmodified-Since`, in the
 * order and with the precedence of RFC 9110, section 13.2.2.
 *
 * Cloudflare R2 documentation, "Conditional operations in PutObject": a write whose condition does not hold is answered
 * 412. That includes `If-Match` for a key that is absent, where Amazon S3 answers 404 (NoSuchKey).
 */
import type { StoredObject } from "./objects.ts";
import { S3Error } from "./s3Error.ts";

export function preconditionFailed(): S3Error {
  return new S3Error(
    "PreconditionFailed",
    412,
    "At least one of the pre-conditions you specified did not hold.",
  );
}

/** Throws PreconditionFailed unless what is there now is what the writer expects. */
export function checkBeforeWriting(headers: Headers, existing: StoredObject | undefined): void {
  if (!isExpected(headers, existing)) throw preconditionFailed();
  if (names(headers, "if-none-match", existing)) throw preconditionFailed();
  if (headers.has("if-none-match")) return;
  const since = seconds(headers.get("if-modified-since"));
  if (since === undefined) return;
  if (existing === undefined || secondsOf(existing) <= since) throw preconditionFailed();
}

/** Whether the reader has the object already (304). Throws PreconditionFailed when it is not the one that is meant. */
export function isUnchanged(headers: Headers, object: StoredObject): boolean {
  if (!isExpected(headers, object)) throw preconditionFailed();
  if (headers.has("if-none-match")) return names(headers, "if-none-match", object);
  const since = seconds(headers.get("if-modified-since"));
  return since !== undefined && secondsOf(object) <= since;
}

function isExpected(headers: Headers, object: StoredObject | undefined): boolean {
  if (headers.has("if-match")) return names(headers, "if-match", object);
  const since = seconds(headers.get("if-unmodified-since"));
  return since === undefined || object === undefined || secondsOf(object) <= since;
}

/** Whether a list of entity tags, or `*`, names the object. Quotes may be left out, as the official clients allow. */
function names(headers: Headers, header: string, object: StoredObject | undefined): boolean {
  const value = headers.get(header);
  if (value === null || object === undefined) return false;
  return value.split(",").some((tag) => {
    const plain = tag.trim().replace(/^W\//, "").replaceAll('"', "");
    return plain === "*" || plain === object.etag;
  });
}

function seconds(date: string | null): number | undefined {
  const time = Date.parse(date ?? "");
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000);
}

function secondsOf({ lastModified }: StoredObject): number {
  return Math.floor(Date.parse(lastModified) / 1000);
}
