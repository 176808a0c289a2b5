/** The operations on a bucket and its objects, each with the level of access it takes. */
import { XMLParser } from "fast-xml-parser";
import { z } from "zod";
import type { BucketAddress } from "./buckets.ts";
import type { ObjectHeaders, Objects, StoredObject } from "./objects.ts";
import { Level } from "./permissionGroups.ts";
import { checkBeforeWriting, isUnchanged } from "./preconditions.ts";
import { S3Error, xmlResponse } from "./s3Error.ts";
import { listObjects, listUploads } from "./s3List.ts";

export interface ObjectRequest {
  request: Request;
  query: URLSearchParams;
  bucket: BucketAddress;
  /** Decoded; empty for the bucket itself. */
  key: string;
  body: Uint8Array;
}

export interface Operation {
  name: string;
  level: Level;
  run(objects: Objects, input: ObjectRequest): Response;
}

const read = (name: string, run: Operation["run"]): Operation => ({ name, level: Level.read, run });
const write = (name: string, run: Operation["run"]): Operation => ({ name, level: Level.write, run });

const OPERATIONS = {
  headBucket: read("HeadBucket", () => new Response(null, { status: 200 })),
  listObjects: read("ListObjectsV2", listObjects),
  deleteObjects: write("DeleteObjects", deleteObjects),
  putObject: write("PutObject", putObject),
  getObject: read("GetObject", getObject),
  headObject: read("HeadObject", getObject),
  deleteObject: write("DeleteObject", deleteObject),
  createUpload: write("CreateMultipartUpload", createUpload),
  uploadPart: write("UploadPart", uploadPart),
  completeUpload: write("CompleteMultipartUpload", completeUpload),
  abortUpload: write("AbortMultipartUpload", abortUpload),
  listUploads: read("ListMultipartUploads", listUploads),
  unknown: write("*", notImplemented),
};

/** Query parameters that choose what this sandbox has not. */
const UNSUPPORTED = ["acl", "cors", "lifecycle", "policy", "tagging", "versioning", "uploads", "location"];

const CONDITIONS = ["if-match", "if-none-match"];

/** What a request to a bucket (no key) or an object asks for. */
export function operationOf(request: Request, key: string): Operation {
  const { searchParams: query } = new URL(request.url);
  const onObject = key !== "";
  const uploadId = query.has("uploadId");
  if (request.method === "POST" && onObject && query.has("uploads")) return OPERATIONS.createUpload;
  if (request.method === "POST" && onObject && uploadId) return OPERATIONS.completeUpload;
  if (request.method === "POST" && !onObject && query.has("delete")) return OPERATIONS.deleteObjects;
  if (request.method === "GET" && !onObject && query.has("uploads")) return OPERATIONS.listUploads;
  if (UNSUPPORTED.some((name) => query.has(name)) || request.headers.has("x-amz-copy-source")) {
    return OPERATIONS.unknown;
  }
  // R2 documents conditions for PutObject alone. One that is ignored would be a lock that everybody gets.
  if (request.method === "DELETE" && CONDITIONS.some((name) => request.headers.has(name))) {
    return OPERATIONS.unknown;
  }
  if (onObject) {
    if (request.method === "PUT") return uploadId ? OPERATIONS.uploadPart : OPERATIONS.putObject;
    if (request.method === "GET" && !uploadId) return OPERATIONS.getObject;
    if (request.method === "HEAD") return OPERATIONS.headObject;
    if (request.method === "DELETE") return uploadId ? OPERATIONS.abortUpload : OPERATIONS.deleteObject;
    return OPERATIONS.unknown;
  }
  if (request.method === "HEAD") return OPERATIONS.headBucket;
  const listing = request.method === "GET" && query.get("list-type") === "2";
  return listing ? OPERATIONS.listObjects : OPERATIONS.unknown;
}

function notImplemented(): never {
  throw new S3Error("NotImplemented", 501, "The operation is not implemented.");
}

function headersOf(request: Request): ObjectHeaders {
  const header = (name: string) => request.headers.get(name) ?? undefined;
  const metadata: Record<string, string> = {};
  for (const [name, value] of request.headers) {
    if (name.startsWith("x-amz-meta-")) metadata[name.slice("x-amz-meta-".length)] = value;
  }
  const cacheControl = header("cache-control");
  const contentDisposition = header("content-disposition");
  const encoding = header("content-encoding")
    ?.split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "aws-chunked")
    .join(", ");
  return {
    contentType: header("content-type") ?? "application/octet-stream",
    ...(cacheControl === undefined ? {} : { cacheControl }),
    ...(contentDisposition === undefined ? {} : { contentDisposition }),
    ...(encoding ? { contentEncoding: encoding } : {}),
    metadata,
  };
}

