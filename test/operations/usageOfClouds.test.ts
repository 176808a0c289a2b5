/** Usage as the emulated clouds tell it: of what really happened in them. */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { describe, expect, it, onTestFinished } from "vitest";
import { apiTokenCredentials } from "../../bucket/apiTokenCredentials.ts";
import { r2ClientSettings } from "../../bucket/r2Endpoint.ts";
import { ApiBudget } from "../../clients/apiBudget.ts";
import { CloudflareApi } from "../../clients/cloudflareApi.ts";
import { usage } from "../../operations/usage.ts";
import type { Jurisdiction } from "../../sandbox/cloudflare/tokenPolicy.ts";
import { edgeApp } from "../../sandbox/edge/edge.ts";
import { visit } from "../../sandbox/edge/visit.ts";
import { type HttpServer, serveHttp } from "../../sandbox/serveHttp.ts";
import { configurationOf, fakeContext, listedTenant } from "../orphans/fakeContext.ts";
import { CLOUDFLARE_ACCOUNT, EmulatedClouds } from "../sandbox/hosts/emulatedClouds.ts";

const TENANTS = [
  listedTenant({ id: "acme", hostnames: ["shop.example.com"] }),
  listedTenant({ id: "eu", bucket: { jurisdiction: "eu" } }),
];
/** What the edge says to a visitor while nobody is connected: `error code: 1033`. */
const ANSWER_BYTES = 16;

async function served(app: Parameters<typeof serveHttp>[0]): Promise<HttpServer> {
  const server = await serveHttp(app);
  onTestFinished(() => server.close());
  return server;
}

/** The clouds at a time that the test sets, with the tenants' buckets and hostnames in them. */
async function start() {
  const clock = { now: new Date() };
  const clouds = await EmulatedClouds.start({ now: () => clock.now });
  const { cloudflare } = clouds;
  const { url } = await served(cloudflare.api);
  const edge = await served(edgeApp(clouds));
  const api = new CloudflareApi(
    { apiToken: cloudflare.mintDeployToken(CLOUDFLARE_ACCOUNT), baseUrl: `${url}/client/v4` },
    new ApiBudget(),
  );
  const credentials = await apiTokenCredentials(api, CLOUDFLARE_ACCOUNT);

  /** A bucket, and a client for it that keeps to the test's time. */
  const bucket = (name: string, jurisdiction: Jurisdiction) => {
    cloudflare.buckets.create(CLOUDFLARE_ACCOUNT, jurisdiction, { name });
    const account = jurisdiction === "default" ? CLOUDFLARE_ACCOUNT : `${CLOUDFLARE_ACCOUNT}.${jurisdiction}`;
    const endpoint = `https://${account}.r2.cloudflarestorage.com`;
    const settings = r2ClientSettings(endpoint, { TENANT_EDGE_R2_ENDPOINT: `${url}/r2` });
    const s3 = new S3Client({ ...settings, credentials });
    onTestFinished(() => s3.destroy());
    const Bucket = name;
    const inTime = () => {
      s3.config.systemClockOffset = clock.now.getTime() - Date.now();
      return s3;
    };
    return {
      put: (Key: string, bytes: number) =>
        inTime().send(
          new PutObjectCommand({ Bucket, Key, Body: "x".repeat(bytes), ContentType: "text/plain" }),
        ),
      get: async (Key: string) => {
        const { Body } = await inTime().send(new GetObjectCommand({ Bucket, Key }));
        await Body?.transformToString();
      },
      list: () => inTime().send(new ListObjectsV2Command({ Bucket })),
      delete: (Key: string) => inTime().send(new DeleteObjectCommand({ Bucket, Key })),
    };
  };
  const tunnel = clouds.tunnel("te-staging-acme");
  for (const name of ["acme", "shop", "eu", "elsewhere"]) {
    clouds.record(`${name}.example.com`, `${tunnel.id}.cfargotunnel.com`);
  }
  return {
    at: (time: string) => {
      clock.now = new Date(time);
    },
    acme: bucket("te-staging-acme", "default"),
    eu: bucket("te-staging-eu", "eu"),
    other: bucket("somebody-elses", "default"),
    visit: (hostname: string) => visit(edge.url, hostname),
    context: fakeContext({
      cloudflare: api,
      now: () => clock.now,
      configuration: async () => configurationOf(TENANTS),
      engine: { deployed: async () => ({ tenants: new Map(), unreadable: [] }) },
    }),
  };
}

describe("usage of the emulated clouds", () => {
  it("is what buckets held and hostnames were asked for, in this month alone", async () => {
    const { at, acme, eu, other, visit: visitor, context } = await start();
    at("2026-10-31T23:50:00Z");
    await acme.put("a", 100);
    await visitor("acme.example.com");

    at("2026-11-20T09:15:00Z");
    await acme.put("b", 50);
    await acme.list();
    await acme.get("a");
    await acme.get("a");
    await acme.get("b");
    await acme.delete("b");
    await eu.put("a", 7);
    await other.put("a", 1000);
    for (const name of ["acme", "acme", "shop", "eu", "elsewhere"]) await visitor(`${name}.example.com`);

    at("2026-11-22T12:30:00Z");
    await visitor("shop.example.com");
    const { month, from, tenants } = await usage(context.context, {}, {});
    expect([month, from, context.events]).toEqual(["2026-11", "2026-11-01T00:00:00.000Z", []]);
    /** Key and content type. */
    const metadataBytes = "atext/plain".length;
    expect(tenants).toEqual([
      {
        tenant: "acme",
        bucket: "te-staging-acme",
        bucketBytes: 150 + 2 * metadataBytes,
        bucketObjects: 2,
        classAOperations: 2,
        classBOperations: 3,
        requests: 4,
        responseBytes: 4 * ANSWER_BYTES,
      },
      {
        tenant: "eu",
        bucket: "te-staging-eu",
        bucketBytes: 7 + metadataBytes,
        bucketObjects: 1,
        classAOperations: 1,
        classBOperations: 0,
        requests: 1,
        responseBytes: ANSWER_BYTES,
      },
    ]);
  });
});
