import { createHash } from "node:crypto";
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { permissionGroupByName } from "../../../sandbox/cloudflare/permissionGroups.ts";
import { Store } from "../../../sandbox/store.ts";
import { ACCOUNT, type Served, startCloud, ZONE } from "./serve.ts";

const DAY = 86_400_000;

interface Answer {
  status: number;
  data: { viewer: { accounts?: Groups[]; zones?: Groups[] } } | null;
  errors: { message: string; path: string[] | null; extensions: { timestamp: string } }[] | null;
}
type Groups = Record<string, unknown>;

/** A cloud whose clock the test moves, with one bucket and the deployer's S3 keys. */
async function start(options: { store?: Store } = {}) {
  const clock = { now: new Date() };
  const served = await startCloud({ ...options, now: () => clock.now });
  served.cloud.buckets.create(ACCOUNT, "default", { name: "acme" });
  const { id } = await served.client.accounts.tokens.verify({ account_id: ACCOUNT });
  const s3 = served.s3({ id, secret: createHash("sha256").update(served.token).digest("hex") });
  const wait = (milliseconds: number) => {
    clock.now = new Date(clock.now.getTime() + milliseconds);
    // The client signs with its own clock, and sets that by the server's answers.
    s3.config.systemClockOffset = clock.now.getTime() - Date.now();
  };
  return { served, s3, clock, wait };
}

async function ask(
  { origin, token }: Served,
  query: string,
  variables: object = {},
  authorization = `Bearer ${token}`,
): Promise<Answer> {
  const response = await fetch(`${origin}/client/v4/graphql`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify({ query, variables: { account: ACCOUNT, zone: ZONE, ...variables } }),
  });
  return { status: response.status, ...((await response.json()) as Omit<Answer, "status">) };
}

const OPERATIONS = `query Operations($account: string!, $from: Time!, $to: Time!) {
  viewer { accounts(filter: {accountTag: $account}) {
    r2OperationsAdaptiveGroups(limit: 10000, filter: {datetime_geq: $from, datetime_lt: $to}, orderBy: [sum_requests_DESC]) {
      sum { requests } dimensions { bucketName actionType actionStatus }
    } } } }`;

const STORAGE = `query Storage($account: String!, $from: Time!, $to: Time!) {
  viewer { accounts(filter: {accountTag: $account}) {
    r2StorageAdaptiveGroups(limit: 10000, filter: {datetime_geq: $from, datetime_lt: $to}, orderBy: [date_ASC]) {
      max { payloadSize objectCount uploadCount metadataSize } dimensions { bucketName date }
    } } } }`;

const REQUESTS = `query Requests($zone: string!, $from: Time!, $to: Time!, $hosts: [string!]) {
  viewer { zones(filter: {zoneTag: $zone}) {
    httpRequestsAdaptiveGroups(limit: 100, filter: {datetime_geq: $from, datetime_lt: $to, clientRequestHTTPHost_in: $hosts}) {
      count sum { edgeResponseBytes } dimensions { clientRequestHTTPHost }
    } } } }`;

/** From a moment long enough before the clock's time to just after it. */
function last(milliseconds: number, now: Date) {
  return {
    from: new Date(now.getTime() - milliseconds).toISOString(),
    to: new Date(now.getTime() + 1000).toISOString(),
  };
}

function put(s3: S3Client, Key: string, bytes: number) {
  return s3.send(new PutObjectCommand({ Bucket: "acme", Key, Body: "x".repeat(bytes) }));
}

