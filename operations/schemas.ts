/**
 * What every operation takes and gives: the one source of the library's types, of the command line's options and of
 * the HTTP service's document. Times are RFC 3339 in UTC, sizes are bytes.
 */
import { z } from "zod";
import { REGION } from "../config/networkSchema.ts";
import { serviceUrl } from "../config/originSchema.ts";
import { TENANT_ID, TENANT_ID_LIMIT } from "../config/schema.ts";
import { Cloud, Condition, LeftoverKind, OrphanKind, SweepAction, TenantState } from "./choices.ts";

const time = z.iso.datetime();
const generation = z.int().min(1).max(1_000_000);

export const tenantId = z
  .string()
  .regex(TENANT_ID, "lower-case letters, digits and single hyphens, beginning with a letter")
  .max(TENANT_ID_LIMIT)
  .describe("Id of a tenant, as in the tenant list.");

/** Ids that come from other systems: any printable text without spaces at the ends. */
const foreignId = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[!-~](?:[ -~]*[!-~])?$/, "printable ASCII, neither first nor last a space");

const referenceShape = {
  tenant: tenantId.optional(),
  hubId: foreignId.optional().describe("Instead of tenant: id of the customer's hub, as given to enroll."),
  tunnelId: z.uuid().optional().describe("Instead of tenant: UUID of the tenant's tunnel."),
};

/** The input of an operation on one tenant, which is named in one of three ways. */
function onTenant<T extends z.ZodRawShape>(options: T) {
  return z
    .strictObject({ ...referenceShape, ...options })
    .refine(
      (input: { tenant?: unknown; hubId?: unknown; tunnelId?: unknown }) =>
        [input.tenant, input.hubId, input.tunnelId].filter((name) => name !== undefined).length === 1,
      { error: "give exactly one of tenant, hubId and tunnelId" },
    );
}

const ofEnvironment = {
  failedStacks: z
    .array(z.object({ stack: z.string(), outcome: z.literal("failed"), error: z.string() }))
    .optional()
    .describe("Of an environment: stacks that are not in the answer, and why. Absent when all are."),
};

const stack = z
  .string()
  .optional()
  .describe("Of an environment: the stack that it belongs to. Absent when one stack was asked.");

export const enrollInput = z
  .strictObject({
    tenant: tenantId.optional().describe("Id of the tenant. Default: made from hubId."),
    hubId: foreignId.optional().describe("Id of the customer's hub in another system; one tenant for each."),
    accountId: foreignId.optional().describe("The customer's account in that system."),
    displayName: z
      .string()
      .max(200)
      .regex(/^[^\p{Cc}]*$/u, "one line")
      .optional()
      .describe("Name for people."),
    subdomain: z
      .string()
      .max(63)
      .regex(
        /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/,
        "lower-case letters, digits and hyphens, neither first nor last a hyphen",
      )
      .optional()
      .describe(
        "Wanted first label of the hostname. Default: the id, or one made from it when that is taken or reserved.",
      ),
    hostname: z
      .string()
      .max(253)
      .regex(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/, "a hostname in full, lower case")
      .optional()
      .describe("Wanted hostname in full, inside the zone, besides or instead of a subdomain."),
    service: serviceUrl
      .max(300)
      .optional()
      .describe("What the tunnel forwards to, as seen from the connector. Default http://localhost:8080."),
    awsRegion: z
      .string()
      .regex(REGION, "an AWS region, as eu-west-1")
      .optional()
      .describe(
        "AWS region that the tenant is to be in. Default: the stack's; has to be given where stacks of an environment are in several.",
      ),
    host: z.boolean().optional().describe("false: the customer runs cloudflared. Default true."),
    bucket: z.boolean().optional().describe("false: no bucket. Default true."),
    reactivate: z
      .boolean()
      .optional()
      .describe("true: a disabled tenant is enabled again. Default false: it is refused."),
  })
  .refine(({ tenant, hubId }) => tenant !== undefined || hubId !== undefined, {
    error: "give tenant, or hubId to make the tenant's id from",
  });

export const credentials = z.object({
  bucket: z.string().nullable().describe("Name of the R2 bucket; null without one."),
  endpoint: z.string().nullable().describe("S3 endpoint of the bucket."),
  region: z.literal("auto"),
  accessKeyId: z.string().nullable(),
  secretAccessKey: z.string().nullable(),
  keyGeneration: generation.nullable(),
});

export const enrollResult = credentials.extend({
  tenant: tenantId,
  created: z.boolean().describe("false when the tenant was there already, as it was asked for."),
  tunnelId: z.string(),
  tunnelName: z.string(),
  tunnelToken: z.string(),
  hostname: z.string(),
  hostnames: z.array(z.string()),
  url: z.string(),
});

export const statusInput = onTenant({
  probe: z
    .boolean()
    .optional()
    .describe("true: look now, which takes seconds and Cloudflare calls. Default false: what was seen last."),
});

