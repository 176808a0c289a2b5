import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { request } from "node:http";
import { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { SignatureV4 } from "@smithy/signature-v4";
import { describe, expect, it, onTestFinished } from "vitest";
import { ACCOUNT, type Served, startCloud } from "./serve.ts";

const GROUPS = {
  read: "6a018a9f2fc74eb6b293b0c548f38b39",
  write: "2efd5506f9c8494dacb1fa10a3e7d5b6",
};
const Bucket = "acme-data";
const MEBIBYTE = 1024 * 1024;

interface Keys {
  id: string;
  secret: string;
  /** The token that they are derived from. */
  value: string;
}

/** Keys as a tenant gets them: derived from a token for one bucket. */
function keysFor(
  { cloud }: Served,
  group: string = GROUPS.write,
  bucket: string = `default_${Bucket}`,
): Keys {
  const { token, value } = cloud.tokens.create(ACCOUNT, {
    name: "tenant",
    policies: [
      {
        effect: "allow",
        permission_groups: [{ id: group }],
        resources: { [`com.cloudflare.edge.r2.bucket.${ACCOUNT}_${bucket}`]: "*" },
      },
    ],
  });
  return { id: token.id, secret: createHash("sha256").update(value).digest("hex"), value };
}

/** The hash that the signer of the test takes. */
class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    const secret = typeof key === "string" ? Buffer.from(key) : key && toBytes(key);
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret);
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === "string" ? Buffer.from(data) : toBytes(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    throw new Error("used once");
  }
}

function toBytes(data: ArrayBuffer | ArrayBufferView): Buffer {
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data);
}

async function startWithBucket(): Promise<{ served: Served; s3: S3Client; keys: Keys }> {
  const served = await startCloud();
  served.cloud.buckets.create(ACCOUNT, "default", { name: Bucket });
  const keys = keysFor(served);
  return { served, s3: served.s3(keys), keys };
}

async function s3Refusal(call: Promise<unknown>): Promise<[string, number | undefined]> {
  try {
    await call;
  } catch (error) {
    if (error instanceof S3ServiceException) return [error.name, error.$metadata.httpStatusCode];
    throw error;
  }
  throw new Error("the call was not refused");
}

