/** R2 buckets. Each jurisdiction of an account is a namespace of its own. */
import { z } from "zod";
import type { Collection, Store } from "../store.ts";
import { type ApiError, refuse } from "./apiError.ts";
import { DEFAULT_RULES, type LifecycleRule } from "./bucketLifecycle.ts";
import type { Jurisdiction } from "./tokenPolicy.ts";

export const StorageClass = { standard: "Standard", infrequentAccess: "InfrequentAccess" } as const;
export type StorageClass = (typeof StorageClass)[keyof typeof StorageClass];

export const storageClass = z.enum(["Standard", "InfrequentAccess"]);
const LOCATIONS = ["apac", "eeur", "enam", "weur", "wnam", "oc"] as const;

/** Where a bucket lands when nobody says where. */
const NEAREST_LOCATION = "WEUR";

export interface BucketAddress {
  accountId: string;
  jurisdiction: Jurisdiction;
  name: string;
}

export interface Bucket extends BucketAddress {
  /** Upper case, whatever the hint was written in. */
  location: string;
  storageClass: StorageClass;
  /** RFC 3339. */
  createdAt: string;
  lifecycle: LifecycleRule[];
}

export const bucketInput = z.object({
  name: z.string(),
  locationHint: z
    .string()
    .transform((hint) => hint.toLowerCase())
    .pipe(z.enum(LOCATIONS))
    .optional(),
  storageClass: storageClass.optional(),
});

export class Buckets {
  readonly #buckets: Collection<Bucket>;
  /** First location of every name that ever was: later hints for it are ignored. */
  readonly #locations: Collection<string>;
  readonly #now: () => Date;
  readonly #isEmpty: (bucket: BucketAddress) => boolean;

  constructor(store: Store, options: { now: () => Date; isEmpty: (bucket: BucketAddress) => boolean }) {
    this.#buckets = store.collection<Bucket>("cloudflare.buckets");
    this.#locations = store.collection<string>("cloudflare.bucket_locations");
    this.#now = options.now;
    this.#isEmpty = options.isEmpty;
  }

  /** Throws ApiError: 400 (10005) on a name that is none, 409 (10004) when the bucket is there. */
  create(
    accountId: string,
    jurisdiction: Jurisdiction,
    input: { name: string; locationHint?: string | undefined; storageClass?: StorageClass | undefined },
  ): Bucket {
    if (!/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(input.name)) {
      throw refuse(400, 10005, "The specified bucket name is not valid.");
    }
    const address = { accountId, jurisdiction, name: input.name };
    const key = bucketId(address);
    if (this.#buckets.has(key)) {
      throw refuse(409, 10004, "The bucket you tried to create already exists, and you own it.");
    }
    const location = this.#locations.get(key) ?? input.locationHint?.toUpperCase() ?? NEAREST_LOCATION;
    this.#locations.put(key, location);
    return this.#buckets.put(key, {
      ...address,
      location,
      storageClass: input.storageClass ?? StorageClass.standard,
      createdAt: this.#now().toISOString(),
      lifecycle: [...DEFAULT_RULES],
    });
  }

  get(address: BucketAddress): Bucket | undefined {
    return this.#buckets.get(bucketId(address));
  }

  /** Throws 404 (10006). */
  require(address: BucketAddress): Bucket {
    const bucket = this.get(address);
    if (bucket === undefined) throw noSuchBucket();
    return bucket;
  }

  /** By name. */
  list(accountId: string, jurisdiction?: Jurisdiction): Bucket[] {
    return this.#buckets
      .filter(
        (bucket) =>
          bucket.accountId === accountId &&
          (jurisdiction === undefined || bucket.jurisdiction === jurisdiction),
      )
      .sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  setStorageClass(address: BucketAddress, value: StorageClass): Bucket {
    return this.#buckets.put(bucketId(address), { ...this.require(address), storageClass: value });
  }

  /** Replaces all rules, the built-in one included. */
  setLifecycle(address: BucketAddress, rules: LifecycleRule[]): void {
    this.#buckets.put(bucketId(address), { ...this.require(address), lifecycle: rules });
  }

  /** Throws 409 (10008) while there are objects in it. Tokens for the bucket stay. */
  delete(address: BucketAddress): void {
    this.require(address);
    if (!this.#isEmpty(address)) {
      throw refuse(
        409,
        10008,
        `The bucket you tried to delete (${address.name}) is not empty (account ${address.accountId}).`,
      );
    }
    this.#buckets.delete(bucketId(address));
  }
}

/** Key of a bucket over all accounts and jurisdictions. */
export function bucketId({ accountId, jurisdiction, name }: BucketAddress): string {
  return `${accountId}/${jurisdiction}/${name}`;
}

function noSuchBucket(): ApiError {
  return refuse(404, 10006, "The specified bucket does not exist.");
}