describe("operations on buckets", () => {
  it("are counted by bucket, kind and outcome", async () => {
    const { served, s3, clock } = await start();
    await put(s3, "a", 10);
    await put(s3, "b", 10);
    await s3.send(new ListObjectsV2Command({ Bucket: "acme" }));
    await s3.send(new GetObjectCommand({ Bucket: "acme", Key: "nothing" })).catch(() => {});
    const { data, status } = await ask(served, OPERATIONS, last(DAY, clock.now));
    expect(status).toBe(200);
    const group = (requests: number, actionType: string, actionStatus = "success") => ({
      sum: { requests },
      dimensions: { bucketName: "acme", actionType, actionStatus },
    });
    expect(data?.viewer.accounts?.[0]?.["r2OperationsAdaptiveGroups"]).toEqual([
      group(2, "PutObject"),
      group(1, "ListObjects"),
      group(1, "GetObject", "userError"),
    ]);
  });

  it("that nobody was allowed to make are not counted", async () => {
    const { served, clock } = await start();
    const { id } = await served.client.accounts.tokens.verify({ account_id: ACCOUNT });
    await put(served.s3({ id, secret: "0".repeat(64) }), "a", 1).catch(() => {});
    const { token, value } = served.cloud.tokens.create(ACCOUNT, {
      name: "keys of another bucket",
      policies: [
        {
          effect: "allow",
          permission_groups: [{ id: permissionGroupByName("Workers R2 Storage Bucket Item Write").id }],
          resources: { [`com.cloudflare.edge.r2.bucket.${ACCOUNT}_default_other`]: "*" },
        },
      ],
    });
    const foreign = { id: token.id, secret: createHash("sha256").update(value).digest("hex") };
    await put(served.s3(foreign), "a", 1).catch(() => {});
    const { data } = await ask(served, OPERATIONS, last(DAY, clock.now));
    expect(data?.viewer.accounts?.[0]?.["r2OperationsAdaptiveGroups"]).toEqual([]);
  });

  it("are found by their time, and one record of an hour holds them all", async () => {
    const store = Store.inMemory();
    const { served, s3, clock, wait } = await start({ store });
    for (let count = 0; count < 3; count += 1) await put(s3, "a", 1);
    wait(2 * DAY);
    await put(s3, "a", 1);
    expect(store.collection("cloudflare.analytics.operations").size).toBe(2);
    const sums = async (milliseconds: number) => {
      const { data } = await ask(served, OPERATIONS, last(milliseconds, clock.now));
      const groups = data?.viewer.accounts?.[0]?.["r2OperationsAdaptiveGroups"];
      return (groups as { sum: { requests: number } }[]).map(({ sum }) => sum.requests);
    };
    expect([await sums(DAY), await sums(3 * DAY)]).toEqual([[1], [4]]);
    wait(40 * DAY);
    await put(s3, "a", 1);
    expect(store.collection("cloudflare.analytics.operations").size).toBe(1);
  });
});

describe("storage of buckets", () => {
  it("is the most that was there, day by day, also on days on which nothing changed", async () => {
    const { served, s3, clock, wait } = await start();
    await put(s3, "a", 100);
    await put(s3, "b", 50);
    await s3.send(new DeleteObjectCommand({ Bucket: "acme", Key: "b" }));
    wait(2 * DAY);
    await put(s3, "a", 400);
    const { data } = await ask(served, STORAGE, last(3 * DAY, clock.now));
    const groups = data?.viewer.accounts?.[0]?.["r2StorageAdaptiveGroups"] as {
      max: Record<string, number>;
      dimensions: { date: string; bucketName: string };
    }[];
    expect(groups.map(({ max }) => [max["payloadSize"], max["objectCount"]])).toEqual([
      [150, 2],
      [100, 1],
      [400, 1],
    ]);
    expect(groups.at(-1)?.dimensions).toEqual({
      bucketName: "acme",
      date: clock.now.toISOString().slice(0, 10),
    });
  });

  it("knows what was there before the sandbox was stopped, and unfinished uploads", async () => {
    const store = Store.inMemory();
    const first = await start({ store });
    await put(first.s3, "a", 7);
    const again = await startCloud({ store });
    const address = { accountId: ACCOUNT, jurisdiction: "default", name: "acme" } as const;
    expect(again.cloud.objects.usage(address)).toMatchObject({ payloadSize: 7, objectCount: 1 });
    const { id } = await again.client.accounts.tokens.verify({ account_id: ACCOUNT });
    const s3 = again.s3({ id, secret: createHash("sha256").update(again.token).digest("hex") });
    await s3.send(new CreateMultipartUploadCommand({ Bucket: "acme", Key: "big" }));
    expect(again.cloud.objects.usage(address).uploadCount).toBe(1);
  });
});

