/**
 * Whose a thing in the clouds is, by its name. `naming/names.ts` makes these names; whatever it would not make is not
 * ours. An environment has no hyphen, so no environment's names begin with another one's.
 */
import { TENANT_ID, TENANT_ID_LIMIT } from "../config/schema.ts";
import {
  BUCKET_ENVIRONMENT_PARAMETER,
  HOST_REPORT_PARAMETER,
  TUNNEL_TOKEN_PARAMETER,
} from "../host/parameters.ts";
import { tenantNames } from "../naming/names.ts";

export const ENVIRONMENT_TAG = "tenant-edge:environment";
export const TENANT_TAG = "tenant-edge:tenant";
export const TUNNEL_TAG = "tenant-edge:tunnel-id";

/** R2's limit, at which a bucket's name is cut. */
const CUT_BUCKET_LENGTH = 63;
/** IAM's limit, at which a role's name is cut. */
const CUT_ROLE_LENGTH = 64;
/** End of a name that was cut; ids have no double hyphen. */
const CUT = /--[0-9a-f]{10}$/;
/** Of a host and its further replicas. */
const ROLE_SUFFIX = /-host(?:-[2-4])?$/;
const KEY = /^(.+)-key-([1-9]\d{0,6})$/;
const PARAMETER = new RegExp(
  `^(?:${TUNNEL_TOKEN_PARAMETER}|${BUCKET_ENVIRONMENT_PARAMETER}|${HOST_REPORT_PARAMETER}(?:-[2-4])?)$`,
);

/** A name of ours: its tenant, unless the name was cut. */
export interface Owner {
  tenant: string | undefined;
}

/** What every name of an environment begins with. */
export function namePrefix(environment: string): string {
  return `te-${environment}-`;
}

export function commentPrefix(environment: string): string {
  return `tenant-edge/${environment}/`;
}

/** Without a slash at its end, as SSM takes it. */
export function parameterPath(environment: string): string {
  return `/tenant-edge/${environment}`;
}

export function isTenantId(text: string): boolean {
  return text.length <= TENANT_ID_LIMIT && TENANT_ID.test(text);
}

function idAfter(prefix: string, text: string): string | undefined {
  const id = text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
  return id !== undefined && isTenantId(id) ? id : undefined;
}

function isCut(environment: string, name: string, length: number): boolean {
  return name.length === length && name.startsWith(namePrefix(environment)) && CUT.test(name);
}

export function tunnelOwner(environment: string, name: string): Owner | undefined {
  const tenant = idAfter(namePrefix(environment), name);
  return tenant === undefined ? undefined : { tenant };
}

export function bucketOwner(environment: string, name: string): Owner | undefined {
  const tenant = idAfter(namePrefix(environment), name);
  if (tenant !== undefined && tenantNames(environment, tenant).bucket === name) return { tenant };
  return isCut(environment, name, CUT_BUCKET_LENGTH) ? { tenant: undefined } : undefined;
}

/** Of the token that is one generation of a bucket's key. */
export function keyOwner(
  environment: string,
  name: string,
): (Owner & { bucket: string; generation: number }) | undefined {
  const [, bucket = "", generation = ""] = KEY.exec(name) ?? [];
  const owner = bucketOwner(environment, bucket);
  return owner && { ...owner, bucket, generation: Number(generation) };
}

/** @param comment of a DNS record. */
export function recordOwner(environment: string, comment: string): Owner | undefined {
  const tenant = idAfter(commentPrefix(environment), comment);
  return tenant === undefined ? undefined : { tenant };
}

export function parameterOwner(environment: string, name: string): Owner | undefined {
  const [id = "", key = "", ...more] = name.startsWith(`${parameterPath(environment)}/`)
    ? name.slice(parameterPath(environment).length + 1).split("/")
    : [];
  return more.length === 0 && isTenantId(id) && PARAMETER.test(key) ? { tenant: id } : undefined;
}

/** Whether hosts write a parameter of ours, and not the engine. */
export function isHostReport(parameterName: string): boolean {
  return parameterName.split("/").at(-1)?.startsWith(HOST_REPORT_PARAMETER) === true;
}

/** Of a role or an instance profile; their tags have to say the same. */
export function roleOwner(environment: string, name: string): Owner | undefined {
  if (ROLE_SUFFIX.test(name)) {
    const tenant = idAfter(namePrefix(environment), name.replace(ROLE_SUFFIX, ""));
    if (tenant !== undefined) return { tenant };
  }
  return isCut(environment, name, CUT_ROLE_LENGTH) ? { tenant: undefined } : undefined;
}

/** @param tags as AWS lists them. */
export function tagOwner(
  environment: string,
  tags: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined,
): { tenant: string; tunnelId: string | undefined } | undefined {
  const value = (key: string) => tags?.find(({ Key }) => Key === key)?.Value ?? "";
  const tenant = value(TENANT_TAG);
  const tunnelId = value(TUNNEL_TAG) || undefined;
  return value(ENVIRONMENT_TAG) === environment && isTenantId(tenant) ? { tenant, tunnelId } : undefined;
}
