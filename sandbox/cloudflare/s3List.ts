import type { Objects } from "./objects.ts";
import { S3Error, xmlResponse } from "./s3Error.ts";
import type { ObjectRequest } from "./s3Operations.ts";

const MOST_KEYS = 1000;

/** One page of a listing: keys, and with a delimiter the common prefixes in their place. */
export function listObjects(objects: Objects, { bucket, query }: ObjectRequest): Response {
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const maxKeys = Math.min(Number(query.get("max-keys") ?? MOST_KEYS), MOST_KEYS);
  if (!Number.isInteger(maxKeys) || maxKeys < 0)
    throw new S3Error("InvalidMaxKeys", 400, "MaxKeys is not valid");
  const token = query.get("continuation-token");
  const after =
    token === null ? (query.get("start-after") ?? "") : Buffer.from(token, "base64url").toString("utf8");
  const encode = query.get("encoding-type") === "url" ? encodeURIComponent : (text: string) => text;

  const contents: object[] = [];
  const prefixes: string[] = [];
  let last = "";
  let truncated = false;
  for (const object of objects.list(bucket, prefix)) {
    const cut = delimiter === "" ? -1 : object.key.indexOf(delimiter, prefix.length);
    const common = cut < 0 ? undefined : object.key.slice(0, cut + delimiter.length);
    const entry = common ?? object.key;
    const passed = Buffer.compare(Buffer.from(entry), Buffer.from(after)) <= 0;
    if (passed || (common !== undefined && prefixes.at(-1) === common)) continue;
    if (contents.length + prefixes.length >= maxKeys) {
      truncated = true;
      break;
    }
    last = entry;
    if (common !== undefined) prefixes.push(common);
    else {
      contents.push({
        Key: encode(object.key),
        LastModified: object.lastModified,
        ETag: `"${object.etag}"`,
        Size: object.size,
        StorageClass: "STANDARD",
      });
    }
  }
  return xmlResponse("ListBucketResult", {
    Name: bucket.name,
    Prefix: encode(prefix),
    ...(delimiter === "" ? {} : { Delimiter: encode(delimiter) }),
    MaxKeys: maxKeys,
    KeyCount: contents.length + prefixes.length,
    IsTruncated: truncated,
    ...(truncated ? { NextContinuationToken: Buffer.from(last).toString("base64url") } : {}),
    Contents: contents,
    CommonPrefixes: prefixes.map((common) => ({ Prefix: encode(common) })),
  });
}
