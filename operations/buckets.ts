/** Objects in a tenant's bucket, with the account's own credentials: the tenant's key may be revoked. */
import { apiTokenCredentials } from "../bucket/apiTokenCredentials.ts";
import { s3Endpoint } from "../bucket/credentials.ts";
import { type BucketAccessDetails, emptyBucket, hasObjects } from "../bucket/emptyBucket.ts";
import { because } from "../clients/failureText.ts";
import { resolveTenant } from "../config/tenants.ts";
import { BucketFate } from "../lifecycle/states.ts";
import type { Configuration, OperationContext } from "./context.ts";
import { type Call, ProgressKind } from "./contract.ts";
import { ErrorCode, OperationError } from "./errors.ts";

/** By the list: the outputs of an update that failed may lack a bucket that is still there. */
function bucketIn(
  { settings, entries }: Configuration,
  id: string,
): { name: string; endpoint: string } | undefined {
  const entry = entries.find((one) => one.id === id);
  if (entry === undefined) return undefined;
  const disabled = entry.disabled && { ...entry.disabled, bucket: BucketFate.Released };
  const { bucket } = resolveTenant(settings, { ...entry, disabled });
  return (
    bucket && { name: bucket.name, endpoint: s3Endpoint(settings.cloudflare.accountId, bucket.jurisdiction) }
  );
}

async function access(
  context: OperationContext,
  id: string,
  call: Call,
): Promise<BucketAccessDetails | undefined> {
  const configuration = await context.configuration(call.signal);
  const deployed = (await context.engine.deployed()).tenants.get(id);
  const listed = bucketIn(configuration, id);
  const [bucketName, endpoint] = [listed?.name ?? deployed?.bucket, listed?.endpoint ?? deployed?.endpoint];
  if (!bucketName || !endpoint) return undefined;
  const { accountId } = configuration.settings.cloudflare;
  return {
    endpoint,
    bucketName,
    credentials: await apiTokenCredentials(context.cloudflare, accountId, call.signal),
    env: context.env,
    signal: call.signal,
  };
}

/** Somebody may enable the tenant while its bucket is emptied: what is written then is not deleted. */
async function refuseInUse(context: OperationContext, id: string): Promise<void> {
  const entry = (await context.configuration()).entries.find((one) => one.id === id);
  if (entry === undefined || (entry.disabled !== undefined && entry.disabled.bucket !== BucketFate.Kept))
    return;
  throw new OperationError(
    ErrorCode.NotAllowedNow,
    `${id} was enabled again; the rest of its bucket was not deleted`,
    {
      ways: [`look at it: tenant-edge status ${id}`],
    },
  );
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
    return await emptyBucket({ ...details, onProgress, beforeBatch: () => refuseInUse(context, id) });
  } catch (error) {
    call.signal?.throwIfAborted();
    if (error instanceof OperationError) throw error;
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