export const connector = z.object({
  id: z.string(),
  version: z.string().nullable(),
  arch: z.string().nullable(),
  originAddress: z.string().nullable().describe("Public address from which the connector connects."),
  openedAt: time.nullable().describe("When its oldest connection was opened."),
  uptimeSeconds: z.int().nullable(),
  connections: z.int(),
  colos: z.array(z.string()),
});

/** What one probe of a tenant found; kept with its time. */
export const probe = z.object({
  at: time,
  condition: z.enum(Condition),
  tunnelStatus: z.string().nullable().describe("healthy, degraded, down or inactive, as Cloudflare says."),
  dns: z.boolean().nullable().describe("Every hostname has its proxied record to the tunnel."),
  httpStatus: z.int().nullable().describe("Answer of the hostname; null when there was none."),
  bucketWritable: z
    .boolean()
    .nullable()
    .describe(
      "A write and a read with the tenant's key, or a list with one that may only read; null without bucket or key.",
    ),
  errors: z.array(z.string()),
  connectors: z.array(connector),
});

export const disabledState = z.object({
  since: time,
  keepUntil: time.describe("Until when the bucket is kept."),
  purge: z.boolean().describe("true: the rest may go now."),
  bucketDeleted: z.boolean(),
});

export const statusResult = z.object({
  tenant: tenantId,
  hubId: z.string().nullable(),
  accountId: z.string().nullable(),
  displayName: z.string(),
  state: z.enum(TenantState),
  enabled: z.boolean(),
  disabled: disabledState.nullable(),
  condition: z.enum(Condition),
  hostname: z.string(),
  hostnames: z.array(z.string()),
  tunnelId: z.string().nullable().describe("null until the tenant was deployed for the first time."),
  tunnelName: z.string(),
  tunnelStatus: z.string().nullable(),
  bucket: z.string().nullable(),
  keyGenerations: z.array(generation).describe("Valid keys of the bucket, the current one last."),
  tunnelSecretGeneration: generation,
  pending: z
    .boolean()
    .describe("true: the list says something that was not deployed yet; the next operation or `up` does it."),
  lastHealthCheck: time.nullable(),
  errors: z.array(z.string()),
  connectors: z.array(connector),
});

export const tokenInput = onTenant({});

export const tokenResult = z.object({ tenant: tenantId, tunnelId: z.string(), token: z.string() });

export const rotateKeysInput = onTenant({
  to: generation
    .optional()
    .describe(
      "Generation to end with: the current one or the next. Default: the next, or the one of a rotation under way.",
    ),
  overlapHours: z
    .number()
    .min(0)
    .max(8760)
    .optional()
    .describe(
      "For customers that hold the key themselves: how long the old key stays valid. Default: lifecycle.keyOverlapHours of the stack. With hosts of ours, their reports end it.",
    ),
});

export const rotateKeysResult = credentials.extend({
  tenant: tenantId,
  keyGenerations: z.array(generation),
  revoked: z.array(generation),
  oldKeysUntil: time.nullable().describe("When `expire` revokes the old keys; null when none is left."),
});

export const rotateTunnelInput = onTenant({
  to: generation
    .optional()
    .describe("Generation of the secret to end with: the current one or the next. Default: the next."),
  dropConnections: z
    .boolean()
    .optional()
    .describe(
      "true: also drop the connections that were opened with the old secret. Default false: they stay.",
    ),
});

export const rotateTunnelResult = z.object({
  tenant: tenantId,
  tunnelId: z.string(),
  tunnelSecretGeneration: generation,
  token: z.string(),
});

export const disableInput = onTenant({
  deleteBucket: z.boolean().optional().describe("true: empty and delete the bucket now. Default false."),
  retentionDays: z
    .int()
    .min(0)
    .max(3650)
    .optional()
    .describe("How long the bucket is kept. Default: lifecycle.retentionDays of the stack, 30."),
});

export const disableResult = z.object({
  tenant: tenantId,
  state: z.literal(TenantState.Disabled),
  disabled: disabledState,
  bucket: z.string().nullable().describe("The bucket that is kept."),
  objectsDeleted: z.int(),
});

export const enableInput = onTenant({});

export const removeInput = onTenant({
  purge: z.boolean().optional().describe("true: do not wait for the end of the retention. Default false."),
  emptyBucket: z
    .boolean()
    .optional()
    .describe("true: delete the objects in the bucket. Default false: a bucket with objects is refused."),
});

export const removeResult = z.object({
  tenant: tenantId,
  state: z.literal(TenantState.Absent),
  changed: z.boolean().describe("false when there was no such tenant any more."),
  objectsDeleted: z.int(),
});

export const expireInput = z.strictObject({
  act: z.boolean().optional().describe("true: do it. Default false: only list what is due."),
  emptyBuckets: z
    .boolean()
    .optional()
    .describe("true: delete the objects of buckets whose time is over. Default false."),
});

export const DueKind = { Remove: "remove", RevokeKeys: "revoke-keys" } as const;

