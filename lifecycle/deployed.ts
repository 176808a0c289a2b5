/** What a stack's last outputs tell about its tenants. */
import { z } from "zod";
import { holdings } from "./holdings.ts";
import { BucketFate } from "./states.ts";

/** What a stack's last outputs say of a tenant that is out of service. */
const disabled = z.object({
  since: z.string(),
  keepUntil: z.string(),
  bucket: z.enum(BucketFate),
  purge: z.boolean(),
});

/** Older versions of the program told less: what they lacked has a default that keeps the tenant. */
const deployedTenant = z.object({
  displayName: z.string(),
  hostname: z.string(),
  hostnames: z.array(z.string()),
  url: z.string(),
  tunnelId: z.string(),
  tunnelName: z.string(),
  bucket: z.string().nullable(),
  endpoint: z.string().nullable(),
  instanceIds: z.array(z.string()),
  hostReports: z.array(z.string()),
  keyGenerations: z.array(z.number()),
  parameterNames: z.array(z.string()),
  tunnelSecretGeneration: z.number().default(1),
  hubId: z.string().nullable().default(null),
  accountId: z.string().nullable().default(null),
  disabled: disabled.nullable().default(null),
  bucketProtected: z.boolean().default(true),
  /** Of the entry from which it was made: another one means that the list has changed since. */
  entryDigest: z.string().default(""),
  /** Of the stack's settings with which it was made, as far as they are not part of the entry. */
  settingsDigest: z.string().default(""),
  /** Null when an older version of the program did not tell, or another one told it otherwise. */
  holdings: holdings.nullable().default(null).catch(null),
});

export type DeployedTenant = z.output<typeof deployedTenant>;

/** By id. Tenants whose outputs cannot be read are left out of `tenants` and named in `unreadable`. */
export interface DeployedTenants {
  tenants: ReadonlyMap<string, DeployedTenant>;
  /** Ids only: an update that failed early, or another version of the program, left them so. */
  unreadable: readonly string[];
}

/** @param output the value of the stack's output `tenants`; undefined for a stack that was never deployed. */
export function parseDeployed(output: unknown): DeployedTenants {
  const tenants = new Map<string, DeployedTenant>();
  const unreadable: string[] = [];
  if (typeof output === "object" && output !== null) {
    for (const [id, value] of Object.entries(output)) {
      const parsed = deployedTenant.safeParse(value);
      if (parsed.success) tenants.set(id, parsed.data);
      else unreadable.push(id);
    }
  }
  return { tenants, unreadable };
}
