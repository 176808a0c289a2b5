/** A stack of an environment, as far as it has to fit with the others. */

import { type Needs, needsOf } from "../config/limitNeeds.ts";
import { migrated } from "../config/migrations/migrate.ts";
import { formatPath, type Problem, show } from "../config/problems.ts";
import {
  type StackConfig,
  stackSchema,
  TENANT_ID,
  type TenantConfig,
  tenantSchema,
} from "../config/schema.ts";
import { type ResolvedTenant, resolveTenant, type TenantDefaults } from "../config/tenants.ts";
import { incomparable, type ShardFile } from "./shardFiles.ts";

export interface ShardTenant {
  /** Its position in the list. */
  index: number;
  id: string;
  hubId: string | undefined;
  hostnames: readonly { path: string; hostname: string }[];
  bucket: Pick<ResolvedTenant["bucket"] & object, "name" | "jurisdiction"> | undefined;
  needs: Needs;
}

export interface Shard {
  file: string;
  account: string;
  zone: string;
  limits: StackConfig["limits"];
  tenants: readonly ShardTenant[];
}

function tenantOf(defaults: TenantDefaults, index: number, tenant: TenantConfig): ShardTenant {
  const { hostnames, bucket } = resolveTenant(defaults, tenant);
  const path = (position: number) =>
    position === 0
      ? formatPath(["tenants", index, tenant.subdomain === undefined ? "id" : "subdomain"])
      : formatPath(["tenants", index, "hostnames", position - 1]);
  return {
    index,
    id: tenant.id,
    hubId: tenant.hubId,
    hostnames: hostnames.map((hostname, position) => ({ path: path(position), hostname })),
    bucket,
    needs: needsOf(tenant),
  };
}

/** A stack file that is right by itself. */
export interface CheckedFile {
  file: string;
  settings: Omit<StackConfig, "tenants">;
  entries: readonly TenantConfig[];
}

export function shardOf({ file, settings, entries }: CheckedFile): Shard {
  const { cloudflare, limits } = settings;
  return {
    file,
    account: cloudflare.accountId,
    zone: cloudflare.zoneId,
    limits,
    tenants: entries.map((tenant, index) => tenantOf(settings, index, tenant)),
  };
}

/**
 * Of another stack, whose own run checks all of its file. Here the file has to be right only in what the comparison needs.
 * Of an entry that the schema refuses only the id counts. A file without an account has it elsewhere, in an environment of
 * Pulumi ESC: then what it lacks of the shared settings counts as it is here.
 *
 * @param here settings of the stack that runs.
 */
export function parseShard({ file, raw }: ShardFile, here: CheckedFile["settings"]): Shard | Problem {
  const own = migrated(raw);
  const { cloudflare: ours, limits: ourLimits, bucketDefaults: ourDefaults } = here;
  const shared = { cloudflare: ours, limits: ourLimits, bucketDefaults: ourDefaults };
  const values = own["cloudflare"] === undefined ? { ...shared, ...own } : own;
  const { shape } = stackSchema;
  const [cloudflare, bucketDefaults, limits, list] = [
    shape.cloudflare.safeParse(values["cloudflare"]),
    shape.bucketDefaults.safeParse(values["bucketDefaults"]),
    shape.limits.safeParse(values["limits"]),
    values["tenants"] ?? [],
  ];
  const wrong = (key: string, allowed: string) =>
    incomparable(`${formatPath([key])} of ${file}`, show(values[key]), allowed);
  if (!cloudflare.success) return wrong("cloudflare", "an account and a zone");
  if (!bucketDefaults.success) return wrong("bucketDefaults", "settings of buckets");
  if (!limits.success) return wrong("limits", "whole numbers");
  if (!Array.isArray(list)) return wrong("tenants", "a list");

  const defaults: TenantDefaults = {
    environment: String(values["environment"]),
    cloudflare: cloudflare.data,
    bucketDefaults: bucketDefaults.data,
    // Nothing that is compared depends on them.
    hostDefaults: shape.hostDefaults.parse({}),
  };
  const tenants = list.flatMap((entry: unknown, index): ShardTenant[] => {
    const { success, data } = tenantSchema.safeParse(entry);
    if (success) return [tenantOf(defaults, index, data)];
    const id = typeof entry === "object" && entry !== null && "id" in entry ? entry.id : undefined;
    if (typeof id !== "string" || !TENANT_ID.test(id)) return [];
    const needs = { tunnels: 1, accountTokens: 0, dnsRecords: 0 };
    return [{ index, id, hubId: undefined, hostnames: [], bucket: undefined, needs }];
  });
  const { accountId, zoneId } = cloudflare.data;
  return { file, account: accountId, zone: zoneId, limits: limits.data, tenants };
}
