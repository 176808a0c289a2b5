/** The log of the calls that were made to the emulated Cloudflare. */
import Table from "cli-table3";
import { type Call, CallLog } from "../cloudflare/callLog.ts";
import { Store } from "../store.ts";

/** Reads the log from the folder, also while a sandbox is running on it. */
export function readCalls(folder: string): Call[] {
  const store = Store.open(folder);
  try {
    return new CallLog(store).all().filter(({ service }) => service === "api");
  } finally {
    store.close();
  }
}

/** How many calls have been made since the sandbox was made. */
export function countCalls(folder: string): number {
  return readCalls(folder).at(-1)?.sequence ?? 0;
}

/** How often each route was called. */
export function callSummary(calls: readonly Call[]): string {
  const counts = new Map<string, { count: number; failed: number }>();
  for (const { method, route, status } of calls) {
    const key = `${method} ${route}`;
    const { count, failed } = counts.get(key) ?? { count: 0, failed: 0 };
    counts.set(key, { count: count + 1, failed: failed + (status >= 400 ? 1 : 0) });
  }
  const table = new Table({ head: ["call", "count", "refused"], style: { head: [], border: [] } });
  for (const [key, { count, failed }] of [...counts].sort(([left], [right]) => (left < right ? -1 : 1))) {
    table.push([key, count, failed]);
  }
  return table.toString();
}

export function callLines(calls: readonly Call[]): string {
  return calls.map(({ time, method, path, status }) => `${time}  ${status}  ${method} ${path}`).join("\n");
}
