import { createHash } from "node:crypto";
import type { AddressInfo } from "node:net";
import { CreateMultipartUploadCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { serve } from "@hono/node-server";
import { describe, expect, it, onTestFinished } from "vitest";
import { apiTokenCredentials } from "../../bucket/apiTokenCredentials.ts";
import { type EmptyBucketOptions, emptyBucket, hasObjects } from "../../bucket/emptyBucket.ts";
import { r2ClientSettings } from "../../bucket/r2Endpoint.ts";
import { ApiBudget } from "../../clients/apiBudget.ts";
import { CloudflareApi } from "../../clients/cloudflareApi.ts";
import { ACCOUNT, type Served, startCloud } from "../sandbox/cloudflare/serve.ts";

const ENDPOINT = `https://${ACCOUNT}.r2.cloudflarestorage.com`;
const BUCKET = "te-prod-acme";
const ADDRESS = { accountId: ACCOUNT, jurisdiction: "default", name: BUCKET } as const;

/** Answers some requests in the cloud's place; undefined leaves one to the cloud. */
type Intercept = (request: Request) => Promise<Response | undefined>;

interface Setup {
  served: Served;
  s3: S3Client;
  options: EmptyBucketOptions;
}

async function listen(fetch: (request: Request) => Response | Promise<Response>): Promise<string> {
  const server = serve({ fetch, hostname: "127.0.0.1", port: 0 });
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const xml = (body: string) => new Response(body, { headers: { "content-type": "application/xml" } });

async function setUp(keys: readonly string[], intercept: Intercept = async () => undefined): Promise<Setup> {
  const served = await startCloud();
  const { client } = served;
  await client.r2.buckets.create({ account_id: ACCOUNT, name: BUCKET });
  const key = await client.accounts.tokens.create({
    account_id: ACCOUNT,
    name: "key",
    policies: [
      {
        effect: "allow",
        permission_groups: [{ id: "2efd5506f9c8494dacb1fa10a3e7d5b6" }],
        resources: { [`com.cloudflare.edge.r2.bucket.${ACCOUNT}_default_${BUCKET}`]: "*" },
      },
    ],
  });
  const id = key.id ?? "";
  const secret = createHash("sha256")
    .update(key.value ?? "")
    .digest("hex");
  const s3 = served.s3({ id, secret });
  for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: "x" }));
  const origin = await listen(
    async (request) => (await intercept(request.clone() as Request)) ?? served.cloud.api.fetch(request),
  );
  const options = {
    endpoint: ENDPOINT,
    bucketName: BUCKET,
    credentials: { accessKeyId: id, secretAccessKey: secret },
    env: { TENANT_EDGE_R2_ENDPOINT: `${origin}/r2/` },
  };
  return { served, s3, options };
}

const KEYS = ["a", "b/1", "b/2", "ä ö?&.txt", "z"];

