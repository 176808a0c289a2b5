/**
 * The datasets that the sandbox has, with the field names of Cloudflare R2 documentation, "Metrics and analytics", and
 * Cloudflare Analytics documentation, "GraphQL Analytics API". Cloudflare samples; these numbers are exact. Times are the
 * beginnings of hours.
 */
import { Plan, type Zones } from "../zones.ts";
import type { Analytics } from "./analytics.ts";
import { RETENTION } from "./hourlyRecords.ts";
import { storageRows } from "./storageRows.ts";

export const Scope = { account: "account", zone: "zone" } as const;
export type Scope = (typeof Scope)[keyof typeof Scope];

/** What a dataset is grouped and filtered by. */
export const DimensionKind = { text: "string", date: "Date", time: "Time" } as const;
export type DimensionKind = (typeof DimensionKind)[keyof typeof DimensionKind];

export interface Row {
  dimensions: Record<string, string>;
  /** By path: `count`, `sum.requests`, `max.payloadSize`. */
  values: Record<string, number>;
}

/** Milliseconds since 1970; the end is not in it. */
export interface TimeRange {
  start: number;
  end: number;
}

/** In seconds, as the settings node tells them. */
export interface Limits {
  notOlderThan: number;
  maxDuration: number;
  maxPageSize: number;
}

export interface Dataset {
  name: string;
  scope: Scope;
  dimensions: Record<string, DimensionKind>;
  /** Paths of the values. */
  values: string[];
  limits(scopeId: string): Limits;
  rows(scopeId: string, range: TimeRange): Row[];
}

const TIMES = {
  date: DimensionKind.date,
  datetime: DimensionKind.time,
  datetimeHour: DimensionKind.time,
} as const;

const DAY_SECONDS = 86_400;
const NOT_OLDER_THAN = RETENTION / 1000;
const PAGE_SIZE = 10_000;

/** Cloudflare tells the limits of a zone's datasets in the settings node alone; they depend on its plan. */
const FREE_DURATION = DAY_SECONDS;
const PAID_DURATION = 3 * DAY_SECONDS;

/** What a visitor asked for. The sandbox has no Workers, whose subrequests would have another source. */
const VISITOR = "eyeball";

export function timeDimensions(time: number): { date: string; datetime: string; datetimeHour: string } {
  const datetime = new Date(time).toISOString().replace(".000Z", "Z");
  return { date: datetime.slice(0, 10), datetime, datetimeHour: datetime };
}

export function datasets(analytics: Analytics, zones: Zones): Dataset[] {
  const ofAccount = () => ({
    notOlderThan: NOT_OLDER_THAN,
    maxDuration: NOT_OLDER_THAN,
    maxPageSize: PAGE_SIZE,
  });
  return [
    {
      name: "r2OperationsAdaptiveGroups",
      scope: Scope.account,
      dimensions: {
        ...TIMES,
        bucketName: DimensionKind.text,
        actionType: DimensionKind.text,
        actionStatus: DimensionKind.text,
      },
      values: ["sum.requests"],
      limits: ofAccount,
      rows: (scopeId) =>
        analytics.operations
          .of(({ accountId }) => accountId === scopeId)
          .map(({ hour, labels: { accountId: _, ...labels }, values: { requests } }) => ({
            dimensions: { ...labels, ...timeDimensions(hour) },
            values: { "sum.requests": requests },
          })),
    },
    {
      name: "r2StorageAdaptiveGroups",
      scope: Scope.account,
      dimensions: { ...TIMES, bucketName: DimensionKind.text },
      values: ["max.payloadSize", "max.metadataSize", "max.objectCount", "max.uploadCount"],
      limits: ofAccount,
      rows: (scopeId, range) =>
        storageRows(
          analytics.storage.of(({ accountId }) => accountId === scopeId),
          range,
        ).map(({ time, bucketName, usage }) => ({
          dimensions: { bucketName, ...timeDimensions(time) },
          values: Object.fromEntries(Object.entries(usage).map(([name, value]) => [`max.${name}`, value])),
        })),
    },
    {
      name: "httpRequestsAdaptiveGroups",
      scope: Scope.zone,
      dimensions: {
        ...TIMES,
        clientRequestHTTPHost: DimensionKind.text,
        requestSource: DimensionKind.text,
      },
      values: ["count", "sum.edgeResponseBytes"],
      limits: (scopeId) => ({
        notOlderThan: NOT_OLDER_THAN,
        maxDuration: zones.get(scopeId)?.plan === Plan.free ? FREE_DURATION : PAID_DURATION,
        maxPageSize: PAGE_SIZE,
      }),
      rows: (scopeId) =>
        analytics.requests
          .of(({ zoneId }) => zoneId === scopeId)
          .map(({ hour, labels: { hostname }, values: { count, bytes } }) => ({
            dimensions: {
              clientRequestHTTPHost: hostname,
              requestSource: VISITOR,
              ...timeDimensions(hour),
            },
            values: { count, "sum.edgeResponseBytes": bytes },
          })),
    },
  ];
}
