/** What buckets and hostnames used, by Cloudflare's analytics. */
import { z } from "zod";
import type { CloudflareApi } from "../clients/cloudflareApi.ts";
import { type DataSet, readDataSet, Scope } from "./dataSet.ts";
import type { TimeRange } from "./month.ts";
import { OperationClass, operationClass } from "./operationClass.ts";

const amount = z.number().nonnegative();
const bucketName = z.string();

/** Cloudflare R2 documentation, "Metrics and analytics"; kept for 31 days. */
const STORAGE: DataSet<{ name: string; bytes: number; objects: number }> = {
  name: "r2StorageAdaptiveGroups",
  scope: Scope.Account,
  nameField: "bucketName",
  condition: "",
  fields: "max { payloadSize metadataSize objectCount } dimensions { bucketName }",
  row: z
    .object({
      max: z.object({ payloadSize: amount, metadataSize: amount, objectCount: amount }),
      dimensions: z.object({ bucketName }),
    })
    .transform(({ max, dimensions }) => ({
      name: dimensions.bucketName,
      bytes: max.payloadSize + max.metadataSize,
      objects: max.objectCount,
    })),
  rowsPerName: 1,
};

const OPERATIONS: DataSet<{ name: string; action: string; count: number }> = {
  name: "r2OperationsAdaptiveGroups",
  scope: Scope.Account,
  nameField: "bucketName",
  condition: "",
  fields: "sum { requests } dimensions { bucketName actionType }",
  row: z
    .object({
      sum: z.object({ requests: amount }),
      dimensions: z.object({ bucketName, actionType: z.string() }),
    })
    .transform(({ sum, dimensions }) => ({
      name: dimensions.bucketName,
      action: dimensions.actionType,
      count: sum.requests,
    })),
  rowsPerName: 50,
};

/** Of visitors alone: without health checks, purges and subrequests of Cloudflare's own. */
const REQUESTS: DataSet<{ name: string; count: number; bytes: number }> = {
  name: "httpRequestsAdaptiveGroups",
  scope: Scope.Zone,
  nameField: "clientRequestHTTPHost",
  condition: 'requestSource: "eyeball"',
  fields: "count sum { edgeResponseBytes } dimensions { clientRequestHTTPHost }",
  row: z
    .object({
      count: amount,
      sum: z.object({ edgeResponseBytes: amount }),
      dimensions: z.object({ clientRequestHTTPHost: z.string() }),
    })
    .transform(({ count, sum, dimensions }) => ({
      name: dimensions.clientRequestHTTPHost,
      count,
      bytes: sum.edgeResponseBytes,
    })),
  rowsPerName: 1,
};

export interface BucketUsage {
  /** Largest size of objects and their metadata. */
  bytes: number;
  objects: number;
  classA: number;
  classB: number;
}

export interface HostnameUsage {
  requests: number;
  responseBytes: number;
}

interface Asked {
  now: Date;
  signal?: AbortSignal | undefined;
}

/**
 * @param names as analytics know them: with `<jurisdiction>_` before a bucket that has one.
 * @returns by those names; what was never used is missing. `from`: since when it is all.
 */
export async function bucketUsage(
  cloudflare: CloudflareApi,
  accountId: string,
  names: readonly string[],
  range: TimeRange,
  asked: Asked,
): Promise<{ usage: Map<string, BucketUsage>; from: Date }> {
  const stored = await readDataSet(cloudflare, STORAGE, accountId, names, range, asked);
  const operations = await readDataSet(cloudflare, OPERATIONS, accountId, names, range, asked);
  const usage = new Map<string, BucketUsage>();
  const of = (name: string) => {
    const known = usage.get(name) ?? { bytes: 0, objects: 0, classA: 0, classB: 0 };
    usage.set(name, known);
    return known;
  };
  for (const { name, bytes, objects } of stored.rows) {
    const bucket = of(name);
    bucket.bytes = Math.max(bucket.bytes, bytes);
    bucket.objects = Math.max(bucket.objects, objects);
  }
  for (const { name, action, count } of operations.rows) {
    const kind = operationClass(action);
    if (kind === OperationClass.A) of(name).classA += count;
    if (kind === OperationClass.B) of(name).classB += count;
  }
  return { usage, from: stored.from > operations.from ? stored.from : operations.from };
}

/** @returns by lower-case hostname; what was never asked for is missing. `from`: since when it is all. */
export async function hostnameUsage(
  cloudflare: CloudflareApi,
  zoneId: string,
  hostnames: readonly string[],
  range: TimeRange,
  asked: Asked,
): Promise<{ usage: Map<string, HostnameUsage>; from: Date }> {
  const { rows, from } = await readDataSet(cloudflare, REQUESTS, zoneId, hostnames, range, asked);
  const usage = new Map<string, HostnameUsage>();
  for (const { name, count, bytes } of rows) {
    const hostname = name.toLowerCase();
    const { requests, responseBytes } = usage.get(hostname) ?? { requests: 0, responseBytes: 0 };
    usage.set(hostname, { requests: requests + count, responseBytes: responseBytes + bytes });
  }
  return { usage, from };
}
