/** Each kind of place for documents, as it is in a test. */
import { createHash } from "node:crypto";
import { onTestFinished, vi } from "vitest";
import type { DocumentStore } from "../../storage/documentStore.ts";
import { openDocumentStore } from "../../storage/openDocumentStore.ts";
import { ACCOUNT, type Served, startCloud } from "../sandbox/cloudflare/serve.ts";
import { temporaryFolder } from "../sandbox/engine/temporaryFolder.ts";

const WRITE_OBJECTS = "2efd5506f9c8494dacb1fa10a3e7d5b6";
const READ_OBJECTS = "6a018a9f2fc74eb6b293b0c548f38b39";

export interface ObjectSetting extends Served {
  url: string;
  env: Record<string, string>;
}

/** A bucket "records" of the emulated R2, and keys for it. */
export async function startObjects(access: "read" | "write" = "write"): Promise<ObjectSetting> {
  const served = await startCloud();
  await served.client.r2.buckets.create({ account_id: ACCOUNT, name: "records" });
  const { token, value } = served.cloud.tokens.create(ACCOUNT, {
    name: "records",
    policies: [
      {
        effect: "allow",
        permission_groups: [{ id: access === "write" ? WRITE_OBJECTS : READ_OBJECTS }],
        resources: { [`com.cloudflare.edge.r2.bucket.${ACCOUNT}_default_records`]: "*" },
      },
    ],
  });
  // Anything that asks there fails at once.
  vi.stubEnv("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
  vi.stubEnv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1");
  onTestFinished(() => void vi.unstubAllEnvs());
  return {
    ...served,
    url: objectUrl(served, "records/some/prefix"),
    env: {
      TENANT_EDGE_STORAGE_ACCESS_KEY_ID: token.id,
      TENANT_EDGE_STORAGE_SECRET_ACCESS_KEY: createHash("sha256").update(value).digest("hex"),
    },
  };
}

export function objectUrl({ origin }: Pick<Served, "origin">, place: string): string {
  return `s3://${place}?endpoint=${encodeURIComponent(`${origin}/r2/${ACCOUNT}`)}`;
}

/** A new and empty store, and a second way into it. */
export const STORES: Record<string, () => Promise<[DocumentStore, DocumentStore]>> = {
  "a folder": async () => {
    const folder = temporaryFolder();
    return [await openDocumentStore(folder, {}), await openDocumentStore(`file://${encodeURI(folder)}`, {})];
  },
  "a bucket": async () => {
    const { url, env } = await startObjects();
    return [await openDocumentStore(url, env), await openDocumentStore(url, env)];
  },
};