describe("objects over the official S3 client", () => {
  it("are put, read, described and deleted", async () => {
    const { s3 } = await startWithBucket();
    const Key = "reports/über alles +&'(1).txt";
    await s3.send(
      new PutObjectCommand({
        Bucket,
        Key,
        Body: "hello world",
        ContentType: "text/plain",
        Metadata: { tenant: "acme" },
      }),
    );
    const read = await s3.send(new GetObjectCommand({ Bucket, Key }));
    expect(await read.Body?.transformToString()).toBe("hello world");
    expect(read).toMatchObject({
      ContentType: "text/plain",
      Metadata: { tenant: "acme" },
      ContentLength: 11,
    });
    expect((await s3.send(new HeadObjectCommand({ Bucket, Key }))).ETag).toBe(read.ETag);
    const part = await s3.send(new GetObjectCommand({ Bucket, Key, Range: "bytes=6-" }));
    expect([await part.Body?.transformToString(), part.ContentRange]).toEqual(["world", "bytes 6-10/11"]);
    await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    expect(await s3Refusal(s3.send(new GetObjectCommand({ Bucket, Key })))).toEqual(["NoSuchKey", 404]);
    expect((await s3Refusal(s3.send(new HeadObjectCommand({ Bucket, Key }))))[1]).toBe(404);
  });

  it("come in chunks with a checksum behind them when they are streamed", async () => {
    const { s3 } = await startWithBucket();
    const body = Buffer.alloc(300_000, "abc");
    const stream = Readable.from([body.subarray(0, 100_000), body.subarray(100_000)]);
    await s3.send(new PutObjectCommand({ Bucket, Key: "big", Body: stream, ContentLength: body.length }));
    const read = await s3.send(new GetObjectCommand({ Bucket, Key: "big" }));
    expect(Buffer.from((await read.Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
    expect(read.ContentEncoding).toBeUndefined();
  });

  it("are refused when a checksum does not fit", async () => {
    const { s3 } = await startWithBucket();
    const call = s3.send(new PutObjectCommand({ Bucket, Key: "x", Body: "x", ChecksumCRC32: "AAAAAA==" }));
    expect(await s3Refusal(call)).toEqual(["BadDigest", 400]);
  });

  it("are listed with prefix, delimiter and pages, and deleted many at once", async () => {
    const { s3 } = await startWithBucket();
    for (const Key of ["a/1", "a/2", "b/1", "top"])
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
    const folders = await s3.send(new ListObjectsV2Command({ Bucket, Delimiter: "/" }));
    expect(folders.CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(["a/", "b/"]);
    expect(folders.Contents?.map(({ Key }) => Key)).toEqual(["top"]);
    const first = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 3 }));
    expect(first).toMatchObject({ IsTruncated: true, KeyCount: 3 });
    const rest = await s3.send(
      new ListObjectsV2Command({ Bucket, ContinuationToken: first.NextContinuationToken, Prefix: "" }),
    );
    expect(rest.Contents?.map(({ Key, Size }) => [Key, Size])).toEqual([["top", 1]]);
    const Objects = ["a/1", "a/2", "missing"].map((Key) => ({ Key }));
    const deleted = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(deleted.Deleted?.map(({ Key }) => Key)).toEqual(["a/1", "a/2", "missing"]);
    expect((await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(2);
  });

  it("are made of parts", async () => {
    const { s3 } = await startWithBucket();
    const upload = { Bucket, Key: "parts" };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(upload));
    const bodies = [Buffer.alloc(5 * MEBIBYTE, "a"), Buffer.from("tail")];
    const Parts = await Promise.all(
      bodies.map(async (Body, index) => {
        const PartNumber = index + 1;
        const { ETag } = await s3.send(new UploadPartCommand({ ...upload, UploadId, PartNumber, Body }));
        return { PartNumber, ETag };
      }),
    );
    const reversed = Parts.toReversed();
    const complete = (parts: typeof Parts) =>
      s3.send(new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload: { Parts: parts } }));
    expect(await s3Refusal(complete(reversed))).toEqual(["InvalidPartOrder", 400]);
    expect((await complete(Parts)).ETag).toMatch(/-2"$/);
    const head = await s3.send(new HeadObjectCommand(upload));
    expect(head.ContentLength).toBe(5 * MEBIBYTE + 4);
    const abort = s3.send(new AbortMultipartUploadCommand({ ...upload, UploadId }));
    expect(await s3Refusal(abort)).toEqual(["NoSuchUpload", 404]);
  });

  it("of which the parts are still coming are listed, page after page", async () => {
    const { s3 } = await startWithBucket();
    const ids: string[] = [];
    for (const Key of ["b ö", "a/1", "b ö", "a/2"]) {
      ids.push((await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }))).UploadId ?? "");
    }
    const list = (input: object) => s3.send(new ListMultipartUploadsCommand({ Bucket, ...input }));
    const first = await list({ MaxUploads: 3 });
    expect(first).toMatchObject({ IsTruncated: true, NextKeyMarker: "b ö" });
    const rest = await list({ KeyMarker: first.NextKeyMarker, UploadIdMarker: first.NextUploadIdMarker });
    expect(rest.IsTruncated).toBe(false);
    const uploads = [...(first.Uploads ?? []), ...(rest.Uploads ?? [])];
    expect(uploads.map(({ Key }) => Key)).toEqual(["a/1", "a/2", "b ö", "b ö"]);
    expect(uploads.map(({ UploadId }) => UploadId).sort()).toEqual(ids.sort());
    expect(uploads[0]?.Initiated).toBeInstanceOf(Date);
    expect((await list({ Prefix: "a/" })).Uploads).toHaveLength(2);
    expect((await list({ KeyMarker: "b ö" })).Uploads).toBeUndefined();
    expect(await s3Refusal(list({ Delimiter: "/" }))).toEqual(["NotImplemented", 501]);
  });

  it.each([
    ["too small", [1, 1], "EntityTooSmall"],
    ["of different sizes", [5 * MEBIBYTE, 6 * MEBIBYTE, 1], "InvalidPart"],
  ])("are refused in parts that are %s", async (_problem, sizes, code) => {
    const { s3 } = await startWithBucket();
    const upload = { Bucket, Key: "parts" };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(upload));
    const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
    for (const [index, size] of sizes.entries()) {
      const PartNumber = index + 1;
      const Body = Buffer.alloc(size);
      const { ETag } = await s3.send(new UploadPartCommand({ ...upload, UploadId, PartNumber, Body }));
      Parts.push({ PartNumber, ETag });
    }
    const call = s3.send(
      new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload: { Parts: Parts as never } }),
    );
    expect(await s3Refusal(call)).toEqual([code, 400]);
  });
});