function putObject(objects: Objects, { request, bucket, key, body }: ObjectRequest): Response {
  // Nothing is waited for from here on, so that of several writers only one finds what it expects.
  checkBeforeWriting(request.headers, objects.get(bucket, key));
  const { etag } = objects.put(bucket, key, body, headersOf(request));
  return new Response(null, { status: 200, headers: { etag: `"${etag}"` } });
}

function getObject(objects: Objects, { request, bucket, key }: ObjectRequest): Response {
  const object = objects.get(bucket, key);
  if (object === undefined) throw new S3Error("NoSuchKey", 404, "The specified key does not exist.");
  const headers = describe(object);
  if (isUnchanged(request.headers, object)) return new Response(null, { status: 304, headers });
  const bytes = objects.read(object);
  const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.get("range") ?? "");
  if (range === null || (range[1] === "" && range[2] === "")) {
    headers.set("content-length", String(object.size));
    return new Response(request.method === "HEAD" ? null : Buffer.from(bytes), { status: 200, headers });
  }
  const start = range[1] === "" ? Math.max(0, object.size - Number(range[2])) : Number(range[1]);
  const end =
    range[1] === "" || range[2] === "" ? object.size - 1 : Math.min(Number(range[2]), object.size - 1);
  if (start > end) throw new S3Error("InvalidRange", 416, "The requested range is not satisfiable");
  headers.set("content-range", `bytes ${start}-${end}/${object.size}`);
  headers.set("content-length", String(end - start + 1));
  return new Response(Buffer.from(bytes.subarray(start, end + 1)), { status: 206, headers });
}

function describe(object: StoredObject): Headers {
  const headers = new Headers({
    etag: `"${object.etag}"`,
    "last-modified": new Date(object.lastModified).toUTCString(),
    "content-type": object.contentType,
    "accept-ranges": "bytes",
  });
  if (object.cacheControl !== undefined) headers.set("cache-control", object.cacheControl);
  if (object.contentDisposition !== undefined) headers.set("content-disposition", object.contentDisposition);
  if (object.contentEncoding !== undefined) headers.set("content-encoding", object.contentEncoding);
  for (const [name, value] of Object.entries(object.metadata)) headers.set(`x-amz-meta-${name}`, value);
  return headers;
}

function deleteObject(objects: Objects, { bucket, key }: ObjectRequest): Response {
  objects.delete(bucket, key);
  return new Response(null, { status: 204 });
}

const parser = new XMLParser({
  parseTagValue: false,
  isArray: (name) => name === "Object" || name === "Part",
});
const text = z.union([z.string(), z.number()]).transform(String);
const deletion = z.object({
  Delete: z.object({
    Quiet: text.optional(),
    Object: z
      .array(z.object({ Key: text }))
      .min(1)
      .max(1000),
  }),
});
const completion = z.object({
  CompleteMultipartUpload: z.object({ Part: z.array(z.object({ PartNumber: text, ETag: text })).min(1) }),
});

function parseXml<T>(body: Uint8Array, schema: z.ZodType<T>): T {
  try {
    return schema.parse(parser.parse(Buffer.from(body).toString("utf8")));
  } catch {
    throw new S3Error("MalformedXML", 400, "The XML you provided was not well formed or did not validate.");
  }
}

function deleteObjects(objects: Objects, { bucket, body }: ObjectRequest): Response {
  const { Delete: wanted } = parseXml(body, deletion);
  for (const { Key: key } of wanted.Object) objects.delete(bucket, key);
  const deleted = wanted.Quiet === "true" ? {} : { Deleted: wanted.Object.map(({ Key }) => ({ Key })) };
  return xmlResponse("DeleteResult", deleted);
}

function createUpload(objects: Objects, { request, bucket, key }: ObjectRequest): Response {
  const uploadId = objects.beginUpload(bucket, key, headersOf(request));
  return xmlResponse("InitiateMultipartUploadResult", { Bucket: bucket.name, Key: key, UploadId: uploadId });
}

function uploadPart(objects: Objects, { bucket, key, query, body }: ObjectRequest): Response {
  const number = Number(query.get("partNumber"));
  const etag = objects.putPart(bucket, key, query.get("uploadId") ?? "", number, body);
  return new Response(null, { status: 200, headers: { etag: `"${etag}"` } });
}

function completeUpload(objects: Objects, { bucket, key, query, body }: ObjectRequest): Response {
  const { Part: parts } = parseXml(body, completion).CompleteMultipartUpload;
  const wanted = parts.map(({ PartNumber, ETag }) => ({
    number: Number(PartNumber),
    etag: ETag.replaceAll('"', "").replaceAll("&quot;", ""),
  }));
  const { etag } = objects.completeUpload(bucket, key, query.get("uploadId") ?? "", wanted);
  return xmlResponse("CompleteMultipartUploadResult", { Bucket: bucket.name, Key: key, ETag: `"${etag}"` });
}

function abortUpload(objects: Objects, { bucket, key, query }: ObjectRequest): Response {
  objects.abortUpload(bucket, key, query.get("uploadId") ?? "");
  return new Response(null, { status: 204 });
}
