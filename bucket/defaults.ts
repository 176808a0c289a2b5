/** What a bucket is when nobody says otherwise: for the configuration and for the component used alone. */
import { BucketAccess, BucketJurisdiction, BucketLocation, StorageClass } from "./choices.ts";

export const DEFAULT_BUCKET = {
  location: BucketLocation.westernEurope,
  jurisdiction: BucketJurisdiction.default,
  storageClass: StorageClass.standard,
  access: BucketAccess.readWrite,
} as const;

/** Generations of the key until it is rotated for the first time. */
export const FIRST_KEY_GENERATIONS: readonly number[] = [1];
