/**
 * What buckets held at times of a range. A bucket is sampled when something in it changes, and Cloudflare samples it
 * always: so what it held before stands at the beginning of the range and of each of its days.
 */
import type { BucketUsage } from "../bucketUsage.ts";
import type { StorageSample } from "./analytics.ts";
import type { TimeRange } from "./datasets.ts";
import type { HourlyRecord } from "./hourlyRecords.ts";

interface StorageRow {
  /** Milliseconds since 1970. */
  time: number;
  bucketName: string;
  usage: BucketUsage;
}

const DAY = 86_400_000;

/** @param records oldest first */
export function storageRows(
  records: readonly HourlyRecord<{ bucketName: string }, StorageSample>[],
  { start, end }: TimeRange,
): StorageRow[] {
  const byBucket = Map.groupBy(records, ({ labels }) => labels.bucketName);
  return [...byBucket].flatMap(([bucketName, samples]) => {
    const within = samples
      .filter(({ hour }) => hour >= start && hour < end)
      .map(({ hour, values }) => ({ time: hour, bucketName, usage: values.most }));
    const carried = daysOf({ start, end }).flatMap((time) => {
      const usage = samples.findLast(({ hour }) => hour < time)?.values.last;
      return usage === undefined || isNothing(usage) ? [] : [{ time, bucketName, usage }];
    });
    return [...carried, ...within];
  });
}

/** The range's beginning, and midnights in it. */
function daysOf({ start, end }: TimeRange): number[] {
  const days = [start];
  for (let day = Math.floor(start / DAY) * DAY + DAY; day < end; day += DAY) days.push(day);
  return days;
}

function isNothing({ objectCount, uploadCount }: BucketUsage): boolean {
  return objectCount === 0 && uploadCount === 0;
}
