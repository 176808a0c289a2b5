/** What buckets hold, kept up to date with every change: to count it again would take longer with every object. */
export interface BucketUsage {
  /** Bytes of the objects. */
  payloadSize: number;
  /** Bytes of their keys and headers. */
  metadataSize: number;
  objectCount: number;
  /** Multipart uploads that are neither completed nor aborted. */
  uploadCount: number;
}

const NOTHING: BucketUsage = { payloadSize: 0, metadataSize: 0, objectCount: 0, uploadCount: 0 };

export class BucketUsages {
  /** By id of the bucket. */
  readonly #usages = new Map<string, BucketUsage>();

  of(bucketId: string): BucketUsage {
    return this.#usages.get(bucketId) ?? NOTHING;
  }

  /** @param sign 1 for what was added, -1 for what was taken away */
  add(bucketId: string, change: Partial<BucketUsage>, sign: 1 | -1): void {
    const before = this.of(bucketId);
    const after = (field: keyof BucketUsage) => before[field] + sign * (change[field] ?? 0);
    this.#usages.set(bucketId, {
      payloadSize: after("payloadSize"),
      metadataSize: after("metadataSize"),
      objectCount: after("objectCount"),
      uploadCount: after("uploadCount"),
    });
  }
}
