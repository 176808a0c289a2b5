/**
 * By which tags a thing at AWS is this very stack's: environment, tenant, and the id of the tenant's tunnel, which no other
 * stack has, not even one that has a tenant of the same id.
 */
import { ENVIRONMENT_TAG, TENANT_TAG, TUNNEL_TAG } from "../orphans/mark.ts";

const OWN = [ENVIRONMENT_TAG, TENANT_TAG, TUNNEL_TAG];

/** As AWS lists them. */
export type ListedTags = readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined;

/** As the program writes them. */
export type Tags = Readonly<Record<string, string>>;

export function tagOf(tags: ListedTags, key: string): string {
  return tags?.find(({ Key }) => Key === key)?.Value ?? "";
}

/** @param wanted tags of what should be created. */
export function isOwn(tags: ListedTags, wanted: Tags): boolean {
  return OWN.every((key) => (wanted[key] ?? "") !== "" && tagOf(tags, key) === wanted[key]);
}

export const NOT_OURS = "its tags are not those of this tenant and tunnel";