describe("requests by hostname", () => {
  it("are counted, with the bytes of their answers", async () => {
    const { served, clock } = await start();
    const { analytics } = served.cloud;
    analytics.countRequest(ZONE, "acme.example.com", { count: 1, bytes: 0 });
    analytics.countRequest(ZONE, "acme.example.com", { count: 0, bytes: 120 });
    analytics.countRequest(ZONE, "other.example.com", { count: 1, bytes: 5 });
    const { data } = await ask(served, REQUESTS, {
      ...last(DAY / 2, clock.now),
      hosts: ["acme.example.com"],
    });
    expect(data?.viewer.zones).toEqual([
      {
        httpRequestsAdaptiveGroups: [
          {
            count: 1,
            sum: { edgeResponseBytes: 120 },
            dimensions: { clientRequestHTTPHost: "acme.example.com" },
          },
        ],
      },
    ]);
  });

  it("are filtered by alternatives, patterns and days, and not grouped when no dimension is asked for", async () => {
    const { served, clock } = await start();
    for (const host of ["a.example.com", "b.example.com", "c.example.org"])
      served.cloud.analytics.countRequest(ZONE, host, { count: 2, bytes: 1 });
    const date = clock.now.toISOString().slice(0, 10);
    const count = async (filter: string) => {
      const { data, errors } = await ask(
        served,
        `{ viewer { zones(filter: {zoneTag: "${ZONE}"}) {
          httpRequestsAdaptiveGroups(limit: 10, filter: {date: "${date}", ${filter}}) { ...total } } } }
        fragment total on ZoneHttpRequestsAdaptiveGroups { count }`,
      );
      expect(errors).toBeNull();
      return data?.viewer.zones?.[0]?.["httpRequestsAdaptiveGroups"];
    };
    expect(await count("")).toEqual([{ count: 6 }]);
    expect(await count('requestSource: "eyeball"')).toEqual([{ count: 6 }]);
    expect(await count('requestSource_neq: "eyeball"')).toEqual([]);
    expect(await count('clientRequestHTTPHost_like: "%.example.com"')).toEqual([{ count: 4 }]);
    const either =
      'OR: [{clientRequestHTTPHost: "a.example.com"}, {clientRequestHTTPHost_gt: "b.example.com"}]';
    expect(await count(either)).toEqual([{ count: 4 }]);
  });
});

describe("a query is refused", () => {
  const recent = last(DAY / 2, new Date());

  it.each([
    [
      "for longer than the zone's plan allows",
      REQUESTS,
      last(2 * DAY, new Date()),
      400,
      "query time range is too large",
    ],
    [
      "for what is older than 31 days",
      OPERATIONS,
      last(32 * DAY, new Date()),
      400,
      "cannot request data older than 2678400s",
    ],
    [
      "for a page that is too large",
      REQUESTS.replace("100", "10001"),
      recent,
      400,
      "limit must be positive number and not greater than 10000",
    ],
    [
      "for another account",
      OPERATIONS,
      { ...recent, account: "f".repeat(32) },
      403,
      "not authorized for that account",
    ],
    [
      "for another zone",
      REQUESTS,
      { ...recent, zone: "0".repeat(32) },
      403,
      `zones [${"0".repeat(32)}] are not authorized`,
    ],
    ["for a field that there is not", "{ viewer { nothing } }", recent, 400, 'unknown field "nothing"'],
    ["when it is none", "{ viewer {", recent, 400, "Syntax Error"],
  ])("%s", async (_what, query, variables, status, message) => {
    const { served } = await start();
    const answer = await ask(served, query, variables);
    expect([answer.status, answer.data]).toEqual([status, null]);
    expect(answer.errors?.[0]?.message).toContain(message);
    expect(answer.errors?.[0]?.extensions.timestamp).toMatch(/^\d{4}-/);
  });

  it("without the permission, and without a token that is good", async () => {
    const { served, clock } = await start();
    const { value } = served.cloud.tokens.create(ACCOUNT, {
      name: "dns",
      policies: [
        {
          effect: "allow",
          permission_groups: [{ id: permissionGroupByName("DNS Read").id }],
          resources: {
            [`com.cloudflare.api.account.${ACCOUNT}`]: { "com.cloudflare.api.account.zone.*": "*" },
          },
        },
      ],
    });
    const range = last(DAY / 2, clock.now);
    expect((await ask(served, OPERATIONS, range, `Bearer ${value}`)).errors?.[0]?.message).toBe(
      "not authorized for that account",
    );
    expect((await ask(served, REQUESTS, range, `Bearer ${value}`)).status).toBe(403);
    const unknown = await ask(served, OPERATIONS, range, `Bearer ${"x".repeat(40)}`);
    expect([unknown.status, unknown.errors?.[0]?.message]).toEqual([401, "Unauthorized"]);
  });

  it("which the settings node tells before", async () => {
    const { served } = await start();
    const { data } = await ask(
      served,
      `{ viewer { zones(filter: {zoneTag: "${ZONE}"}) { settings {
        httpRequestsAdaptiveGroups { enabled maxDuration maxPageSize notOlderThan } } } } }`,
    );
    expect(data?.viewer.zones?.[0]?.["settings"]).toEqual({
      httpRequestsAdaptiveGroups: {
        enabled: true,
        maxDuration: 86_400,
        maxPageSize: 10_000,
        notOlderThan: 2_678_400,
      },
    });
  });
});
