/** Tables for people. */
import Table from "cli-table3";
import { printableLine } from "../../naming/printable.ts";
import type { Colours } from "../globalOptions.ts";

/** @param rows cells as they came; control characters are escaped here. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  colours: Colours,
): string {
  const shown = new Table({ head: head.map(colours.bold), style: { head: [], border: [] } });
  for (const row of rows) shown.push(row.map(printableLine));
  return shown.toString();
}
