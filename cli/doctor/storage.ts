/** The places that the operations and the service write to. */
import { randomUUID } from "node:crypto";
import { dataPlace } from "../../operations/places.ts";
import type { Check, CheckGroup, Verdict } from "./check.ts";
import { missing, ok } from "./check.ts";

function explain(error: unknown): Verdict | undefined {
  return error instanceof Error ? missing(error.message) : undefined;
}

/** Probes, operations and idempotency keys. */
function dataCheck(directory: string, env: NodeJS.ProcessEnv): Check {
  return {
    name: "data (TENANT_EDGE_DATA)",
    async run(signal) {
      const { openDocumentStore } = await import("../../storage/openDocumentStore.ts");
      const store = await openDocumentStore(dataPlace(directory, env), env);
      const key = `doctor/${randomUUID()}`;
      await store.write(key, "{}", undefined, signal);
      await store.delete(key, signal);
      return ok(`${store.location} can be written`);
    },
  };
}

function auditCheck(env: NodeJS.ProcessEnv): Check {
  return {
    name: "audit (TENANT_EDGE_AUDIT)",
    async run() {
      const setting = env["TENANT_EDGE_AUDIT"];
      if (setting === undefined || setting === "") return ok("not set: a file beside the data");
      const { openAudit } = await import("../../audit/openAudit.ts");
      const sink = await openAudit(setting, env);
      // Appending a record that nobody asked for would spoil what it is for.
      await sink.read?.({ limit: 1 });
      return ok(sink.location);
    },
  };
}

export function storageChecks(directory: string, env: NodeJS.ProcessEnv): CheckGroup {
  return { name: "storage", checks: [dataCheck(directory, env), auditCheck(env)], explain };
}
