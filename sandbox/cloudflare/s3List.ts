import { compareText, type Objects } from "./objects.ts";
import { S3Error, xmlResponse } from "./s3Error.ts";
import type { ObjectRequest } from "./s3Operations.ts";

/** Of keys, and of uploads. */
const MOST_ENTRIES = 1000;

/** The parameter that bounds a page. Throws S3Error. */
function pageSize(query: URLSearchParams, name: string, error: { code: string; message: string }): number {
  const size = Math.min(Number(query.get(name) ?? MOST_ENTRIES), MOST_ENTRIES);
  if (!Number.isInteger(size) || size < 0) throw new S3Error(error.code, 400, error.message);
  return size;
}

function encoder(query: URLSearchParams): (text: string) => string {
  return query.get("encoding-type") === "url" ? encodeURIComponent : (text) => text;
}

/** One page of a listing: keys, and with a delimiter the common prefixes in their place. */
export function listObjects(objects: Objects, { bucket, query }: ObjectRequest): Response {
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const maxKeys = pageSize(query, "max-keys", { code: "InvalidMaxKeys", message: "MaxKeys is not valid" });
  const token = query.get("continuation-token");
  const after =
    token === null ? (query.get("start-after") ?? "") : Buffer.from(token, "base64url").toString("utf8");
  const encode = encoder(query);

  const contents: object[] = [];
  const prefixes: string[] = [];
  let last = "";
  let truncated = false;
  for (const object of objects.list(bucket, prefix)) {
    const cut = delimiter === "" ? -1 : object.key.indexOf(delimiter, prefix.length);
    const common = cut < 0 ? undefined : object.key.slice(0, cut + delimiter.length);
    const entry = common ?? object.key;
    const passed = compareText(entry, after) <= 0;
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

/** One page of the unfinished uploads. Amazon S3 API reference, "ListMultipartUploads": the markers. */
export function listUploads(objects: Objects, { bucket, query }: ObjectRequest): Response {
  if (query.has("delimiter")) {
    throw new S3Error("NotImplemented", 501, "Uploads cannot be listed by a delimiter here.");
  }
  const prefix = query.get("prefix") ?? "";
  const [keyMarker, idMarker] = [query.get("key-marker") ?? "", query.get("upload-id-marker") ?? ""];
  const maxUploads = pageSize(query, "max-uploads", {
    code: "InvalidArgument",
    message: "max-uploads is not valid",
  });
  const encode = encoder(query);
  const following = objects.listUploads(bucket, prefix).filter(({ key, id }) => {
    const order = compareText(key, keyMarker);
    return order > 0 || (order === 0 && idMarker !== "" && compareText(id, idMarker) > 0);
  });
  const page = following.slice(0, maxUploads);
  const last = following.length > page.length ? page.at(-1) : undefined;
  return xmlResponse("ListMultipartUploadsResult", {
    Bucket: bucket.name,
    Prefix: encode(prefix),
    KeyMarker: encode(keyMarker),
    UploadIdMarker: idMarker,
    MaxUploads: maxUploads,
    IsTruncated: last !== undefined,
    ...(last !== undefined && { NextKeyMarker: encode(last.key), NextUploadIdMarker: last.id }),
    Upload: page.map(({ key, id, initiated }) => ({
      Key: encode(key),
      UploadId: id,
      Initiated: initiated,
      StorageClass: "STANDARD",
    })),
  });
}
