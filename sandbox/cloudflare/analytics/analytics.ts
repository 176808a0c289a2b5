/** What the sandbox counts for the GraphQL Analytics API: everything that really happened in it, and nothing else. */
import type { Store } from "../../store.ts";
import type { BucketAddress } from "../buckets.ts";
import type { BucketUsage } from "../bucketUsage.ts";
import { Jurisdiction } from "../tokenPolicy.ts";
import { HourlyRecords } from "./hourlyRecords.ts";

interface OperationLabels extends Record<string, string> {
  accountId: string;
  /** Empty for what is of no bucket. */
  bucketName: string;
  actionType: string;
  actionStatus: string;
}

interface BucketLabels extends Record<string, string> {
  accountId: string;
  bucketName: string;
}

interface HostLabels extends Record<string, string> {
  zoneId: string;
  hostname: string;
}

export interface StorageSample {
  /** The most of everything within the hour. */
  most: BucketUsage;
  /** At its end. */
  last: BucketUsage;
}

export class Analytics {
  readonly operations: HourlyRecords<OperationLabels, { requests: number }>;
  readonly storage: HourlyRecords<BucketLabels, StorageSample>;
  readonly requests: HourlyRecords<HostLabels, { count: number; bytes: number }>;

  constructor(store: Store, now: () => Date) {
    this.operations = new HourlyRecords(store, "operations", now);
    this.storage = new HourlyRecords(store, "storage", now);
    this.requests = new HourlyRecords(store, "requests", now);
  }

  /** An operation of the S3 side on a bucket, or on the account when there is none. */
  countOperation(
    accountId: string,
    bucket: BucketAddress | undefined,
    actionType: string,
    status: number,
  ): void {
    const actionStatus = status < 400 ? "success" : status < 500 ? "userError" : "internalError";
    const bucketName = bucket === undefined ? "" : nameOf(bucket);
    this.operations.update({ accountId, bucketName, actionType, actionStatus }, (known) => ({
      requests: (known?.requests ?? 0) + 1,
    }));
  }

  /** What is in a bucket after a change of it. */
  sampleStorage(bucket: BucketAddress, usage: BucketUsage): void {
    const labels = { accountId: bucket.accountId, bucketName: nameOf(bucket) };
    this.storage.update(labels, (known) => ({
      most: known === undefined ? usage : greater(known.most, usage),
      last: usage,
    }));
  }

  /** A visitor's request at the edge, or more bytes of an answer that was counted already. */
  countRequest(zoneId: string, hostname: string, { count, bytes }: { count: number; bytes: number }): void {
    this.requests.update({ zoneId, hostname }, (known) => ({
      count: (known?.count ?? 0) + count,
      bytes: (known?.bytes ?? 0) + bytes,
    }));
  }
}

/** Cloudflare R2 documentation, "Metrics and analytics": a jurisdiction stands before the name. */
function nameOf({ jurisdiction, name }: BucketAddress): string {
  return jurisdiction === Jurisdiction.default ? name : `${jurisdiction}_${name}`;
}

function greater(one: BucketUsage, other: BucketUsage): BucketUsage {
  return {
    payloadSize: Math.max(one.payloadSize, other.payloadSize),
    metadataSize: Math.max(one.metadataSize, other.metadataSize),
    objectCount: Math.max(one.objectCount, other.objectCount),
    uploadCount: Math.max(one.uploadCount, other.uploadCount),
  };
}
