/** One answer of a dataset: its rows filtered, grouped by the dimensions that were asked for, sorted and cut. */
import type { Dataset, Row } from "./datasets.ts";
import { type Filter, rowTest, timeRange } from "./filter.ts";

export interface GroupQuery {
  filter: Filter;
  limit: number;
  /** `datetime_DESC`, `sum_requests_ASC`, `count_DESC`. */
  orderBy: string[];
  /** Names of the dimensions that were asked for: what the rows are grouped by. */
  dimensions: string[];
}

/** A query that Cloudflare refuses, with the HTTP status that goes with it. */
export class QueryRefused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "QueryRefused";
    this.status = status;
  }
}

/** Throws QueryRefused when the query goes beyond the dataset's limits. */
export function groupsOf(dataset: Dataset, scopeId: string, query: GroupQuery, now: number): object[] {
  const range = checkedRange(dataset, scopeId, query, now);
  const groups = new Map<string, Row>();
  for (const row of dataset.rows(scopeId, range).filter(rowTest(dataset, query.filter))) {
    const dimensions = Object.fromEntries(query.dimensions.map((name) => [name, row.dimensions[name] ?? ""]));
    const key = JSON.stringify(dimensions);
    const values = merge(groups.get(key)?.values ?? {}, row.values);
    groups.set(key, { dimensions, values });
  }
  return [...groups.values()].sort(comparison(query.orderBy)).slice(0, query.limit).map(shape);
}

function checkedRange(dataset: Dataset, scopeId: string, { filter, limit }: GroupQuery, now: number) {
  const { notOlderThan, maxDuration, maxPageSize } = dataset.limits(scopeId);
  if (!Number.isInteger(limit) || limit < 1 || limit > maxPageSize) {
    throw new QueryRefused(400, `limit must be positive number and not greater than ${maxPageSize}`);
  }
  const { start, end } = timeRange(filter, now);
  if (start === undefined || now - start > notOlderThan * 1000) {
    throw new QueryRefused(400, `cannot request data older than ${notOlderThan}s`);
  }
  const seconds = Math.ceil((end - start) / 1000);
  if (seconds > maxDuration) {
    throw new QueryRefused(
      400,
      `query time range is too large for ${dataset.scope} ${scopeId}. ` +
        `Time range can't be wider than ${maxDuration}s, but it's ${seconds}s`,
    );
  }
  return { start, end };
}

function merge(one: Row["values"], other: Row["values"]): Row["values"] {
  return Object.fromEntries(
    Object.entries(other).map(([path, value]) => {
      const known = one[path] ?? 0;
      return [path, path.startsWith("max.") ? Math.max(known, value) : known + value];
    }),
  );
}

function comparison(orderBy: readonly string[]): (left: Row, right: Row) => number {
  const orders = orderBy.map((order) => {
    const [, name = "", direction] = /^(.*)_(ASC|DESC)$/.exec(order) ?? [];
    const read = ({ dimensions, values }: Row) => dimensions[name] ?? values[name.replace("_", ".")] ?? "";
    return { read, sign: direction === "DESC" ? -1 : 1 };
  });
  return (left, right) => {
    for (const { read, sign } of orders) {
      const [one, other] = [read(left), read(right)];
      if (one !== other) return one < other ? -sign : sign;
    }
    return 0;
  };
}

/** `{"sum.requests": 1}` as `{sum: {requests: 1}}`. */
function shape({ dimensions, values }: Row): object {
  const shaped: Record<string, unknown> = { dimensions };
  for (const [path, value] of Object.entries(values)) {
    const [kind = "", name] = path.split(".");
    if (name === undefined) shaped[kind] = value;
    else shaped[kind] = { ...(shaped[kind] as object | undefined), [name]: value };
  }
  return shaped;
}
