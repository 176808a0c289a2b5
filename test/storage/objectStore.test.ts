import { expect, it, onTestFinished, vi } from "vitest";
import { serveHttp } from "../../sandbox/serveHttp.ts";
import { ABSENT, VersionConflictError } from "../../storage/documentStore.ts";
import { openDocumentStore } from "../../storage/openDocumentStore.ts";
import { parseStorageUrl } from "../../storage/storageUrl.ts";
import { ACCOUNT } from "../sandbox/cloudflare/serve.ts";
import { type ObjectSetting, objectUrl, startObjects } from "./stores.ts";

/** A way to the same bucket on which the answers to the first `count` writes are lost. */
async function losingAnswers({ cloud }: ObjectSetting, count: number): Promise<string> {
  let left = count;
  const server = await serveHttp({
    fetch: async (request) => {
      const answer = await cloud.api.fetch(request);
      if (request.method !== "PUT" || left === 0) return answer;
      left -= 1;
      return new Response(null, { status: 500 });
    },
  });
  onTestFinished(() => server.close());
  return objectUrl({ origin: server.url }, "records/some/prefix");
}

it("knows its own write again when the answer to it was lost", async () => {
  const setting = await startObjects();
  const store = await openDocumentStore(await losingAnswers(setting, 1), setting.env);
  const version = await store.write("a", "mine", ABSENT);
  expect(await store.read("a")).toEqual({ text: "mine", version });
  await expect(store.write("a", "mine", ABSENT)).rejects.toThrow(VersionConflictError);
});

it("does not take another's document for its own when an answer was lost", async () => {
  const setting = await startObjects();
  const [direct, losing] = await Promise.all([
    openDocumentStore(setting.url, setting.env),
    openDocumentStore(await losingAnswers(setting, 1), setting.env),
  ]);
  await direct.write("a", "theirs", ABSENT);
  await expect(losing.write("a", "mine", ABSENT)).rejects.toThrow(VersionConflictError);
});

it("lists more than one page, and nothing beside its prefix", async () => {
  const { url, env, cloud, origin } = await startObjects();
  const store = await openDocumentStore(url, env);
  const outside = await openDocumentStore(objectUrl({ origin }, "records/some/prefixed"), env);
  await outside.write("other", "x", ABSENT);
  await store.write("first", "x", ABSENT);
  const place = { accountId: ACCOUNT, jurisdiction: "default", name: "records" } as const;
  for (let n = 0; n < 1200; n += 1) {
    cloud.objects.put(place, `some/prefix/n/${n}`, Buffer.from("x"), {
      contentType: "text/plain",
      metadata: {},
    });
  }
  expect(await store.list("n/")).toHaveLength(1200);
  expect(await store.list("")).toHaveLength(1201);
});

it("says what the keys may not do, and repeats no secret", async () => {
  const { url, env } = await startObjects("read");
  const store = await openDocumentStore(url, env);
  const secret = env["TENANT_EDGE_STORAGE_SECRET_ACCESS_KEY"] ?? "";
  const error = await failure(store.write("a", "x", ABSENT));
  expect(error).toMatch(
    /^s3:\/\/records\/some\/prefix at http:.*: could not write a \(AccessDenied\)\. .*s3:PutObject/,
  );
  expect(error).not.toContain(secret);
});

it("says which bucket is missing", async () => {
  const setting = await startObjects();
  const store = await openDocumentStore(objectUrl(setting, "nowhere"), setting.env);
  expect(await failure(store.read("a"))).toMatch(/s3:\/\/nowhere at .*\((AccessDenied|NoSuchBucket)\)/);
});

it("says when the keys are wrong, or there are none", async () => {
  const { url, env } = await startObjects();
  const wrong = { ...env, TENANT_EDGE_STORAGE_SECRET_ACCESS_KEY: "f".repeat(64) };
  const mistaken = await openDocumentStore(url, wrong);
  expect(await failure(mistaken.read("a"))).toMatch(
    /SignatureDoesNotMatch.*TENANT_EDGE_STORAGE_ACCESS_KEY_ID/,
  );
  const half = { TENANT_EDGE_STORAGE_ACCESS_KEY_ID: "x" };
  await expect(openDocumentStore(url, half)).rejects.toThrow(/SECRET_ACCESS_KEY is not\./);
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"])
    vi.stubEnv(name, undefined);
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
  vi.stubEnv("AWS_CONFIG_FILE", "/dev/null");
  const anonymous = await openDocumentStore(url, {});
  expect(await failure(anonymous.read("a"))).toMatch(/CredentialsProviderError.*log in to AWS/);
});

it("uses AWS's own credentials and region when none are given", async () => {
  const { url, env } = await startObjects();
  vi.stubEnv("AWS_ACCESS_KEY_ID", env["TENANT_EDGE_STORAGE_ACCESS_KEY_ID"]);
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", env["TENANT_EDGE_STORAGE_SECRET_ACCESS_KEY"]);
  const store = await openDocumentStore(url, {});
  await store.write("a", "x", ABSENT);
  expect((await store.read("a"))?.text).toBe("x");
});

it("understands a location", () => {
  expect(parseStorageUrl("s3://acme-lists/prod/edge/?endpoint=https://x.example&region=weur")).toEqual({
    objects: {
      bucket: "acme-lists",
      prefix: "prod/edge",
      endpoint: "https://x.example",
      region: "weur",
      forcePathStyle: true,
    },
  });
  expect(parseStorageUrl("s3://acme-lists")).toMatchObject({
    objects: { prefix: "", endpoint: undefined, region: undefined, forcePathStyle: false },
  });
  expect(parseStorageUrl("file:///var/lib/a%20b")).toEqual({ folder: "/var/lib/a b" });
  expect(parseStorageUrl("/var/lib")).toEqual({ folder: "/var/lib" });
});

it.each([
  ["", "nothing"],
  ["https://x.example/y", "https:"],
  ["s3://", "bucket"],
  ["s3://Bad_Bucket/x", "bucket"],
  ["s3://id:hunter2@bucket/x", "credentials"],
  ["s3://bucket?endpoint=https://id:hunter2@x.example", "credentials"],
  ["s3://bucket?endpoint=ftp://x", "endpoint"],
  ["s3://bucket?secret=hunter2", '"secret"'],
  ["s3://bucket?forcePathStyle=yes", "forcePathStyle"],
  ["file://host/x", "host"],
])("refuses the location %j, and repeats no secret", (url, reason) => {
  const message = thrown(() => parseStorageUrl(url));
  expect(message).toContain(reason);
  expect(message).toContain("s3://bucket/prefix");
  expect(message).not.toContain("hunter2");
});

async function failure(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => new Error("nothing failed"),
    (reason: unknown) => reason,
  );
  return error instanceof Error ? error.message : String(error);
}

function thrown(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "nothing was thrown";
}
