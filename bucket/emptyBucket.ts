/** Deletes what is in a bucket, over R2's S3 side. An interrupted run is completed by the next one: nothing is kept. */
import type { ListMultipartUploadsCommandOutput, S3Client } from "@aws-sdk/client-s3";
import { r2ClientSettings } from "./r2Endpoint.ts";

/** What one DeleteObjects may name. Amazon S3 API reference, "DeleteObjects"; R2 has the same limit. */
const MOST_KEYS = 1000;
/** Aborted at once: S3 has no call for several. */
const ABORTS_AT_ONCE = 10;

/** A bucket, and credentials that may list and delete in it. */
export interface BucketAccessDetails {
  /** As `s3Endpoint` makes it. */
  endpoint: string;
  bucketName: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** For TENANT_EDGE_R2_ENDPOINT. Default: `process.env`. */
  env?: NodeJS.ProcessEnv | undefined;
  /** Honoured between batches: what a batch deletes, it deletes. */
  signal?: AbortSignal | undefined;
}

export interface EmptyBucketOptions extends BucketAccessDetails {
  /** After each batch: objects deleted so far. */
  onProgress?: ((done: number) => void) | undefined;
  /** Awaited before each batch is deleted; what it throws ends the run. */
  beforeBatch?: (() => Promise<void>) | undefined;
  /** Objects listed and deleted at a time, and uploads listed, 1 to 1000. Default 1000. */
  batch?: number | undefined;
}

/** Objects that R2 would not delete, or a bucket that the credentials do not open. The message holds no secret. */
export class EmptyBucketError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "EmptyBucketError";
  }
}

/**
 * Deletes every object and aborts every unfinished multipart upload: R2 deletes a bucket only when it is completely
 * empty (Cloudflare R2 documentation, "Delete buckets"), and shows pending uploads as part of what is stored.
 *
 * @returns how many objects it deleted; 0 for a bucket that is not there any more.
 * @throws EmptyBucketError when single objects cannot be deleted (the others are) or the credentials are refused; the
 * signal's reason; whatever the network does.
 */
export async function emptyBucket(options: EmptyBucketOptions): Promise<number> {
  const { bucketName, signal, onProgress, beforeBatch, batch = MOST_KEYS } = options;
  let done = 0;
  const refused: { key: string; code: string }[] = [];
  await withClient(options, async (client, s3) => {
    const pages = s3.paginateListObjectsV2(
      { client, pageSize: batch },
      { Bucket: bucketName },
      ...(signal === undefined ? [] : [{ abortSignal: signal }]),
    );
    for await (const { Contents = [] } of pages) {
      const keys = Contents.flatMap(({ Key }) => (Key === undefined ? [] : [{ Key }]));
      if (keys.length === 0) continue;
      await beforeBatch?.();
      const { Errors = [] } = await client.send(
        new s3.DeleteObjectsCommand({ Bucket: bucketName, Delete: { Objects: keys, Quiet: true } }),
      );
      refused.push(...Errors.map(({ Key = "", Code = "unknown" }) => ({ key: Key, code: Code })));
      done += keys.length - Errors.length;
      onProgress?.(done);
    }
    await abortUploads(client, s3, options);
  });
  const [first] = refused;
  if (first !== undefined) {
    throw new EmptyBucketError(
      `${refused.length} objects of bucket ${bucketName} could not be deleted (${done} were); the first is ${JSON.stringify(first.key)}: ${first.code}. ` +
        "Remove the bucket's lock rules if it has some, and run it again.",
    );
  }
  return done;
}

/** False also for a bucket that is not there. @throws EmptyBucketError when the credentials are refused. */
export async function hasObjects(options: BucketAccessDetails): Promise<boolean> {
  const { bucketName, signal } = options;
  let found = false;
  await withClient(options, async (client, s3) => {
    const list = new s3.ListObjectsV2Command({ Bucket: bucketName, MaxKeys: 1 });
    const { Contents = [] } = await client.send(list, signal && { abortSignal: signal });
    found = Contents.length > 0;
  });
  return found;
}

type S3 = typeof import("@aws-sdk/client-s3");

async function abortUploads(
  client: S3Client,
  s3: S3,
  { bucketName, signal, batch = MOST_KEYS }: EmptyBucketOptions,
): Promise<void> {
  let page: ListMultipartUploadsCommandOutput | undefined;
  do {
    page = await client.send(
      new s3.ListMultipartUploadsCommand({
        Bucket: bucketName,
        MaxUploads: batch,
        KeyMarker: page?.NextKeyMarker,
        UploadIdMarker: page?.NextUploadIdMarker,
      }),
      signal && { abortSignal: signal },
    );
    const uploads = page.Uploads ?? [];
    for (let start = 0; start < uploads.length; start += ABORTS_AT_ONCE) {
      signal?.throwIfAborted();
      await Promise.all(
        uploads.slice(start, start + ABORTS_AT_ONCE).map(async ({ Key, UploadId }) => {
          const abort = new s3.AbortMultipartUploadCommand({ Bucket: bucketName, Key, UploadId });
          await client.send(abort).catch((error: unknown) => {
            if (nameOf(error) !== "NoSuchUpload") throw error;
          });
        }),
      );
    }
  } while (page.IsTruncated === true);
}

async function withClient(
  { endpoint, bucketName, credentials, env = process.env, signal }: BucketAccessDetails,
  work: (client: S3Client, s3: S3) => Promise<void>,
): Promise<void> {
  signal?.throwIfAborted();
  const s3 = await import("@aws-sdk/client-s3");
  const client = new s3.S3Client({ ...r2ClientSettings(endpoint, env), credentials });
  try {
    await work(client, s3);
  } catch (error) {
    signal?.throwIfAborted();
    if (nameOf(error) === "NoSuchBucket") return;
    if (error instanceof s3.S3ServiceException && [401, 403].includes(error.$metadata.httpStatusCode ?? 0)) {
      throw new EmptyBucketError(
        `R2 refused to open bucket ${bucketName} (${error.name}). The Cloudflare API token needs the permission "Workers R2 Storage Write" on the account.`,
        { cause: error },
      );
    }
    throw error;
  } finally {
    client.destroy();
  }
}

function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined;
}
