import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { describe, expect, it, onTestFinished } from "vitest";
import { ApiBudget } from "../../clients/apiBudget.ts";
import { CloudflareApi } from "../../clients/cloudflareApi.ts";
import { usage } from "../../operations/usage.ts";
import {
  configurationOf,
  deployedTenant,
  type FakeContext,
  failureOf,
  fakeContext,
  listedTenant,
} from "../orphans/fakeContext.ts";

const NOW = new Date("2026-11-22T12:00:00.000Z");
const DAY = 86_400;

interface Limits {
  enabled: boolean;
  maxDuration: number;
  maxPageSize: number;
  notOlderThan: number;
}

const LIMITS: Limits = { enabled: true, maxDuration: 31 * DAY, maxPageSize: 10_000, notOlderThan: 31 * DAY };

/** A query for one data set, as it arrived. */
interface Query {
  set: string;
  from: string;
  to: string;
  names: string[];
  text: string;
}

interface Analytics {
  limits?: Record<string, Partial<Limits>>;
  /** Rows of one query. */
  rows?: (query: Query) => unknown[];
  /** In the place of any answer. */
  refuse?: (query: string) => Response | undefined;
}

/** Answers as Cloudflare's GraphQL does, and keeps what was asked. */
async function analyticsServer({ limits = {}, rows = () => [], refuse = () => undefined }: Analytics) {
  const queries: Query[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    const { query } = (await request.json()) as { query: string };
    const refused = refuse(query);
    if (refused !== undefined) return refused;
    const [, list = "", set = ""] = /viewer \{ (\w+)\(.*?\) \{ (?:settings \{ )?(\w+)/.exec(query) ?? [];
    const answer = (node: unknown) => Response.json({ data: { viewer: { [list]: [node] } }, errors: null });
    if (query.includes("settings")) return answer({ settings: { [set]: { ...LIMITS, ...limits[set] } } });
    const [, from = "", to = "", names = "[]"] =
      /datetime_geq: "(.*?)", datetime_lt: "(.*?)", \w+_in: (\[.*?\])/.exec(query) ?? [];
    const asked = { set, from, to, names: JSON.parse(names) as string[], text: query };
    queries.push(asked);
    return answer({ [set]: rows(asked) });
  };
  const server = serve({ fetch, hostname: "127.0.0.1", port: 0 });
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { queries, cloudflare: new CloudflareApi({ apiToken: "the-token", baseUrl }, new ApiBudget()) };
}

const storage = (bucketName: string, payloadSize: number, metadataSize: number, objectCount: number) => ({
  max: { payloadSize, metadataSize, objectCount },
  dimensions: { bucketName },
});
const operations = (bucketName: string, actionType: string, requests: number) => ({
  sum: { requests },
  dimensions: { bucketName, actionType },
});
const hits = (clientRequestHTTPHost: string, count: number, edgeResponseBytes: number) => ({
  count,
  sum: { edgeResponseBytes },
  dimensions: { clientRequestHTTPHost },
});

const TENANTS = [
  listedTenant({ id: "acme", hostnames: ["shop.example.com"] }),
  listedTenant({ id: "eu", bucket: { jurisdiction: "eu" } }),
  listedTenant({ id: "plain", bucket: { enabled: false } }),
];

function contextWith(cloudflare: CloudflareApi, tenants = TENANTS, now = NOW): FakeContext {
  return fakeContext({
    cloudflare,
    now: () => now,
    configuration: async () => configurationOf(tenants),
    engine: {
      deployed: async () => ({ tenants: new Map([["gone", deployedTenant("gone")]]), unreadable: [] }),
    },
  });
}

describe("usage", () => {
  it("adds up by tenant what buckets and hostnames used in the month so far", async () => {
    const { cloudflare, queries } = await analyticsServer({
      limits: { r2StorageAdaptiveGroups: { maxDuration: 12 * DAY } },
      rows: ({ set, from }) => {
        const isFirst = from.startsWith("2026-11-01");
        if (set === "r2StorageAdaptiveGroups") {
          return isFirst
            ? [storage("te-staging-acme", 1000, 10, 7), storage("eu_te-staging-eu", 5, 0, 1)]
            : [storage("te-staging-acme", 900, 50, 9), storage("te-staging-gone", 3, 1, 1)];
        }
        if (set === "r2OperationsAdaptiveGroups") {
          return [
            operations("te-staging-acme", "PutObject", 4),
            operations("te-staging-acme", "ListObjects", 1),
            operations("te-staging-acme", "GetObject", 20),
            operations("te-staging-acme", "DeleteObject", 30),
            operations("te-staging-somebody-else", "PutObject", 1000),
          ];
        }
        return [
          hits("acme.example.com", 10, 100),
          hits("SHOP.example.com", 5, 50),
          hits("plain.example.com", 1, 2),
        ];
      },
    });
    const result = await usage(contextWith(cloudflare).context, {}, {});

    const nothing = {
      bucketBytes: 0,
      bucketObjects: 0,
      classAOperations: 0,
      classBOperations: 0,
      requests: 0,
      responseBytes: 0,
    };
    expect(result).toEqual({
      month: "2026-11",
      from: "2026-11-01T00:00:00.000Z",
      to: NOW.toISOString(),
      tenants: [
        {
          tenant: "acme",
          bucket: "te-staging-acme",
          bucketBytes: 1010,
          bucketObjects: 9,
          classAOperations: 5,
          classBOperations: 20,
          requests: 15,
          responseBytes: 150,
        },
        { ...nothing, tenant: "eu", bucket: "te-staging-eu", bucketBytes: 5, bucketObjects: 1 },
        { ...nothing, tenant: "plain", bucket: null, requests: 1, responseBytes: 2 },
        { ...nothing, tenant: "gone", bucket: "te-staging-gone", bucketBytes: 4, bucketObjects: 1 },
      ],
    });
    const requested = queries.find(({ set }) => set === "httpRequestsAdaptiveGroups");
    expect(requested?.names).toContain("shop.example.com");
    expect(requested?.text).toContain('zoneTag: "fedcba9876543210fedcba9876543210"');
  });

  it("asks for one tenant alone", async () => {
    const { cloudflare, queries } = await analyticsServer({});
    const { tenants } = await usage(contextWith(cloudflare).context, { tenant: "eu" }, {});
    expect(tenants.map(({ tenant }) => tenant)).toEqual(["eu"]);
    expect(queries.map(({ names }) => names)).toEqual([
      ["eu_te-staging-eu"],
      ["eu_te-staging-eu"],
      ["eu.example.com"],
    ]);
  });

  it("makes a bounded number of calls, within what the plan allows, for any number of tenants", async () => {
    const many = Array.from({ length: 450 }, (_, index) => listedTenant({ id: `t${index}` }));
    const { cloudflare, queries } = await analyticsServer({
      limits: { httpRequestsAdaptiveGroups: { maxDuration: 10 * DAY } },
    });
    await usage(contextWith(cloudflare, many).context, { month: "2026-11" }, {});
    const of = (name: string) => queries.filter(({ set }) => set === name);
    expect(of("r2StorageAdaptiveGroups")).toHaveLength(1);
    // Of operations a bucket may have some fifty rows, and 10,000 fit one answer.
    expect(of("r2OperationsAdaptiveGroups").map(({ names }) => names.length)).toEqual([200, 200, 51]);
    expect(of("httpRequestsAdaptiveGroups").map(({ from, to }) => [from, to])).toEqual([
      ["2026-11-01T00:00:00.000Z", "2026-11-11T00:00:00.000Z"],
      ["2026-11-11T00:00:00.000Z", "2026-11-21T00:00:00.000Z"],
      ["2026-11-21T00:00:00.000Z", NOW.toISOString()],
    ]);
  });

  it("says since when it is complete, and refuses a month of which nothing is left", async () => {
    const { cloudflare } = await analyticsServer({
      limits: { httpRequestsAdaptiveGroups: { notOlderThan: 8 * DAY } },
      rows: ({ set }) => (set === "httpRequestsAdaptiveGroups" ? [hits("acme.example.com", 1, 1)] : []),
    });
    const { context, events } = contextWith(cloudflare);
    const { from, tenants } = await usage(context, {}, {});
    expect(from).toBe("2026-11-14T12:02:00.000Z");
    expect(tenants[0]?.requests).toBe(1);
    expect(events.map(({ message }) => message)).toEqual([
      "Cloudflare no longer has all of 2026-11: requests are counted since 2026-11-14T12:02:00.000Z",
    ]);
    expect(await failureOf(usage(context, { month: "2026-09" }, {}))).toMatch(
      /^not-allowed-now: .*no longer has figures of 2026-09/,
    );
    expect(await failureOf(usage(context, { month: "2026-12" }, {}))).toMatch(/^invalid-input: /);
    expect(await failureOf(usage(context, { tenant: "nobody" }, {}))).toMatch(/^tenant-not-found: /);
  });

  it("names the permissions when Cloudflare refuses, in a status or in words", async () => {
    const error = (status: number, message: string) =>
      Response.json({ data: null, errors: [{ message }] }, { status });
    for (const refused of [
      () => error(403, "not authorized for that account"),
      () => error(200, "does not have access to the path"),
    ]) {
      const { cloudflare } = await analyticsServer({ refuse: refused });
      expect(await failureOf(usage(contextWith(cloudflare).context, {}, {}))).toMatch(
        /^not-set-up: Cloudflare's analytics refused: (?:not authorized|does not have).*"Account Analytics Read".*"Analytics Read"/,
      );
    }
    const { cloudflare } = await analyticsServer({
      limits: { r2OperationsAdaptiveGroups: { enabled: false } },
    });
    expect(await failureOf(usage(contextWith(cloudflare).context, {}, {}))).toMatch(/^not-set-up: /);
  });

  it("gives no figure rather than a wrong one", async () => {
    const cut = await analyticsServer({
      limits: { r2StorageAdaptiveGroups: { maxPageSize: 2 } },
      rows: ({ names }) => names.map((name) => storage(name, 1, 1, 1)),
    });
    expect(await failureOf(usage(contextWith(cut.cloudflare).context, {}, {}))).toMatch(
      /^cloud-failed: .*only a part of r2StorageAdaptiveGroups/,
    );
    const odd = await analyticsServer({ rows: () => [{ max: null }] });
    expect(await failureOf(usage(contextWith(odd.cloudflare).context, {}, {}))).toMatch(
      /^cloud-failed: .*something unexpected/,
    );
  });
});
