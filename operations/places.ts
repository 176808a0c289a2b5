/** Where the operations keep what they keep, unless settings say otherwise. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** Beside Pulumi.yaml. */
export const DATA_FOLDER = ".tenant-edge";
const AUDIT_FILE = "audit.jsonl";

/** A URL. @param data a URL or a folder; default: TENANT_EDGE_DATA. @param directory the project's. */
export function dataPlace(directory: string, env: NodeJS.ProcessEnv, data = env["TENANT_EDGE_DATA"]): string {
  const place = data || DATA_FOLDER;
  return /^(?:file|s3):/.test(place) ? place : pathToFileURL(resolve(directory, place)).href;
}

/** A URL. @param data of `dataPlace`: the audit is beside it. @param audit default: TENANT_EDGE_AUDIT. */
export function auditPlace(data: string, env: NodeJS.ProcessEnv, audit = env["TENANT_EDGE_AUDIT"]): string {
  if (audit) return audit;
  return data.startsWith("s3:") ? data : `${data.replace(/\/$/, "")}/${AUDIT_FILE}`;
}
