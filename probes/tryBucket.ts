/** Tries a tenant's own S3 key on its bucket. */
import type { S3Client } from "@aws-sdk/client-s3";
import { BucketAccess } from "../bucket/choices.ts";
import { r2ClientSettings } from "../bucket/r2Endpoint.ts";
import { plain } from "../clients/failureText.ts";
import { BucketFinding } from "./condition.ts";

/** The one object that a probe writes and deletes again. */
export const PROBE_KEY = ".tenant-edge/probe";

const CALL_MILLISECONDS = 8_000;
const TEXT = "Written by a health probe, and deleted at once.";

export interface BucketKey {
  /** As the tenant is given it. */
  endpoint: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** A read-only key only lists. */
  access: BucketAccess;
}

export interface BucketTrial {
  finding: BucketFinding;
  /** Which call was refused, by the name of the error. */
  detail: string;
}

/**
 * Three calls at most.
 *
 * @throws Error when TENANT_EDGE_R2_ENDPOINT is no URL.
 */
export async function tryBucket(
  key: BucketKey,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<BucketTrial> {
  const { S3Client } = await import("@aws-sdk/client-s3");
  const { accessKeyId, secretAccessKey } = key;
  const client = new S3Client({
    ...r2ClientSettings(key.endpoint, env),
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 2,
    requestHandler: { requestTimeout: CALL_MILLISECONDS, throwOnRequestTimeout: true },
  });
  try {
    const problem = await (key.access === BucketAccess.readWrite
      ? writeAndRead(client, key.bucket, signal)
      : list(client, key.bucket, signal));
    return problem ?? { finding: BucketFinding.Works, detail: "" };
  } finally {
    client.destroy();
  }
}

/** Undefined when the call was answered well. Never the text of an answer: that of a refused signature repeats it. */
async function attempt(action: string, call: () => Promise<unknown>): Promise<BucketTrial | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    const { $metadata, name, code } = error as Error & {
      $metadata?: { httpStatusCode?: number };
      code?: string;
    };
    const status = $metadata?.httpStatusCode;
    // What another probe, at the same time, has deleted already: the key was let in.
    if (status === 404 && name === "NoSuchKey") return undefined;
    const refused = status !== undefined && status >= 400 && status < 500 && status !== 429;
    return {
      finding: refused ? BucketFinding.Refused : BucketFinding.Unasked,
      detail: `${action}: ${plain(code ?? name)}`,
    };
  }
}

async function writeAndRead(
  client: S3Client,
  Bucket: string,
  abortSignal: AbortSignal,
): Promise<BucketTrial | undefined> {
  const { PutObjectCommand, GetObjectCommand, DeleteObjectCommand } = await import("@aws-sdk/client-s3");
  const object = { Bucket, Key: PROBE_KEY };
  const written = await attempt("a write", () =>
    client.send(new PutObjectCommand({ ...object, Body: TEXT, ContentType: "text/plain" }), { abortSignal }),
  );
  // Also when the answer to the write was lost; and when the caller has gone, so that the bucket stays as it was.
  const deletes = () =>
    attempt("a deletion", () =>
      client.send(new DeleteObjectCommand(object), { abortSignal: AbortSignal.timeout(CALL_MILLISECONDS) }),
    );
  if (written?.finding === BucketFinding.Refused) return written;
  const read =
    written ??
    (await attempt("a read", async () => {
      const { Body } = await client.send(new GetObjectCommand(object), { abortSignal });
      await Body?.transformToString();
    }));
  const deleted = await deletes();
  return read ?? deleted;
}

async function list(
  client: S3Client,
  Bucket: string,
  abortSignal: AbortSignal,
): Promise<BucketTrial | undefined> {
  const { ListObjectsV2Command } = await import("@aws-sdk/client-s3");
  return attempt("a listing", () =>
    client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 1 }), { abortSignal }),
  );
}