export const expireResult = z.object({
  ...ofEnvironment,
  due: z.array(
    z.object({
      tenant: tenantId,
      kind: z.enum(DueKind),
      since: time.describe("When it fell due."),
      outcome: z.enum(["done", "planned", "failed"]),
      error: z.string().nullable(),
    }),
  ),
});

export const listInput = z.strictObject({});

export const listResult = z.object({
  ...ofEnvironment,
  environment: z.string(),
  stack: z.string().describe("Of an environment: the names of the stacks that have answered."),
  tenants: z.array(
    statusResult
      .pick({
        tenant: true,
        hubId: true,
        accountId: true,
        displayName: true,
        state: true,
        condition: true,
        hostname: true,
        bucket: true,
        disabled: true,
        pending: true,
        lastHealthCheck: true,
      })
      .extend({ stack }),
  ),
});

export const sweepHealthInput = z.strictObject({
  act: z
    .boolean()
    .optional()
    .describe("true: restart what is down twice in a row. Default false: only look."),
  maxActions: z
    .int()
    .min(0)
    .max(100)
    .optional()
    .describe("Tenants to act on in one sweep. Default: lifecycle.sweepActions of the stack, 3."),
  tenants: z.array(tenantId).max(1000).optional().describe("Only these. Default: all active ones."),
});

export const sweepHealthResult = z.object({
  ...ofEnvironment,
  checked: z.int(),
  notChecked: z.int().describe("Left for the next sweep, because the API budget was nearly used up."),
  unhealthy: z.array(
    z.object({
      tenant: tenantId,
      condition: z.enum(Condition),
      errors: z.array(z.string()),
      failures: z.int().describe("Sweeps in a row that found it so, this one included."),
      action: z.enum(SweepAction),
      detail: z.string(),
    }),
  ),
});

export const sweepOrphansInput = z.strictObject({
  delete: z.boolean().optional().describe("true: delete them. Default false: only list them."),
  maxDeletions: z.int().min(1).max(1000).optional().describe("Refuse to delete more than this. Default 10."),
});

/** A thing in a cloud with our mark, and what became of it. */
const markedThing = z.object({
  cloud: z.enum(Cloud),
  kind: z.enum(OrphanKind),
  id: z.string(),
  name: z.string(),
  tenant: z.string(),
  outcome: z.enum(["found", "deleted", "kept", "failed"]),
  detail: z.string(),
});

export const sweepOrphansResult = z.object({
  ...ofEnvironment,
  seen: z.int().describe("Things in the accounts that carry our mark and this environment."),
  orphans: z.array(markedThing),
});

export const repairInput = z.strictObject({});

export const repairResult = z.object({
  ...ofEnvironment,
  unlocked: z.boolean().describe("The lock of a process that is no more was taken away."),
  interrupted: z
    .array(z.object({ tenant: z.string(), type: z.string(), name: z.string(), action: z.string() }))
    .describe("What an update was doing when it was killed; tenant is empty for what is shared."),
  leftovers: z
    .array(markedThing.extend({ kind: z.enum(LeftoverKind) }))
    .describe(
      "What carries our mark, belongs to a tenant of this stack or to its network, and is in no state; tenant is empty for parts of a network.",
    ),
  gone: z
    .array(z.object({ tenant: z.string(), type: z.string(), name: z.string(), id: z.string() }))
    .describe(
      "What the state has and Cloudflare did not list; the engine looks at each and forgets what is gone.",
    ),
});

export const usageInput = z.strictObject({
  month: z
    .string()
    .regex(/^\d{4}-(?:0[1-9]|1[0-2])$/, "a month as 2026-11")
    .optional()
    .describe("Calendar month in UTC. Default: the present one."),
  tenant: tenantId.optional().describe("Only this one. Default: all."),
});

export const usageResult = z.object({
  ...ofEnvironment,
  month: z.string(),
  from: time,
  to: time.describe("Exclusive; now for the present month."),
  tenants: z.array(
    z.object({
      tenant: tenantId,
      bucket: z.string().nullable(),
      bucketBytes: z.int().describe("Largest size in the month, metadata included."),
      bucketObjects: z.int(),
      classAOperations: z.int(),
      classBOperations: z.int(),
      requests: z.int(),
      responseBytes: z.int(),
    }),
  ),
});

export const historyInput = z.strictObject({
  tenant: tenantId.optional(),
  limit: z.int().min(1).max(500).optional().describe("Default 20."),
});

export const historyResult = z.object({
  ...ofEnvironment,
  updates: z.array(
    z.object({
      version: z.int().nullable().describe("null where the backend does not number them."),
      kind: z.string(),
      message: z.string(),
      result: z.string(),
      startedAt: time,
      endedAt: time.nullable(),
      changes: z.record(z.string(), z.int()),
      stack,
    }),
  ),
  audit: z.array(
    z.object({
      time,
      actor: z.string(),
      operation: z.string(),
      tenants: z.array(z.string()),
      outcome: z.string(),
      errorCode: z.string().nullable(),
      requestId: z.string().nullable(),
    }),
  ),
});
