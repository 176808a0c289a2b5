/** A tenant with every default filled in: what the rules check and what the program builds. */
import type { BucketAccess, BucketJurisdiction, BucketLocation, StorageClass } from "../bucket/choices.ts";
import { type TenantNames, tenantNames } from "../naming/names.ts";
import type { StackConfig, TenantConfig } from "./schema.ts";

export interface ResolvedBucket {
  name: string;
  location: BucketLocation;
  jurisdiction: BucketJurisdiction;
  storageClass: StorageClass;
  access: BucketAccess;
  protect: boolean;
  lifecycleRules: TenantConfig["bucket"]["lifecycleRules"];
}

export interface ResolvedHost {
  /** Absent only where the rules have yet to complain about it. */
  imageId: string | undefined;
  instanceType: string;
  rootVolumeGiB: number;
  environment: Record<string, string>;
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

export function resolveTenant(defaults: TenantDefaults, tenant: TenantConfig): ResolvedTenant {
  const { bucket, host } = tenant;
  const { bucketDefaults, hostDefaults } = defaults;
  const names = tenantNames(defaults.environment, tenant.id);
  return {
    id: tenant.id,
    displayName: tenant.displayName ?? tenant.id,
    names,
    hostnames: [ownHostname(defaults.cloudflare, tenant), ...tenant.hostnames],
    origin: tenant.origin,
    routes: tenant.routes,
    tunnelSecretGeneration: tenant.tunnelSecretGeneration,
    bucket: bucket.enabled
      ? {
          name: bucket.name ?? names.bucket,
          location: bucket.location ?? bucketDefaults.location,
          jurisdiction: bucket.jurisdiction ?? bucketDefaults.jurisdiction,
          storageClass: bucket.storageClass ?? bucketDefaults.storageClass,
          access: bucket.access ?? bucketDefaults.access,
          protect: bucket.protect ?? bucketDefaults.protect,
          lifecycleRules: bucket.lifecycleRules,
        }
      : undefined,
    host: host.enabled
      ? {
          imageId: host.imageId ?? hostDefaults.imageId,
          instanceType: host.instanceType ?? hostDefaults.instanceType,
          rootVolumeGiB: host.rootVolumeGiB ?? hostDefaults.rootVolumeGiB,
          environment: host.environment,
        }
      : undefined,
  };
}
