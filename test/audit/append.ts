/** A process that appends records: `append.ts <setting> <actor> <count>`. */
import { randomUUID } from "node:crypto";
import { openAudit } from "../../audit/openAudit.ts";

const [, , setting = "", actor = "", count = ""] = process.argv;
const sink = await openAudit(setting, {});
for (let n = 0; n < Number(count); n += 1) {
  await sink.append({
    id: randomUUID(),
    time: new Date().toISOString(),
    actor,
    operation: "status",
    environment: "prod",
    stack: "prod",
    tenants: ["acme"],
    phase: "finished",
    details: { reason: "x".repeat(200) },
  });
}
