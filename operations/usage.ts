import type { z } from "zod";
import { AnalyticsError } from "../analytics/graphql.ts";
import { monthOf, monthRange } from "../analytics/month.ts";
import { bucketUsage, hostnameUsage } from "../analytics/tenantUsage.ts";
import { BucketJurisdiction } from "../bucket/choices.ts";
import type { ResolvedTenant } from "../config/tenants.ts";
import type { DeployedTenant } from "../lifecycle/deployed.ts";
import type { OperationContext } from "./context.ts";
import { type Call, ProgressKind, type ResultOf } from "./contract.ts";
import { ErrorCode, OperationError } from "./errors.ts";
import type { usageInput } from "./schemas.ts";

/** What a tenant can be found by in Cloudflare's analytics. */
interface Measured {
  tenant: string;
  bucket: string | null;
  /** The bucket as analytics name it; undefined without one. */
  bucketName: string | undefined;
  hostnames: readonly string[];
}

/**
 * What the tenants of the list and of the last deployment used in a calendar month in UTC. A tenant that was removed
 * since is not in it: who bills for the time before asks before removing.
 *
 * Cloudflare keeps R2's figures for 31 days, and those of requests for as long as the zone's plan says: `from` is later
 * than the month's beginning when it no longer has all of it. So a month is asked for on its last day: on the next one,
 * a month of 31 days lacks hours already. Operations are counted as Cloudflare's analytics count them, refused ones included; requests are an estimate
 * where Cloudflare samples.
 *
 * @throws OperationError invalid-input for a month that has not begun, not-allowed-now for one that is too long ago,
 * tenant-not-found, not-set-up when the API token may not read analytics, cloud-failed.
 */
export async function usage(
  context: OperationContext,
  input: z.output<typeof usageInput>,
  call: Call,
): Promise<ResultOf<"usage">> {
  const { signal } = call;
  const now = context.now();
  const month = input.month ?? monthOf(now);
  const range = monthRange(month, now);
  if (range === undefined) {
    throw new OperationError(ErrorCode.InvalidInput, `month ${month} has not begun`, {
      problems: [{ path: "month", message: `at most ${monthOf(now)}` }],
    });
  }
  const { settings, tenants } = await context.configuration(signal);
  const deployed = await context.engine.deployed({ signal });
  const measured = measuredTenants(tenants, deployed.tenants, input.tenant);
  if (input.tenant !== undefined && measured.length === 0) {
    throw new OperationError(ErrorCode.TenantNotFound, `there is no tenant ${input.tenant}`, {
      ways: ["`tenant-edge list` shows all of them."],
    });
  }

  const { accountId, zoneId } = settings.cloudflare;
  const bucketNames = measured.flatMap(({ bucketName }) => bucketName ?? []);
  const hostnames = measured.flatMap((tenant) => tenant.hostnames);
  const asked = { now, signal };
  try {
    const buckets = await bucketUsage(context.cloudflare, accountId, bucketNames, range, asked);
    const requests = await hostnameUsage(context.cloudflare, zoneId, hostnames, range, asked);
    const from = buckets.from > requests.from ? buckets.from : requests.from;
    sayWhatIsMissing(context, call, month, range.from, { buckets: buckets.from, requests: requests.from });
    if (
      measured.length > 0 &&
      buckets.from >= range.to &&
      requests.from >= range.to &&
      range.to > range.from
    ) {
      throw new OperationError(
        ErrorCode.NotAllowedNow,
        `Cloudflare no longer has figures of ${month}: it keeps them for a month or less`,
        { ways: ["Ask for a month on its last day, and keep the answer."] },
      );
    }
    return {
      month,
      from: from.toISOString(),
      to: range.to.toISOString(),
      tenants: measured.map(({ tenant, bucket, bucketName, hostnames }) => {
        const stored = bucketName === undefined ? undefined : buckets.usage.get(bucketName);
        const served = hostnames.flatMap((hostname) => requests.usage.get(hostname) ?? []);
        return {
          tenant,
          bucket,
          bucketBytes: stored?.bytes ?? 0,
          bucketObjects: stored?.objects ?? 0,
          classAOperations: stored?.classA ?? 0,
          classBOperations: stored?.classB ?? 0,
          requests: served.reduce((sum, { requests }) => sum + requests, 0),
          responseBytes: served.reduce((sum, { responseBytes }) => sum + responseBytes, 0),
        };
      }),
    };
  } catch (error) {
    if (!(error instanceof AnalyticsError)) throw error;
    const code = error.notAllowed ? ErrorCode.NotSetUp : ErrorCode.CloudFailed;
    throw new OperationError(code, error.message, { cause: error });
  }
}

function measuredTenants(
  listed: readonly ResolvedTenant[],
  deployed: ReadonlyMap<string, DeployedTenant>,
  only: string | undefined,
): Measured[] {
  const entries = new Map(listed.map((tenant) => [tenant.id, tenant]));
  return [...new Set([...entries.keys(), ...deployed.keys()])]
    .filter((id) => only === undefined || id === only)
    .map((id) => measuredTenant(id, entries.get(id), deployed.get(id)));
}

/** What was deployed is what was used; an entry tells of a tenant whose first deployment is yet to come. */
function measuredTenant(
  tenant: string,
  listed: ResolvedTenant | undefined,
  deployed: DeployedTenant | undefined,
): Measured {
  const hostnames = [...new Set([...(listed?.hostnames ?? []), ...(deployed?.hostnames ?? [])])];
  const bucket = deployed?.bucket ?? listed?.bucket?.name ?? null;
  const jurisdiction = listed?.bucket?.jurisdiction ?? jurisdictionOf(deployed?.endpoint);
  const inJurisdiction = jurisdiction !== undefined && jurisdiction !== BucketJurisdiction.default;
  return {
    tenant,
    bucket,
    bucketName: bucket === null ? undefined : inJurisdiction ? `${jurisdiction}_${bucket}` : bucket,
    hostnames,
  };
}

/** @param endpoint as `s3Endpoint` writes it. */
function jurisdictionOf(endpoint: string | null | undefined): string | undefined {
  return /^https:\/\/[0-9a-f]{32}\.([a-z]+)\.r2\./.exec(endpoint ?? "")?.[1];
}

function sayWhatIsMissing(
  context: OperationContext,
  call: Call,
  month: string,
  begin: Date,
  since: Record<string, Date>,
): void {
  for (const [what, from] of Object.entries(since)) {
    if (from <= begin) continue;
    const message = `Cloudflare no longer has all of ${month}: ${what} are counted since ${from.toISOString()}`;
    context.report(call, { kind: ProgressKind.Note, message });
  }
}
