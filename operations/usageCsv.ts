/** A month's usage as CSV (RFC 4180), one line per tenant, for billing jobs and spreadsheets. */
import { stringify } from "csv-stringify/sync";
import type { ResultOf } from "./contract.ts";

const COLUMNS = [
  "month",
  "tenant",
  "bucket",
  "bucketBytes",
  "bucketObjects",
  "classAOperations",
  "classBOperations",
  "requests",
  "responseBytes",
] as const;

/** The first line names the columns. A tenant without a bucket has an empty one. */
export function usageCsv(usage: ResultOf<"usage">): string {
  const lines = usage.tenants.map((tenant) => ({ month: usage.month, ...tenant }));
  // A spreadsheet must not take a value for a formula.
  return stringify(lines, {
    header: true,
    columns: [...COLUMNS],
    record_delimiter: "windows",
    escape_formulas: true,
  });
}
