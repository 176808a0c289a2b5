/** Objects of buckets and the multipart uploads that become objects. */
import { createHash, randomUUID } from "node:crypto";
import type { Collection, Store } from "../store.ts";
import { type BucketAddress, bucketId } from "./buckets.ts";
import { type BucketUsage, BucketUsages } from "./bucketUsage.ts";
import type { ObjectBytes } from "./objectBytes.ts";
import { S3Error } from "./s3Error.ts";

export interface ObjectHeaders {
  contentType: string;
  cacheControl?: string;
  contentDisposition?: string;
  contentEncoding?: string;
  /** Without the prefix `x-amz-meta-`. */
  metadata: Record<string, string>;
}

export interface StoredObject extends ObjectHeaders {
  /** Bucket as `bucketId` writes it. */
  bucket: string;
  key: string;
  size: number;
  /** Without quotes. */
  etag: string;
  /** RFC 3339. */
  lastModified: string;
  bytes: string;
}

interface Part {
  etag: string;
  size: number;
  bytes: string;
}

export interface Upload extends ObjectHeaders {
  id: string;
  bucket: string;
  key: string;
  /** RFC 3339. */
  initiated: string;
  /** By part number. */
  parts: Record<string, Part>;
}

const ONE_UPLOAD = { uploadCount: 1 };
const SMALLEST_PART_BYTES = 5 * 1024 * 1024;
const LONGEST_KEY_BYTES = 1024;

export class Objects {
  readonly #objects: Collection<StoredObject>;
  readonly #uploads: Collection<Upload>;
  readonly #bytes: ObjectBytes;
  readonly #usages = new BucketUsages();
  readonly #now: () => Date;

