import { createHash } from "node:crypto";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { ACCOUNT, type Served, startCloud } from "./serve.ts";

const Bucket = "acme-data";
const Key = "tenants.json";

/** The S3 keys of the token that deploys: its id, and the SHA-256 of its value. */
async function deployersKeys({ client, token }: Served): Promise<{ id: string; secret: string }> {
  const { id } = await client.accounts.tokens.verify({ account_id: ACCOUNT });
  return { id, secret: createHash("sha256").update(token).digest("hex") };
}

async function start(): Promise<{ served: Served; s3: S3Client }> {
  const served = await startCloud();
  served.cloud.buckets.create(ACCOUNT, "default", { name: Bucket });
  return { served, s3: served.s3(await deployersKeys(served)) };
}

function put(s3: S3Client, Body: string, conditions: { IfMatch?: string; IfNoneMatch?: string } = {}) {
  return s3.send(new PutObjectCommand({ Bucket, Key, Body, ...conditions }));
}

async function outcome(call: Promise<unknown>): Promise<number | undefined> {
  try {
    await call;
    return 200;
  } catch (error) {
    if (error instanceof S3ServiceException) return error.$metadata.httpStatusCode;
    throw error;
  }
}

describe("a conditional write", () => {
  it("makes an object once, and changes it only from the version that the writer knows", async () => {
    const { s3 } = await start();
    const first = await put(s3, "one", { IfNoneMatch: "*" });
    expect(first.ETag).toMatch(/^"[0-9a-f]{32}"$/);
    expect(await outcome(put(s3, "again", { IfNoneMatch: "*" }))).toBe(412);
    const second = await put(s3, "two", { IfMatch: first.ETag ?? "" });
    await expect(put(s3, "late", { IfMatch: first.ETag ?? "" })).rejects.toMatchObject({
      name: "PreconditionFailed",
      $metadata: { httpStatusCode: 412 },
    });
    const read = await s3.send(new GetObjectCommand({ Bucket, Key }));
    expect([await read.Body?.transformToString(), read.ETag]).toEqual(["two", second.ETag]);
  });

  it("changes nothing that is absent", async () => {
    const { s3 } = await start();
    expect(await outcome(put(s3, "one", { IfMatch: '"0123456789abcdef0123456789abcdef"' }))).toBe(412);
    expect((await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0);
  });

  it("is won by one of many that come at once", async () => {
    const { s3 } = await start();
    const bodies = Array.from({ length: 12 }, (_, index) => `writer ${index}`);
    const created = await Promise.all(bodies.map((body) => outcome(put(s3, body, { IfNoneMatch: "*" }))));
    expect(created.toSorted()).toEqual([200, ...Array<number>(11).fill(412)]);
    const { ETag = "" } = await s3.send(new HeadObjectCommand({ Bucket, Key }));
    const changed = await Promise.all(bodies.map((body) => outcome(put(s3, `${body}!`, { IfMatch: ETag }))));
    expect(changed.toSorted()).toEqual([200, ...Array<number>(11).fill(412)]);
  });

  it("is refused where R2 documents none: a delete", async () => {
    const { s3 } = await start();
    const { ETag = "" } = await put(s3, "one");
    expect(await outcome(s3.send(new DeleteObjectCommand({ Bucket, Key, IfMatch: ETag })))).toBe(501);
    expect(await outcome(s3.send(new HeadObjectCommand({ Bucket, Key })))).toBe(200);
  });
});

describe("a conditional read", () => {
  it.each([
    ["the version that the reader has", (etag: string) => ({ IfNoneMatch: etag }), 304],
    ["another version", () => ({ IfNoneMatch: '"another"' }), 200],
    ["the version that is meant", (etag: string) => ({ IfMatch: etag }), 200],
    ["not the version that is meant", () => ({ IfMatch: '"another"' }), 412],
    ["an object that did not change since", () => ({ IfModifiedSince: new Date() }), 304],
    ["an object that changed since", () => ({ IfUnmodifiedSince: new Date(0) }), 412],
  ])("of %s", async (_what, conditions, status) => {
    const { s3 } = await start();
    const { ETag = "" } = await put(s3, "one");
    const wanted = { Bucket, Key, ...conditions(ETag) };
    expect(await outcome(s3.send(new GetObjectCommand(wanted)))).toBe(status);
    expect(await outcome(s3.send(new HeadObjectCommand(wanted)))).toBe(status);
  });
});

describe("the deploying token as S3 keys", () => {
  it("reaches every bucket of its account, until the token has another value", async () => {
    const { served, s3 } = await start();
    served.cloud.buckets.create(ACCOUNT, "default", { name: "other" });
    for (const name of [Bucket, "other"]) {
      await s3.send(new PutObjectCommand({ Bucket: name, Key, Body: "x" }));
      expect((await s3.send(new ListObjectsV2Command({ Bucket: name }))).KeyCount).toBe(1);
    }
    served.cloud.mintDeployToken(ACCOUNT);
    expect(await outcome(put(s3, "late"))).toBe(403);
  });
});