describe("emptying a bucket", () => {
  it("deletes every object in batches, with progress, until R2 deletes the bucket", async () => {
    const { served, options } = await setUp(KEYS);
    expect(await hasObjects(options)).toBe(true);
    const progress: number[] = [];
    expect(await emptyBucket({ ...options, batch: 2, onProgress: (done) => progress.push(done) })).toBe(5);
    expect(progress).toEqual([2, 4, 5]);
    expect(await hasObjects(options)).toBe(false);
    await served.client.r2.buckets.delete(BUCKET, { account_id: ACCOUNT });
    expect(await emptyBucket(options)).toBe(0);
  });

  it("stops between batches when told to, and goes on in the next run", async () => {
    const { options } = await setUp(KEYS);
    const stop = new AbortController();
    const stopped = emptyBucket({
      ...options,
      batch: 2,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error("enough")),
    });
    await expect(stopped).rejects.toThrow("enough");
    expect(await emptyBucket(options)).toBe(3);
  });

  it("asks before each batch, and deletes no more once it is told not to", async () => {
    const { options } = await setUp(KEYS);
    let asked = 0;
    const stopped = emptyBucket({
      ...options,
      batch: 2,
      beforeBatch: async () => {
        asked += 1;
        if (asked === 2) throw new Error("in use again");
      },
    });
    await expect(stopped).rejects.toThrow("in use again");
    expect(await emptyBucket(options)).toBe(3);
  });

  it("names objects that stay, after deleting the others", async () => {
    const locked = (body: string) => /<Key>(b[^<]*)<\/Key>/.exec(body)?.[1];
    const { options } = await setUp(KEYS, async (request) => {
      const key = request.method === "POST" ? locked(await request.text()) : undefined;
      return key === undefined
        ? undefined
        : xml(
            `<DeleteResult><Error><Key>${key}</Key><Code>ObjectLockedByBucketPolicy</Code></Error></DeleteResult>`,
          );
    });
    await expect(emptyBucket({ ...options, batch: 1 })).rejects.toThrow(
      /2 objects of bucket te-prod-acme could not be deleted \(3 were\); the first is "b\/1": ObjectLockedByBucketPolicy/,
    );
  });

  it("aborts unfinished uploads, page after page, also ones that are gone meanwhile", async () => {
    let listings = 0;
    const { served, s3, options } = await setUp([], async (request) => {
      const { pathname, searchParams: query } = new URL(request.url);
      if (request.method === "DELETE" && pathname.endsWith("/late")) {
        // Somebody else is faster.
        const id = query.get("uploadId") ?? "";
        served.cloud.objects.abortUpload(ADDRESS, "late", id);
      }
      if (request.method === "GET" && query.has("uploads")) listings += 1;
      return undefined;
    });
    const begin = (Key: string) => s3.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key }));
    await begin("late");
    for (const key of ["a", "ä ö?&.txt", "ä ö?&.txt", "ä ö?&.txt"]) await begin(key);
    expect(await emptyBucket({ ...options, batch: 2 })).toBe(0);
    expect(listings).toBe(3);
    expect(served.cloud.objects.usage(ADDRESS).uploadCount).toBe(0);
  });

  it("says which permission is missing, and shows no secret", async () => {
    const { options } = await setUp([]);
    const secretAccessKey = "0".repeat(64);
    const refused = emptyBucket({
      ...options,
      credentials: { ...options.credentials, secretAccessKey },
    });
    await expect(refused).rejects.toThrow(/refused to open bucket te-prod-acme.*Workers R2 Storage Write/);
    await expect(refused).rejects.not.toThrow(secretAccessKey);
  });
});

describe("S3 credentials of the API token", () => {
  it("are its id and the hash of its value", async () => {
    const { token, origin, cloud } = await startCloud();
    const api = new CloudflareApi({ apiToken: token, baseUrl: `${origin}/client/v4` }, new ApiBudget());
    const { accessKeyId, secretAccessKey } = await apiTokenCredentials(api, ACCOUNT);
    expect(secretAccessKey).toBe(createHash("sha256").update(token).digest("hex"));
    expect(cloud.calls.since(0).some(({ tokenId }) => tokenId === accessKeyId)).toBe(true);
  });

  it("come from the user's own place for a user's token, and an unknown token is refused", async () => {
    const verified: string[] = [];
    const origin = await listen((request) => {
      const { pathname } = new URL(request.url);
      verified.push(pathname);
      const known =
        pathname === "/user/tokens/verify" && request.headers.get("authorization") === "Bearer of-a-user";
      return known
        ? Response.json({ success: true, result: { id: "user-token", status: "active" } })
        : Response.json({ success: false, errors: [{ code: 1000, message: "Invalid" }] }, { status: 401 });
    });
    const credentialsOf = (apiToken: string) =>
      apiTokenCredentials(new CloudflareApi({ apiToken, baseUrl: origin }, new ApiBudget()), ACCOUNT);
    expect((await credentialsOf("of-a-user")).accessKeyId).toBe("user-token");
    await expect(credentialsOf("of-nobody")).rejects.toThrow("401");
    expect(verified[0]).toBe(`/accounts/${ACCOUNT}/tokens/verify`);
  });
});

describe("the address of R2", () => {
  it("is Cloudflare's own unless a stand-in is set", () => {
    const eu = `https://${ACCOUNT}.eu.r2.cloudflarestorage.com`;
    expect(r2ClientSettings(eu, {})).toMatchObject({ endpoint: eu, region: "auto", forcePathStyle: true });
    const env = { TENANT_EDGE_R2_ENDPOINT: "http://127.0.0.1:1/r2" };
    expect(r2ClientSettings(eu, env).endpoint).toBe(`http://127.0.0.1:1/r2/${ACCOUNT}.eu`);
    expect(r2ClientSettings("https://s3.example.com", env).endpoint).toBe("https://s3.example.com");
    expect(() => r2ClientSettings(eu, { TENANT_EDGE_R2_ENDPOINT: "localhost" })).toThrow(
      /TENANT_EDGE_R2_ENDPOINT is no http or https URL: expected an http or https URL/,
    );
  });
});