  constructor(store: Store, bytes: ObjectBytes, now: () => Date) {
    this.#objects = store.collection<StoredObject>("cloudflare.objects");
    this.#uploads = store.collection<Upload>("cloudflare.uploads");
    this.#bytes = bytes;
    this.#now = now;
    for (const object of this.#objects.values()) this.#usages.add(object.bucket, usageOf(object), 1);
    for (const { bucket } of this.#uploads.values()) this.#usages.add(bucket, ONE_UPLOAD, 1);
  }

  /** What is in a bucket. */
  usage(bucket: BucketAddress): BucketUsage {
    return this.#usages.of(bucketId(bucket));
  }

  isEmpty(bucket: BucketAddress): boolean {
    const id = bucketId(bucket);
    return this.#objects.find((object) => object.bucket === id) === undefined;
  }

  put(bucket: BucketAddress, key: string, body: Uint8Array, headers: ObjectHeaders): StoredObject {
    return this.#store(bucketId(bucket), key, body, md5(body), headers);
  }

  get(bucket: BucketAddress, key: string): StoredObject | undefined {
    return this.#objects.get(`${bucketId(bucket)}/${key}`);
  }

  read(object: StoredObject): Uint8Array {
    return this.#bytes.get(object.bytes);
  }

  /** An object that is not there is deleted too. */
  delete(bucket: BucketAddress, key: string): void {
    const object = this.get(bucket, key);
    if (object === undefined) return;
    this.#objects.delete(`${object.bucket}/${key}`);
    this.#usages.add(object.bucket, usageOf(object), -1);
    this.#bytes.delete(object.bytes);
  }

  /** In the order of their keys' UTF-8 bytes. */
  list(bucket: BucketAddress, prefix: string): StoredObject[] {
    const id = bucketId(bucket);
    return this.#objects
      .filter((object) => object.bucket === id && object.key.startsWith(prefix))
      .sort((left, right) => compareText(left.key, right.key));
  }

  beginUpload(bucket: BucketAddress, key: string, headers: ObjectHeaders): string {
    const id = randomUUID();
    const initiated = this.#now().toISOString();
    this.#uploads.put(id, { id, bucket: bucketId(bucket), key, initiated, parts: {}, ...headers });
    this.#usages.add(bucketId(bucket), ONE_UPLOAD, 1);
    return id;
  }

  /** Unfinished ones, in the order of their keys' UTF-8 bytes and then of their ids. */
  listUploads(bucket: BucketAddress, prefix: string): Upload[] {
    const id = bucketId(bucket);
    return this.#uploads
      .filter((upload) => upload.bucket === id && upload.key.startsWith(prefix))
      .sort((left, right) => compareText(left.key, right.key) || compareText(left.id, right.id));
  }

  putPart(bucket: BucketAddress, key: string, uploadId: string, number: number, body: Uint8Array): string {
    if (!Number.isInteger(number) || number < 1 || number > 10_000) {
      throw new S3Error(
        "InvalidArgument",
        400,
        "Part number must be an integer between 1 and 10000, inclusive",
      );
    }
    const upload = this.#requireUpload(bucket, key, uploadId);
    const old = upload.parts[number];
    const part = { etag: md5(body), size: body.length, bytes: this.#bytes.put(body) };
    this.#uploads.put(uploadId, { ...upload, parts: { ...upload.parts, [number]: part } });
    if (old !== undefined) this.#bytes.delete(old.bytes);
    return part.etag;
  }

  /** Throws S3Error on a part that is missing or too small: all but the last have 5 MiB or more, and one size. */
  completeUpload(
    bucket: BucketAddress,
    key: string,
    uploadId: string,
    wanted: { number: number; etag: string }[],
  ): StoredObject {
    const upload = this.#requireUpload(bucket, key, uploadId);
    const parts = wanted.map(({ number, etag }) => {
      const part = upload.parts[number];
      if (part?.etag !== etag) {
        throw new S3Error("InvalidPart", 400, "One or more of the specified parts could not be found.");
      }
      return part;
    });
    if (
      parts.length === 0 ||
      wanted.some(({ number }, index) => number <= (wanted[index - 1]?.number ?? 0))
    ) {
      throw new S3Error("InvalidPartOrder", 400, "The list of parts was not in ascending order.");
    }
    const leading = parts.slice(0, -1);
    if (leading.some(({ size }) => size < SMALLEST_PART_BYTES)) {
      throw new S3Error(
        "EntityTooSmall",
        400,
        "Your proposed upload is smaller than the minimum allowed object size.",
      );
    }
    if (leading.some(({ size }) => size !== leading[0]?.size)) {
      throw new S3Error("InvalidPart", 400, "All non-trailing parts must have the same length.");
    }
    const digest = createHash("md5");
    for (const part of parts) digest.update(part.etag, "hex");
    const body = Buffer.concat(parts.map((part) => this.#bytes.get(part.bytes)));
    const object = this.#store(upload.bucket, key, body, `${digest.digest("hex")}-${parts.length}`, upload);
    this.#discard(upload);
    return object;
  }

  abortUpload(bucket: BucketAddress, key: string, uploadId: string): void {
    this.#discard(this.#requireUpload(bucket, key, uploadId));
  }

  #store(bucket: string, key: string, body: Uint8Array, etag: string, headers: ObjectHeaders): StoredObject {
    if (Buffer.byteLength(key) > LONGEST_KEY_BYTES) {
      throw new S3Error("KeyTooLongError", 400, "Your key is too long.");
    }
    const id = `${bucket}/${key}`;
    const old = this.#objects.get(id);
    const { contentType, cacheControl, contentDisposition, contentEncoding, metadata } = headers;
    const object = this.#objects.put(id, {
      bucket,
      key,
      size: body.length,
      etag,
      lastModified: this.#now().toISOString(),
      bytes: this.#bytes.put(body),
      contentType,
      ...(cacheControl === undefined ? {} : { cacheControl }),
      ...(contentDisposition === undefined ? {} : { contentDisposition }),
      ...(contentEncoding === undefined ? {} : { contentEncoding }),
      metadata,
    });
    this.#usages.add(bucket, usageOf(object), 1);
    if (old !== undefined) {
      this.#usages.add(bucket, usageOf(old), -1);
      this.#bytes.delete(old.bytes);
    }
    return object;
  }

  #requireUpload(bucket: BucketAddress, key: string, uploadId: string): Upload {
    const upload = this.#uploads.get(uploadId);
    if (upload === undefined || upload.bucket !== bucketId(bucket) || upload.key !== key) {
      throw new S3Error("NoSuchUpload", 404, "The specified multipart upload does not exist.");
    }
    return upload;
  }

  #discard(upload: Upload): void {
    for (const part of Object.values(upload.parts)) this.#bytes.delete(part.bytes);
    this.#uploads.delete(upload.id);
    this.#usages.add(upload.bucket, ONE_UPLOAD, -1);
  }
}

/** By UTF-8 bytes. */
export function compareText(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function usageOf(object: StoredObject): Partial<BucketUsage> {
  const { key, size, contentType, cacheControl = "", contentDisposition = "", metadata } = object;
  const texts = [key, contentType, cacheControl, contentDisposition, ...Object.entries(metadata).flat()];
  const metadataSize = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return { payloadSize: size, metadataSize, objectCount: 1 };
}

function md5(body: Uint8Array): string {
  return createHash("md5").update(body).digest("hex");
}
