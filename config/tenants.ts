/** A tenant with every default filled in: what the rules check and what the program builds. */
import type { BucketAccess, BucketJurisdiction, BucketLocation, StorageClass } from "../bucket/choices.ts";
import type { ConnectorOptions, HostApp } from "../host/spec.ts";
import { type TenantNames, tenantNames } from "../naming/names.ts";
import type { StackConfig, TenantConfig } from "./schema.ts";

export interface ResolvedBucket {
  name: string;
  location: BucketLocation;
  jurisdiction: BucketJurisdiction;
  storageClass: StorageClass;
  access: BucketAccess;
  protect: boolean;
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
  names: TenantNames;
  /** The tenant's own hostname first, then the further ones; lower case. */
  hostnames: string[];
  origin: TenantConfig["origin"];
  routes: TenantConfig["routes"];
  tunnelSecretGeneration: number;
  bucket: ResolvedBucket | undefined;
  host: ResolvedHost | undefined;
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
  bucket: TenantConfig["bucket"],
  names: TenantNames,
): ResolvedBucket {
  return {
    name: bucket.name ?? names.bucket,
    location: bucket.location ?? bucketDefaults.location,
    jurisdiction: bucket.jurisdiction ?? bucketDefaults.jurisdiction,
    storageClass: bucket.storageClass ?? bucketDefaults.storageClass,
    access: bucket.access ?? bucketDefaults.access,
    protect: bucket.protect ?? bucketDefaults.protect,
    keyGenerations: bucket.keyGenerations,
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
  const { bucket, host } = tenant;
  const names = tenantNames(defaults.environment, tenant.id);
  return {
    id: tenant.id,
    displayName: tenant.displayName ?? tenant.id,
    names,
    hostnames: [ownHostname(defaults.cloudflare, tenant), ...tenant.hostnames],
    origin: tenant.origin,
    routes: tenant.routes,
    tunnelSecretGeneration: tenant.tunnelSecretGeneration,
    bucket: bucket.enabled ? resolveBucket(defaults, bucket, names) : undefined,
    host: host.enabled ? resolveHost(defaults, host) : undefined,
  };
}
