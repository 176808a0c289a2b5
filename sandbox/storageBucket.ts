/** A bucket of the emulated R2 for documents, as a team has one for the list that it shares. */
import { createHash } from "node:crypto";
import { noteSecret, SecretKind } from "./canaries/secrets.ts";
import type { Cloudflare } from "./cloudflare/cloud.ts";
import { permissionGroupByName } from "./cloudflare/permissionGroups.ts";

const JURISDICTION = "default";

/** Makes the bucket. @returns a key for it, as the settings of the storage take it. */
export function makeStorageBucket(
  cloudflare: Cloudflare,
  accountId: string,
  name: string,
): Record<string, string> {
  cloudflare.buckets.create(accountId, JURISDICTION, { name });
  const { token, value } = cloudflare.tokens.create(accountId, {
    name,
    policies: [
      {
        effect: "allow",
        permission_groups: [{ id: permissionGroupByName("Workers R2 Storage Bucket Item Write").id }],
        resources: { [`com.cloudflare.edge.r2.bucket.${accountId}_${JURISDICTION}_${name}`]: "*" },
      },
    ],
  });
  // So R2 derives it from the token.
  const key = createHash("sha256").update(value).digest("hex");
  noteSecret(SecretKind.StorageKey, key);
  return { TENANT_EDGE_STORAGE_ACCESS_KEY_ID: token.id, TENANT_EDGE_STORAGE_SECRET_ACCESS_KEY: key };
}
