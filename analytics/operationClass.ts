/** What R2 charges an operation as. Cloudflare R2 documentation, "Pricing". */

export const OperationClass = { A: "A", B: "B", Free: "free" } as const;
export type OperationClass = (typeof OperationClass)[keyof typeof OperationClass];

const OPERATIONS: Readonly<Record<OperationClass, readonly string[]>> = {
  [OperationClass.A]: [
    "ListBuckets",
    "PutBucket",
    "ListObjects",
    "PutObject",
    "CopyObject",
    "CompleteMultipartUpload",
    "CreateMultipartUpload",
    "LifecycleStorageTierTransition",
    "ListMultipartUploads",
    "UploadPart",
    "UploadPartCopy",
    "ListParts",
    "PutBucketEncryption",
    "PutBucketCors",
    "PutBucketLifecycleConfiguration",
  ],
  [OperationClass.B]: [
    "HeadBucket",
    "HeadObject",
    "GetObject",
    "UsageSummary",
    "GetBucketEncryption",
    "GetBucketLocation",
    "GetBucketCors",
    "GetBucketLifecycleConfiguration",
  ],
  // The page names three and says "include"; DeleteObjects is DeleteObject many times.
  [OperationClass.Free]: ["DeleteObject", "DeleteObjects", "DeleteBucket", "AbortMultipartUpload"],
};

const CLASS_OF: ReadonlyMap<string, OperationClass> = new Map(
  Object.values(OperationClass).flatMap((kind) =>
    OPERATIONS[kind].map((operation): [string, OperationClass] => [operation, kind]),
  ),
);

/** @param actionType as Cloudflare's analytics name it. What the price list does not name counts as class A. */
export function operationClass(actionType: string): OperationClass {
  return CLASS_OF.get(actionType) ?? OperationClass.A;
}
