/**
 * The configuration of a stack: the only source of its types, defaults, limits and descriptions.
 *
 * Everything under `tenant-edge:` in `Pulumi.<stack>.yaml` is parsed with `stackSchema`. The JSON Schema for editors and
 * the reference in docs/configuration.md are generated from it (`npm run generate`).
 */
import { z } from "zod";
import { BucketAccess, BucketJurisdiction, BucketLocation, StorageClass } from "../bucket/choices.ts";
import { DEFAULT_BUCKET, FIRST_KEY_GENERATIONS } from "../bucket/defaults.ts";
import { ALLOWANCE, ALLOWANCE_WORDS, LONGEST_ALLOWANCE_DAYS } from "../lifecycle/allowance.ts";
import { HOSTNAME, text, wholeNumber } from "./fields.ts";
import { hostDefaultsSchema, tenantHostSchema } from "./hostSchema.ts";
import { cloudflareLimitSchema, limitsSchema } from "./limitSchema.ts";
import { PRESENT_VERSION } from "./migrations/migrate.ts";
import { networkSchema } from "./networkSchema.ts";
import { originSchema, routeSchema } from "./originSchema.ts";
import { disabledSchema, foreignId, lifecycleSchema, time } from "./retentionSchema.ts";
import { TAG_LIMIT, tagsSchema } from "./tagsSchema.ts";

const HEX_ID = /^[0-9a-f]{32}$/;
/** A hostname whose first label may be `*`. */
const CERTIFICATE_HOSTNAME = /^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/;
const SUBDOMAIN = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

export const TENANT_ID_LIMIT = 63;
export const TENANT_ID = /^[a-z](?:-?[a-z0-9])*$/;
export const ENVIRONMENT = /^[a-z][a-z0-9]{0,15}$/;

const cloudflareSchema = z
  .strictObject({
    accountId: text(HEX_ID, "32 hexadecimal digits, lower case").describe(
      "Cloudflare account that owns the tunnels, buckets and tokens.",
    ),
    zoneId: text(HEX_ID, "32 hexadecimal digits, lower case").describe(
      "Zone of the tenants' hostnames, in the same account: a tunnel's hostname resolves in no other.",
    ),
    zoneName: text(HOSTNAME, "the zone's name in lower case, for example example.com").describe(
      "Name of that zone.",
    ),
    subdomainPrefix: text(/^(?:[a-z0-9][a-z0-9-]*)?$/, "lower-case letters, digits and hyphens")
      .max(32)
      .default("")
      .describe("Put before each tenant's subdomain, for environments that share a zone: `staging-`."),
    certificateHostnames: z
      .array(text(CERTIFICATE_HOSTNAME, "a hostname or *.hostname, lower case"))
      .default([])
      .describe(
        "Hostnames and wildcards of an advanced certificate that the zone has. Universal SSL covers one level below the zone; anything deeper must be covered here.",
      ),
  })
  .describe("The Cloudflare account and zone.");

const lifecycleRuleSchema = z.strictObject({
  id: text(/^[a-zA-Z0-9._-]{1,64}$/, "1 to 64 letters, digits, dots, underscores and hyphens").describe(
    "Name of the rule, once per bucket.",
  ),
  prefix: z.string().max(1024).default("").describe("Keys that begin with this; empty for all."),
  expireAfterDays: wholeNumber(1, 36_500).optional().describe("Delete objects of this age."),
  infrequentAccessAfterDays: wholeNumber(1, 36_500)
    .optional()
    .describe("Move objects of this age to InfrequentAccess."),
  abortMultipartAfterDays: wholeNumber(1, 36_500)
    .optional()
    .describe("Abort unfinished multipart uploads of this age."),
});

const bucketShape = {
  location: z
    .enum(BucketLocation)
    .describe("Location hint, honoured at the first creation only. Default weur."),
  jurisdiction: z
    .enum(BucketJurisdiction)
    .describe("Where objects must stay; never changes for a bucket. Default default."),
  storageClass: z.enum(StorageClass).describe("Storage class of new objects. Default Standard."),
  access: z.enum(BucketAccess).describe("What the tenant's key may do. Default read-write."),
  protect: z
    .boolean()
    .describe("true: the engine refuses to delete the bucket until this is false. Default true."),
};

const tenantBucketSchema = z.strictObject({
  enabled: z.boolean().default(true).describe("false: the tenant has no bucket."),
  name: text(
    /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
    "3 to 63 lower-case letters, digits and hyphens, neither first nor last a hyphen",
  )
    .optional()
    .describe(
      "Name of the bucket. Default `te-<environment>-<id>`. It cannot change without losing the objects.",
    ),
  location: bucketShape.location.optional(),
  jurisdiction: bucketShape.jurisdiction.optional(),
  storageClass: bucketShape.storageClass.optional(),
  access: bucketShape.access.optional(),
  protect: bucketShape.protect.optional(),
  keyGenerations: z
    .array(wholeNumber(1, 1_000_000))
    .min(1)
    .max(5)
    .meta({ uniqueItems: true })
    .default([...FIRST_KEY_GENERATIONS])
    .describe(
      "Keys of the bucket that are valid, the last one being the one that is given out. To rotate: add a number, wait until the hosts report it, drop the older one, which revokes it.",
    ),
  oldKeysUntil: time()
    .optional()
    .describe("When `tenant-edge expire` revokes all keys but the current one. The operations write it."),
  lifecycleRules: z
    .array(lifecycleRuleSchema)
    .max(999)
    .optional()
    .describe(
      "Lifecycle rules. To clear rules that were set, write [] once; leaving the key out later touches nothing.",
    ),
});

