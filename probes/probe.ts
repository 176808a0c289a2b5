/** One look at a tenant from outside: tunnel, records, hostname and bucket, side by side. */
import type { z } from "zod";
import { BucketAccess } from "../bucket/choices.ts";
import { because } from "../clients/failureText.ts";
import type { ResolvedTenant } from "../config/tenants.ts";
import type { DeployedTenant } from "../lifecycle/deployed.ts";
import { Condition } from "../operations/choices.ts";
import type { Configuration, OperationContext } from "../operations/context.ts";
import { ErrorCode, OperationError } from "../operations/errors.ts";
import type { probe as probeSchema } from "../operations/schemas.ts";
import { BucketFinding, conditionOf, RecordsFinding, TunnelFinding } from "./condition.ts";
import { lookAtRecords } from "./lookAtRecords.ts";
import { lookAtTunnel, type TunnelLook } from "./lookAtTunnel.ts";
import { type BucketTrial, tryBucket } from "./tryBucket.ts";
import { visitHostname } from "./visitHostname.ts";

export type Probe = z.output<typeof probeSchema>;

/** However slow everything is. */
const PROBE_MILLISECONDS = 30_000;

/** A tenant that was deployed; `listed` is missing when the list has lost it. */
export interface ProbedTenant {
  id: string;
  listed: ResolvedTenant | undefined;
  deployed: DeployedTenant;
}

/** What a probe asks of its surroundings. */
export type ProbeContext = Pick<OperationContext, "cloudflare" | "engine" | "env" | "now">;

/**
 * Three calls of Cloudflare's API, one request to the hostname and three to the bucket; two calls alone for a tenant that
 * is out of service. What fails becomes a line of `errors`.
 *
 * @throws OperationError aborted, and nothing else.
 */
export async function probe(
  context: ProbeContext,
  { cloudflare }: Configuration["settings"],
  tenant: ProbedTenant,
  signal?: AbortSignal | undefined,
): Promise<Probe> {
  const limit = AbortSignal.any([AbortSignal.timeout(PROBE_MILLISECONDS), ...(signal ? [signal] : [])]);
  const found = await (isDisabled(tenant)
    ? lookWhileDisabled(context, cloudflare.accountId, tenant, limit)
    : lookAtAll(context, cloudflare, tenant, limit));
  if (signal?.aborted === true) throw new OperationError(ErrorCode.Aborted, "the probe was aborted");
  return { at: context.now().toISOString(), ...found };
}

function isDisabled({ listed, deployed }: ProbedTenant): boolean {
  return (listed === undefined ? deployed.disabled : listed.disabled) != null;
}

type Found = Omit<Probe, "at">;

async function lookWhileDisabled(
  { cloudflare, now }: ProbeContext,
  accountId: string,
  { deployed }: ProbedTenant,
  signal: AbortSignal,
): Promise<Found> {
  const look = await lookAtTunnel(cloudflare, { accountId, tunnelId: deployed.tunnelId }, now(), signal);
  const { length } = look.connectors;
  return {
    condition: Condition.Disabled,
    tunnelStatus: tunnelStatus(look),
    dns: null,
    httpStatus: null,
    bucketWritable: null,
    errors: [
      ...(look.finding === TunnelFinding.Unasked
        ? [`the tunnel could not be asked about: ${look.detail}`]
        : []),
      ...connectorErrors(look),
      ...(length > 0 ? [`${length} connectors are still connected, though it is disabled`] : []),
    ],
    connectors: look.connectors,
  };
}

async function lookAtAll(
  context: ProbeContext,
  { accountId, zoneId }: Configuration["settings"]["cloudflare"],
  tenant: ProbedTenant,
  signal: AbortSignal,
): Promise<Found> {
  const { tunnelId, hostname, hostnames } = tenant.deployed;
  const mark = tenant.listed?.names.mark ?? "";
  const { cloudflare, env, now } = context;
  const [tunnel, records, answer, bucket] = await Promise.all([
    lookAtTunnel(cloudflare, { accountId, tunnelId }, now(), signal),
    lookAtRecords(cloudflare, { zoneId, hostnames, tunnelId, mark }, signal),
    visitHostname(hostname, env["TENANT_EDGE_EDGE_URL"] || undefined, signal),
    lookAtBucket(context, tenant, signal),
  ]);
  const looks = { tunnel, records, answer, bucket };
  const { condition, reasons } = conditionOf({
    tunnel: tunnel.finding,
    records: records.finding,
    answer: answer.finding,
    bucket: bucket.finding,
  });
  return {
    condition,
    tunnelStatus: tunnelStatus(tunnel),
    dns: records.finding === RecordsFinding.Unasked ? null : records.finding === RecordsFinding.Right,
    httpStatus: answer.status,
    bucketWritable:
      bucket.finding === BucketFinding.Works ? true : bucket.finding === BucketFinding.Refused ? false : null,
    errors: [
      ...reasons.map(({ part, words }) => [words, looks[part].detail].filter(Boolean).join(": ")),
      ...connectorErrors(tunnel),
    ],
    connectors: tunnel.connectors,
  };
}

function tunnelStatus({ finding }: TunnelLook): string | null {
  return finding === TunnelFinding.Unasked || finding === TunnelFinding.Missing ? null : finding;
}

function connectorErrors({ connectorsProblem }: TunnelLook): string[] {
  return connectorsProblem === undefined ? [] : [`its connectors are not known: ${connectorsProblem}`];
}

async function lookAtBucket(
  { engine, env }: ProbeContext,
  { id, listed, deployed: { bucket, endpoint } }: ProbedTenant,
  signal: AbortSignal,
): Promise<BucketTrial> {
  if (bucket === null || endpoint === null) return { finding: BucketFinding.None, detail: "" };
  try {
    const secrets = await engine.secrets(id, signal);
    if (secrets?.accessKeyId == null || secrets.secretAccessKey === null) {
      return { finding: BucketFinding.None, detail: "" };
    }
    const { accessKeyId, secretAccessKey } = secrets;
    // What the key may do is known from the list alone; every key may list.
    const access = listed?.bucket?.access ?? BucketAccess.readOnly;
    return await tryBucket({ endpoint, bucket, accessKeyId, secretAccessKey, access }, env, signal);
  } catch (error) {
    return { finding: BucketFinding.Unasked, detail: because(error) };
  }
}