describe("keys", () => {
  const put = (s3: S3Client, bucket: string = Bucket) =>
    s3.send(new PutObjectCommand({ Bucket: bucket, Key: "x", Body: "x" }));

  it("are refused with a wrong secret, and when they are a token's value itself", async () => {
    const { served, keys } = await startWithBucket();
    const wrong = served.s3({ ...keys, secret: "0".repeat(64) });
    expect(await s3Refusal(put(wrong))).toEqual(["SignatureDoesNotMatch", 403]);
    const underived = served.s3({ ...keys, secret: keys.value });
    expect(await s3Refusal(put(underived))).toEqual(["SignatureDoesNotMatch", 403]);
  });

  it("are refused when nobody has them, when they were revoked, and at another account", async () => {
    const { served, s3, keys } = await startWithBucket();
    expect(await s3Refusal(put(served.s3({ ...keys, id: "0".repeat(32) })))).toEqual(["Unauthorized", 401]);
    expect(await s3Refusal(put(served.s3({ ...keys, id: "short" })))).toEqual(["InvalidArgument", 400]);
    await put(s3);
    served.cloud.tokens.delete(ACCOUNT, keys.id);
    expect(await s3Refusal(put(s3))).toEqual(["Unauthorized", 401]);
    expect(
      served.cloud.objects.list({ accountId: ACCOUNT, jurisdiction: "default", name: Bucket }, ""),
    ).toHaveLength(1);
  });

  it("of another account are unknown at this one", async () => {
    const { served, keys } = await startWithBucket();
    const other = new S3Client({
      region: "auto",
      endpoint: `${served.origin}/r2/${"f".repeat(32)}`,
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId: keys.id, secretAccessKey: keys.secret },
    });
    onTestFinished(() => other.destroy());
    expect(await s3Refusal(put(other))).toEqual(["Unauthorized", 401]);
  });

  it("of another bucket, of reading alone, or of another jurisdiction do not reach", async () => {
    const { served, s3 } = await startWithBucket();
    served.cloud.buckets.create(ACCOUNT, "default", { name: "other" });
    served.cloud.buckets.create(ACCOUNT, "eu", { name: Bucket });
    expect(await s3Refusal(put(s3, "other"))).toEqual(["AccessDenied", 403]);
    await put(s3);
    const reader = served.s3(keysFor(served, GROUPS.read));
    expect(await s3Refusal(put(reader))).toEqual(["AccessDenied", 403]);
    expect(await s3Refusal(reader.send(new DeleteObjectCommand({ Bucket, Key: "x" })))).toEqual([
      "AccessDenied",
      403,
    ]);
    await reader.send(new GetObjectCommand({ Bucket, Key: "x" }));
    const european = keysFor(served, GROUPS.write, `eu_${Bucket}`);
    expect(await s3Refusal(put(served.s3(european)))).toEqual(["AccessDenied", 403]);
    await put(served.s3(european, "eu"));
  });

  it("of a bucket list no buckets, and find none that is not there", async () => {
    const { served, s3 } = await startWithBucket();
    expect(await s3Refusal(s3.send(new ListBucketsCommand({})))).toEqual(["AccessDenied", 403]);
    await s3.send(new HeadBucketCommand({ Bucket }));
    const missing = served.s3(keysFor(served, GROUPS.write, "default_missing"));
    expect(await s3Refusal(put(missing, "missing"))).toEqual(["NoSuchBucket", 404]);
  });

  it("of the whole account list its buckets", async () => {
    const { served } = await startWithBucket();
    const { id = "" } = served.cloud.tokens.list(ACCOUNT).find(({ name }) => name === "deploy") ?? {};
    const secret = createHash("sha256").update(served.token).digest("hex");
    const { Buckets } = await served.s3({ id, secret }).send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toEqual([Bucket]);
  });

  it("sign for a quarter of an hour, and for the region auto", async () => {
    const { served, keys } = await startWithBucket();
    const clientWith = (options: object) => {
      const client = new S3Client({
        region: "auto",
        endpoint: `${served.origin}/r2/${ACCOUNT}`,
        forcePathStyle: true,
        maxAttempts: 1,
        credentials: { accessKeyId: keys.id, secretAccessKey: keys.secret },
        ...options,
      });
      onTestFinished(() => client.destroy());
      return client;
    };
    const late = clientWith({ systemClockOffset: -16 * 60 * 1000 });
    expect(await s3Refusal(put(late))).toEqual(["RequestTimeTooSkewed", 403]);
    expect(await s3Refusal(put(clientWith({ region: "eu-central-1" })))).toEqual(["InvalidRegionName", 400]);
  });

  it("presign a URL for as long as it says", async () => {
    const { served, s3, keys } = await startWithBucket();
    await s3.send(new PutObjectCommand({ Bucket, Key: "x", Body: "shared" }));
    const { host, hostname, port, protocol } = new URL(served.origin);
    const signer = new SignatureV4({
      service: "s3",
      region: "auto",
      uriEscapePath: false,
      credentials: { accessKeyId: keys.id, secretAccessKey: keys.secret },
      sha256: Sha256,
    });
    const path = `/r2/${ACCOUNT}/${Bucket}/x`;
    const presigned = async (signingDate: Date) => {
      const { query = {} } = await signer.presign(
        {
          method: "GET",
          protocol,
          hostname,
          port: Number(port),
          path,
          headers: { host, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
        },
        { expiresIn: 60, signingDate },
      );
      return fetch(`${served.origin}${path}?${new URLSearchParams(query as Record<string, string>)}`);
    };
    expect(await (await presigned(new Date())).text()).toBe("shared");
    const expired = await presigned(new Date(Date.now() - 61_000));
    expect([expired.status, await expired.text()]).toEqual([400, expect.stringContaining("ExpiredRequest")]);
  });

  it("do not open a body that was changed on its way", async () => {
    const { served, keys } = await startWithBucket();
    const s3 = served.s3(keys);
    s3.middlewareStack.add(
      (next) => (args) => {
        (args.request as { body: unknown }).body = "y";
        return next(args);
      },
      { step: "finalizeRequest", priority: "low" },
    );
    expect(await s3Refusal(put(s3))).toEqual(["XAmzContentSHA256Mismatch", 400]);
  });
});

it("answers under R2's own host names, and logs S3 calls apart from the API's", async () => {
  const { served } = await startWithBucket();
  const mark = served.cloud.calls.mark();
  const { hostname, port } = new URL(served.origin);
  const status = await new Promise((resolve, reject) => {
    const headers = { host: `${ACCOUNT}.r2.cloudflarestorage.com` };
    request({ hostname, port, path: `/${Bucket}/x`, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on("error", reject)
      .end();
  });
  expect(status).toBe(400);
  expect(served.cloud.calls.since(mark, "api")).toEqual([]);
  expect(served.cloud.calls.since(mark, "s3")).toMatchObject([{ route: "GetObject", status: 400 }]);
});
