import type { BucketAccess, BucketJurisdiction, BucketLocation, StorageClass } from "../bucket/choices.ts";
import type { LifecycleRule } from "../bucket/lifecycle.ts";

/** What can be said about a bucket, alone or as a tenant's. */
export interface BucketSettings {
  /** Where Cloudflare should put a new bucket; no effect afterwards. Default `weur`. */
  location?: BucketLocation;
  /** Where objects must stay. It can never change. Default `default`. */
  jurisdiction?: BucketJurisdiction;
  /** Storage class of new objects. Default `Standard`. */
  storageClass?: StorageClass;
  /** What the key may do. Default `read-write`. */
  access?: BucketAccess;
  /**
   * Generations of the key that are valid, the last one being the one that is given out. Adding one makes a new token,
   * dropping one revokes its token at once. Each is a whole number from 1 and stands once; `[]` revokes
   * all. Default `[1]`.
   */
  keyGenerations?: number[] | undefined;
  /** Rules on the age of objects. `[]` clears rules that were set; leaving it out touches none. Default: none. */
  lifecycleRules?: LifecycleRule[] | undefined;
}
