/** The policy of a token that opens one bucket and nothing else. */
import { BucketAccess } from "./choices.ts";

/**
 * Permission groups for objects of one bucket, by their fixed ids, so that no look-up is needed and plans stay the same.
 * Cloudflare R2 documentation, "Authentication"; the ids are what the permission group list of any account shows.
 */
const PERMISSION_GROUP_ID: Readonly<Record<BucketAccess, string>> = {
  /** Workers R2 Storage Bucket Item Write: read, write, delete and list. */
  [BucketAccess.readWrite]: "2efd5506f9c8494dacb1fa10a3e7d5b6",
  /** Workers R2 Storage Bucket Item Read: read and list. */
  [BucketAccess.readOnly]: "6a018a9f2fc74eb6b293b0c548f38b39",
};

export interface TokenPolicy {
  effect: string;
  permissionGroups: { id: string }[];
  /** JSON object of resource to "*". Compact and with one key: the provider compares it as text. */
  resources: string;
}

export function bucketTokenPolicy(
  bucket: { accountId: string; jurisdiction: string; name: string },
  access: BucketAccess,
): TokenPolicy {
  const resource = `com.cloudflare.edge.r2.bucket.${bucket.accountId}_${bucket.jurisdiction}_${bucket.name}`;
  return {
    effect: "allow",
    permissionGroups: [{ id: PERMISSION_GROUP_ID[access] }],
    resources: JSON.stringify({ [resource]: "*" }),
  };
}
