/**
 * Physical names and marks of everything that belongs to a tenant.
 *
 * They derive from the environment and the tenant's id alone, never from the stack's name or the tenant's display
 * name: so a tenant can move to another stack of its environment untouched. Two different tenants never share
 * a name: an environment has no hyphen, an id has no double hyphen, and a name that has to be cut gets a double
 * hyphen and a hash of the whole.
 */
import { createHash } from "node:crypto";
import { HOST_REPORT_PARAMETER } from "../host/parameters.ts";

/** R2: 3 to 63 characters. Cloudflare R2 documentation, "Create new buckets". */
const BUCKET_NAME_LIMIT = 63;
/** IAM roles: 64 characters. AWS documentation, "IAM and AWS STS quotas". */
const ROLE_NAME_LIMIT = 64;
/** Tag values: 256 characters, more than any of our names; EC2 shows about 60 of them in a column. */
const TUNNEL_NAME_LIMIT = 100;

const HASH_LENGTH = 10;

/** Cuts a name that is too long and ends it with `--` and ten hexadecimal digits of the whole name's SHA-256. */
export function boundedName(name: string, limit: number): string {
  if (name.length <= limit) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, HASH_LENGTH);
  return `${name.slice(0, limit - HASH_LENGTH - 2)}--${hash}`;
}

export interface TenantNames {
  /** `te-<environment>-<id>`: unique among the live tunnels of an account. */
  tunnel: string;
  /** The R2 bucket, unique in its account and jurisdiction. */
  bucket: string;
  /** SSM path that holds the tenant's parameters: no other tenant's path begins with it and a slash. */
  parameterPath: string;
  /** The mark in DNS record comments, by which a sweep knows a record as ours. At most 100 characters. */
  mark: string;
}

/** @param environment lower-case letters and digits. @param tenantId as the config schema allows it. */
export function tenantNames(environment: string, tenantId: string): TenantNames {
  const base = `te-${environment}-${tenantId}`;
  return {
    tunnel: boundedName(base, TUNNEL_NAME_LIMIT),
    bucket: boundedName(base, BUCKET_NAME_LIMIT),
    parameterPath: `/tenant-edge/${environment}/${tenantId}`,
    mark: `tenant-edge/${environment}/${tenantId}`,
  };
}

export interface HostNames {
  /** Name tag of the instance, and start of the security group's name. */
  host: string;
  /** IAM role and instance profile, unique in the AWS account. */
  role: string;
  /** SSM parameter that the host, and no other, reports to. */
  reportParameter: string;
}

/** Names of one of a tenant's hosts. @param replica 1 for the first, whose names carry no number. */
export function hostNames(environment: string, tenantId: string, replica: number): HostNames {
  const base = `te-${environment}-${tenantId}`;
  const suffix = replica === 1 ? "" : `-${replica}`;
  return {
    host: boundedName(replica === 1 ? base : `${base}--${replica}`, TUNNEL_NAME_LIMIT),
    role: boundedName(`${base}-host${suffix}`, ROLE_NAME_LIMIT),
    reportParameter: `/tenant-edge/${environment}/${tenantId}/${HOST_REPORT_PARAMETER}${suffix}`,
  };
}

/** Name of the token for one generation of a bucket's key. Token names need not be unique; this one tells whose it is. */
export function bucketTokenName(bucketName: string, generation: number): string {
  return `${bucketName}-key-${generation}`;
}
