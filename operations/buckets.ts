/** Objects in a tenant's bucket, with the account's own credentials: the tenant's key may be revoked. */
import { apiTokenCredentials } from "../bucket/apiTokenCredentials.ts";
import { type BucketAccessDetails, emptyBucket, hasObjects } from "../bucket/emptyBucket.ts";
import { because } from "../probes/words.ts";
import type { OperationContext } from "./context.ts";
import { type Call, ProgressKind } from "./contract.ts";
import { ErrorCode, OperationError } from "./errors.ts";

async function access(
  context: OperationContext,
  id: string,
  call: Call,
): Promise<BucketAccessDetails | undefined> {
  const deployed = (await context.engine.deployed()).tenants.get(id);
  if (!deployed?.bucket || !deployed.endpoint) return undefined;
  const { settings } = await context.configuration(call.signal);
  return {
    endpoint: deployed.endpoint,
    bucketName: deployed.bucket,
    credentials: await apiTokenCredentials(context.cloudflare, settings.cloudflare.accountId, call.signal),
    env: context.env,
    signal: call.signal,
  };
}

function failed({ cloudflare }: OperationContext, id: string, what: string, error: unknown): OperationError {
  const reason = because(error, [cloudflare.apiToken]);
  return new OperationError(ErrorCode.CloudFailed, `the bucket of ${id} could not be ${what}: ${reason}`, {
    ways: ["run it again: what is deleted stays deleted"],
  });
}

/** Deletes every object. @returns how many there were. @throws OperationError cloud-failed. */
export async function emptyTenantBucket(context: OperationContext, id: string, call: Call): Promise<number> {
  try {
    const details = await access(context, id, call);
    if (details === undefined) return 0;
    const onProgress = (done: number) =>
      context.report(call, {
        kind: ProgressKind.Emptying,
        message: `deleted ${done} objects`,
        tenant: id,
        done,
      });
    return await emptyBucket({ ...details, onProgress });
  } catch (error) {
    call.signal?.throwIfAborted();
    throw failed(context, id, "emptied", error);
  }
}

/** @throws OperationError bucket-not-empty, cloud-failed. */
export async function refuseObjects(context: OperationContext, id: string, call: Call): Promise<void> {
  const isEmpty = await access(context, id, call)
    .then(async (details) => details === undefined || !(await hasObjects(details)))
    .catch((error: unknown) => {
      call.signal?.throwIfAborted();
      throw failed(context, id, "looked into", error);
    });
  if (isEmpty) return;
  throw new OperationError(ErrorCode.BucketNotEmpty, `the bucket of ${id} has objects`, {
    ways: [
      "copy what is still needed elsewhere",
      `tenant-edge remove ${id} --empty-bucket (or expire --empty-buckets) deletes the objects too`,
    ],
  });
}
