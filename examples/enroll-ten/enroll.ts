/**
 * Enrolls ten customers side by side, who run cloudflared themselves, and prints each one's hostname as soon as it is
 * ready. Run again it gives the same answers; Ctrl+C stops it, and running it again goes on.
 *
 *   node enroll.ts [stack]        stack: one of this folder, by default staging
 */
import { ErrorCode, OperationError, openOperations, ProgressKind } from "tenant-edge/operations";

const CUSTOMERS = Array.from({ length: 10 }, (_, index) => `customer-${index + 1}`);

const [stack = "staging"] = process.argv.slice(2);

const interrupt = new AbortController();
process.once("SIGINT", () => interrupt.abort());

const operations = await openOperations({ directory: import.meta.dirname, stack, actor: "enroll-ten" });

async function enroll(tenant: string): Promise<void> {
  const { created, hostname, tunnelId, bucket } = await operations.enroll(
    { tenant, host: false },
    {
      signal: interrupt.signal,
      onProgress: ({ kind, message }) => {
        if (kind !== ProgressKind.Resource) console.error(`${tenant}: ${message}`);
      },
    },
  );
  // The answer also has the tunnel's token and the bucket's key: hand them to the customer, and print neither.
  console.log(JSON.stringify({ tenant, created, hostname, tunnelId, bucket }));
}

function explain(reason: unknown): string {
  if (!(reason instanceof OperationError)) return String(reason);
  if (reason.code === ErrorCode.Aborted) return "stopped; run it again to go on";
  return [`${reason.code}: ${reason.message}`, ...reason.ways].join("\n  ");
}

try {
  const results = await Promise.allSettled(CUSTOMERS.map(enroll));
  for (const [index, result] of results.entries()) {
    if (result.status === "fulfilled") continue;
    console.error(`${CUSTOMERS[index]} was not enrolled: ${explain(result.reason)}`);
    process.exitCode = 1;
  }
} finally {
  await operations.close();
}