export const tenantSchema = z
  .strictObject({
    id: text(
      TENANT_ID,
      "lower-case letters, digits and single hyphens, beginning with a letter and not ending with a hyphen",
    )
      .max(TENANT_ID_LIMIT)
      .describe("Immutable name of the tenant; every physical name derives from it."),
    displayName: text(/^[^\p{Cc}\u2028\u2029]*$/u, "one line without control characters")
      .max(200)
      .optional()
      .describe("Name for people; part of no physical name."),
    hubId: foreignId()
      .optional()
      .describe("Id of the customer's hub in another system; one tenant for each."),
    accountId: foreignId().optional().describe("The customer's account in that system."),
    disabled: disabledSchema.optional(),
    subdomain: text(SUBDOMAIN, "lower-case letters, digits and hyphens, neither first nor last a hyphen")
      .optional()
      .describe("First label of the tenant's hostname. Default: the id."),
    hostnames: z
      .array(z.string())
      .max(20)
      .default([])
      .describe("Further hostnames of the tenant, written in full, inside the zone."),
    origin: originSchema.prefault({}).describe("The app behind the tunnel."),
    routes: z
      .array(routeSchema)
      .max(50)
      .default([])
      .describe("Rules for paths that go elsewhere than to the origin."),
    tunnelSecretGeneration: wholeNumber(1, 1_000_000)
      .default(1)
      .describe(
        "Raise it by one to give the tunnel a new secret, which makes the old connector token useless.",
      ),
    bucket: tenantBucketSchema.prefault({}).describe("The tenant's R2 bucket."),
    host: tenantHostSchema.prefault({}).describe("The tenant's EC2 host."),
  })
  .describe("One customer.");

/** A time that is not so far ahead that what was said once would hold for whatever comes. */
const allowedUntil = time().refine(
  (until) => !(Date.parse(until) > Date.now() + LONGEST_ALLOWANCE_DAYS * 86_400_000),
  { error: `a time in UTC, at most ${LONGEST_ALLOWANCE_DAYS} days ahead` },
);

export const stackSchema = z.strictObject({
  schemaVersion: z.coerce
    .number()
    .pipe(wholeNumber(1, PRESENT_VERSION))
    .default(1)
    .describe(
      `Version of this format: ${PRESENT_VERSION}. \`tenant-edge migrate\` brings an earlier one there; a later one is refused.`,
    ),
  environment: text(ENVIRONMENT, "1 to 16 lower-case letters and digits, beginning with a letter").describe(
    "Part of every physical name: staging, prod. All stacks of one environment share it; it never changes.",
  ),
  cloudflare: cloudflareSchema,
  network: networkSchema.prefault({}),
  hostDefaults: hostDefaultsSchema.prefault({}),
  bucketDefaults: z
    .strictObject({
      location: bucketShape.location.default(DEFAULT_BUCKET.location),
      jurisdiction: bucketShape.jurisdiction.default(DEFAULT_BUCKET.jurisdiction),
      storageClass: bucketShape.storageClass.default(DEFAULT_BUCKET.storageClass),
      access: bucketShape.access.default(DEFAULT_BUCKET.access),
      protect: bucketShape.protect.default(true),
    })
    .prefault({})
    .describe("What buckets have unless their tenant says otherwise."),
  kmsKeyArn: text(
    /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[0-9a-f-]{36}$/,
    "the ARN of a KMS key (not of an alias)",
  )
    .optional()
    .describe(
      "Key that encrypts the tenants' parameters. Default: the account's aws/ssm key, which costs nothing.",
    ),
  tags: tagsSchema.default({}).describe(`Tags for every AWS resource, besides ours; at most ${TAG_LIMIT}.`),
  reservedSubdomains: z
    .array(text(SUBDOMAIN, "lower-case letters, digits and hyphens"))
    .default([])
    .describe(
      "Subdomains that no tenant may have, besides api, app, www, doc, docs, status and staging-api.",
    ),
  limits: limitsSchema.prefault({}),
  cloudflareLimit: cloudflareLimitSchema.prefault({}),
  lifecycle: lifecycleSchema.prefault({}),
  allow: z
    .strictObject({
      words: text(ALLOWANCE, ALLOWANCE_WORDS).describe("`hosts of 12 tenants`, or ids of tenants."),
      until: allowedUntil.describe(`Worth nothing afterwards; at most ${LONGEST_ALLOWANCE_DAYS} days ahead.`),
    })
    .optional()
    .describe(
      "What updates until then may delete or replace of more tenants than one, or a twentieth. For a run alone: TENANT_EDGE_ALLOW. Default: nothing.",
    ),
  tenantList: text(
    /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/\S+$/,
    "s3://bucket/prefix, with ?endpoint=https://...&region=auto for R2",
  )
    .optional()
    .describe(
      "Where the list of tenants is shared: `s3://bucket/prefix`. Every run then reads it there, `tenants` here is a copy, and `tenant-edge pull` and `push` reconcile the two. Default: the list is here.",
    ),
  tenants: z.array(tenantSchema).default([]).describe("The customers of this stack."),
});

export type StackConfig = z.output<typeof stackSchema>;
export type TenantConfig = z.output<typeof tenantSchema>;
