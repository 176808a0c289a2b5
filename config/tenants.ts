/** A tenant with every default filled in: what the rules check and what the program builds. */
import type { BucketAccess, BucketJurisdiction, BucketLocation, StorageClass } from "../bucket/choices.ts";
import type { ConnectorOptions, HostApp } from "../host/spec.ts";
import { BucketFate, type Disabled } from "../lifecycle/states.ts";
import { type TenantNames, tenantNames } from "../naming/names.ts";
import { digestOf } from "./digest.ts";
import type { StackConfig, TenantConfig } from "./schema.ts";

export interface ResolvedBucket {
  name: string;
  location: BucketLocation;
  jurisdiction: BucketJurisdiction;
  storageClass: StorageClass;
  access: BucketAccess;
  protect: boolean;
  /** Valid keys, the current one last; none while the tenant is disabled. */
  keyGenerations: number[];
  lifecycleRules: TenantConfig["bucket"]["lifecycleRules"];
}

export interface ResolvedHost {
  /** Absent only where the rules have yet to complain about it. */
  imageId: string | undefined;
  instanceType: string;
  rootVolumeGiB: number;
  replicas: number;
  cloudflaredMirror: string | undefined;
  connector: ConnectorOptions;
  pollSeconds: number;
  sessionManager: boolean;
  replacementTimeoutSeconds: number;
  environment: Record<string, string>;
  /** Undefined when no app is to be started. */
  app: HostApp | undefined;
  cloudConfig: Record<string, unknown>;
}

export interface ResolvedTenant {
  id: string;
  displayName: string;
  /** Ids in another system. */
  hubId: string | undefined;
  accountId: string | undefined;
  /** Undefined for an active tenant. */
  disabled: Disabled | undefined;
  names: TenantNames;
  /** The tenant's own hostname first, then the further ones; lower case. */
  hostnames: string[];
  origin: TenantConfig["origin"];
  routes: TenantConfig["routes"];
  tunnelSecretGeneration: number;
  bucket: ResolvedBucket | undefined;
  host: ResolvedHost | undefined;
  /** True also for a disabled tenant whose hosts come back with it. */
  needsNetwork: boolean;
  /** Of all the above: another one means that something was changed. */
  entryDigest: string;
}

/** What a tenant's settings fall back to. */
export type TenantDefaults = Pick<
  StackConfig,
  "environment" | "cloudflare" | "hostDefaults" | "bucketDefaults"
>;

/** The hostname that a tenant has without asking for one. */
export function ownHostname(cloudflare: StackConfig["cloudflare"], tenant: TenantConfig): string {
  return `${cloudflare.subdomainPrefix}${tenant.subdomain ?? tenant.id}.${cloudflare.zoneName}`;
}

function resolveBucket(
  { bucketDefaults }: TenantDefaults,
  { bucket, disabled }: TenantConfig,
  names: TenantNames,
): ResolvedBucket | undefined {
  if (!bucket.enabled || disabled?.bucket === BucketFate.Deleted) return undefined;
  const isReleased = disabled?.bucket === BucketFate.Released || disabled?.purge === true;
  return {
    name: bucket.name ?? names.bucket,
    location: bucket.location ?? bucketDefaults.location,
    jurisdiction: bucket.jurisdiction ?? bucketDefaults.jurisdiction,
    storageClass: bucket.storageClass ?? bucketDefaults.storageClass,
    access: bucket.access ?? bucketDefaults.access,
    protect: !isReleased && (bucket.protect ?? bucketDefaults.protect),
    keyGenerations: disabled === undefined ? bucket.keyGenerations : [],
    lifecycleRules: bucket.lifecycleRules,
  };
}

function resolveHost({ hostDefaults }: TenantDefaults, host: TenantConfig["host"]): ResolvedHost {
  const { app } = host;
  return {
    imageId: host.imageId ?? hostDefaults.imageId,
    instanceType: host.instanceType ?? hostDefaults.instanceType,
    rootVolumeGiB: host.rootVolumeGiB ?? hostDefaults.rootVolumeGiB,
    replicas: host.replicas ?? hostDefaults.replicas,
    cloudflaredMirror: host.cloudflaredMirror ?? hostDefaults.cloudflaredMirror,
    connector: {
      protocol: host.protocol ?? hostDefaults.protocol,
      edgeIpVersion: host.edgeIpVersion ?? hostDefaults.edgeIpVersion,
      edgeRegion: host.edgeRegion ?? hostDefaults.edgeRegion,
    },
    pollSeconds: host.pollSeconds ?? hostDefaults.pollSeconds,
    sessionManager: host.sessionManager ?? hostDefaults.sessionManager,
    replacementTimeoutSeconds: host.replacementTimeoutSeconds ?? hostDefaults.replacementTimeoutSeconds,
    environment: host.environment,
    app: app.container === undefined && app.unit === undefined ? undefined : app,
    cloudConfig: host.cloudConfig,
  };
}

export function resolveTenant(defaults: TenantDefaults, tenant: TenantConfig): ResolvedTenant {
  const { disabled, host } = tenant;
  const names = tenantNames(defaults.environment, tenant.id);
  const resolved = {
    id: tenant.id,
    displayName: tenant.displayName ?? tenant.id,
    hubId: tenant.hubId,
    accountId: tenant.accountId,
    disabled,
    names,
    hostnames: [ownHostname(defaults.cloudflare, tenant), ...tenant.hostnames],
    origin: tenant.origin,
    routes: tenant.routes,
    tunnelSecretGeneration: tenant.tunnelSecretGeneration,
    bucket: resolveBucket(defaults, tenant, names),
    host: host.enabled && disabled === undefined ? resolveHost(defaults, host) : undefined,
    needsNetwork: host.enabled,
  };
  return { ...resolved, entryDigest: digestOf(resolved) };
}
