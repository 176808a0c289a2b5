/** Choices that an R2 bucket offers. Cloudflare R2 documentation, "Data location" and "Storage classes". */

/** A hint where to store a new bucket; counts at the first creation of that name only. */
export const BucketLocation = {
  asiaPacific: "apac",
  easternEurope: "eeur",
  easternNorthAmerica: "enam",
  oceania: "oc",
  westernEurope: "weur",
  westernNorthAmerica: "wnam",
} as const;
export type BucketLocation = (typeof BucketLocation)[keyof typeof BucketLocation];

/** A guarantee about where objects stay. It can never be changed for a bucket. */
export const BucketJurisdiction = { default: "default", eu: "eu", fedramp: "fedramp" } as const;
export type BucketJurisdiction = (typeof BucketJurisdiction)[keyof typeof BucketJurisdiction];

/** What a bucket's key may do with its objects. Read-write includes listing. */
export const BucketAccess = { readWrite: "read-write", readOnly: "read-only" } as const;
export type BucketAccess = (typeof BucketAccess)[keyof typeof BucketAccess];

/** Storage class of new objects. */
export const StorageClass = { standard: "Standard", infrequentAccess: "InfrequentAccess" } as const;
export type StorageClass = (typeof StorageClass)[keyof typeof StorageClass];
