import { fileURLToPath } from "node:url";
import { openDocumentStore } from "../storage/openDocumentStore.ts";
import { AuditError, type AuditSink } from "./audit.ts";
import { DocumentAuditSink } from "./documentSink.ts";
import { FileAuditSink } from "./fileSink.ts";
import { StreamAuditSink } from "./streamSink.ts";

/**
 * @param setting `stdout:`, `stderr:`, `file:///path/of/a/file`, or `s3://bucket/prefix` as for any storage.
 * @param env credentials of the bucket.
 * @throws AuditError, StorageError when the setting is none of these.
 */
export async function openAudit(
  setting: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<AuditSink> {
  if (setting === "stdout:") return new StreamAuditSink(setting, process.stdout);
  if (setting === "stderr:") return new StreamAuditSink(setting, process.stderr);
  if (setting.startsWith("s3:")) return new DocumentAuditSink(await openDocumentStore(setting, env));
  if (URL.canParse(setting) && setting.startsWith("file:///") && !setting.endsWith("/")) {
    return new FileAuditSink(fileURLToPath(setting));
  }
  throw new AuditError(
    "The place of the audit record is none of stdout:, stderr:, file:///absolute/path/of/a/file and s3://bucket/prefix?endpoint=…&region=….",
  );
}
