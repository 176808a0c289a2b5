/** Reading one of Cloudflare's data sets over a time, for many names at once. */
import { z } from "zod";
import type { CloudflareApi } from "../clients/cloudflareApi.ts";
import { AnalyticsError, askAnalytics, literal } from "./graphql.ts";
import { type TimeRange, windows } from "./month.ts";

export const Scope = { Account: "account", Zone: "zone" } as const;
export type Scope = (typeof Scope)[keyof typeof Scope];

const NODES = {
  [Scope.Account]: { list: "accounts", tag: "accountTag" },
  [Scope.Zone]: { list: "zones", tag: "zoneTag" },
} as const;

/** A data set, and what of it is wanted: the rows are groups by name and perhaps more. */
export interface DataSet<Row> {
  name: string;
  scope: Scope;
  /** The dimension that holds the names. */
  nameField: string;
  /** Conditions besides time and names, as GraphQL writes them. */
  condition: string;
  /** What to select of each group. */
  fields: string;
  row: z.ZodType<Row>;
  /** At most so many groups with the same name. */
  rowsPerName: number;
}

export interface DataSetAnswer<Row> {
  rows: Row[];
  /** Since when the rows tell all: later than asked for when Cloudflare no longer has the time before. */
  from: Date;
}

/** Names in one query, for the sake of its length. */
const MOST_NAMES = 500;
/** The clocks here and there differ, and a query takes its time. */
const MARGIN_MILLISECONDS = 120_000;

const limits = z.object({
  enabled: z.boolean(),
  /** Seconds. */
  maxDuration: z.number().positive(),
  maxPageSize: z.number().positive(),
  /** Seconds. */
  notOlderThan: z.number(),
});

/**
 * Rows of all names in the time, one or several for each: a sum or a maximum of each piece of the time, to be added up.
 * Asks Cloudflare how far back, how wide and how much it answers at once, because that depends on the plan (Cloudflare
 * documentation, GraphQL Analytics API, "Settings node"); then as few queries as that takes. 1,000 names and a month
 * take 63 where one query may span a day, 3 where it may span the month.
 *
 * @param tag id of the account or zone.
 * @throws AnalyticsError.
 */
export async function readDataSet<Row>(
  cloudflare: CloudflareApi,
  set: DataSet<Row>,
  tag: string,
  names: readonly string[],
  range: TimeRange,
  { now, signal }: { now: Date; signal?: AbortSignal | undefined },
): Promise<DataSetAnswer<Row>> {
  if (names.length === 0) return { rows: [], from: range.from };
  const { maxDuration, maxPageSize, notOlderThan } = await limitsOf(cloudflare, set, tag, signal);
  const oldest = now.getTime() - notOlderThan * 1000 + MARGIN_MILLISECONDS;
  const from = new Date(Math.min(Math.max(range.from.getTime(), oldest), range.to.getTime()));
  const chunk = Math.max(1, Math.min(MOST_NAMES, Math.floor(maxPageSize / set.rowsPerName)));

  const rows: Row[] = [];
  for (const window of windows({ from, to: range.to }, maxDuration)) {
    for (let start = 0; start < names.length; start += chunk) {
      signal?.throwIfAborted();
      const some = names.slice(start, start + chunk);
      rows.push(...(await readPage(cloudflare, set, tag, some, window, maxPageSize, signal)));
    }
  }
  return { rows, from };
}

async function limitsOf<Row>(
  cloudflare: CloudflareApi,
  { name, scope }: DataSet<Row>,
  tag: string,
  signal: AbortSignal | undefined,
): Promise<z.output<typeof limits>> {
  const settings = `settings { ${name} { enabled maxDuration maxPageSize notOlderThan } }`;
  const shape = z.object({ settings: z.object({ [name]: limits }) });
  const found = (await askNode(cloudflare, scope, tag, settings, shape, signal)).settings[name];
  if (found?.enabled !== true) {
    throw new AnalyticsError(
      `Cloudflare does not give the data set ${name}: the plan of the ${scope} lacks it, or the API token a permission.`,
      true,
    );
  }
  return found;
}

async function readPage<Row>(
  cloudflare: CloudflareApi,
  { name, scope, nameField, condition, fields, row }: DataSet<Row>,
  tag: string,
  names: readonly string[],
  { from, to }: TimeRange,
  pageSize: number,
  signal: AbortSignal | undefined,
): Promise<Row[]> {
  const time = `datetime_geq: ${literal(from.toISOString())}, datetime_lt: ${literal(to.toISOString())}`;
  const filter = `{ ${time}, ${nameField}_in: ${literal(names)}${condition === "" ? "" : `, ${condition}`} }`;
  const query = `${name}(limit: ${pageSize}, filter: ${filter}) { ${fields} }`;
  const shape = z.object({ [name]: z.array(row) });
  const rows = (await askNode(cloudflare, scope, tag, query, shape, signal))[name] ?? [];
  if (rows.length >= pageSize) {
    throw new AnalyticsError(`Cloudflare answered only a part of ${name}: ${rows.length} rows.`, false);
  }
  return rows;
}

async function askNode<T>(
  cloudflare: CloudflareApi,
  scope: Scope,
  tag: string,
  query: string,
  shape: z.ZodType<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const node = NODES[scope];
  const viewer = z.object({ [node.list]: z.tuple([shape]) });
  const answer = await askAnalytics(
    cloudflare,
    `${node.list}(filter: { ${node.tag}: ${literal(tag)} }) { ${query} }`,
    viewer,
    signal,
  );
  const found = answer[node.list];
  if (found === undefined)
    throw new AnalyticsError(`Cloudflare's analytics do not know the ${scope} ${tag}.`, true);
  return found[0];
}
