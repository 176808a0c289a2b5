/** What tenants need of the limits of an account and of a zone. */
import type { StackConfig, TenantConfig } from "./schema.ts";

export const LIMITS = [
  { limit: "tunnels", per: "account", what: "tunnels" },
  { limit: "accountTokens", per: "account", what: "tokens, one per bucket and generation of its key" },
  { limit: "dnsRecords", per: "zone", what: "records, one per hostname" },
] as const satisfies readonly { limit: keyof StackConfig["limits"]; per: "account" | "zone"; what: string }[];

export type Limit = (typeof LIMITS)[number]["limit"];

/** By limit, what one tenant needs of it. */
export type Needs = Readonly<Record<Limit, number>>;

export function needsOf({ bucket, hostnames }: TenantConfig): Needs {
  return {
    tunnels: 1,
    accountTokens: bucket.enabled ? bucket.keyGenerations.length : 0,
    dnsRecords: 1 + hostnames.length,
  };
}

export function sumOf(needs: readonly Needs[], limit: Limit): number {
  return needs.reduce((sum, need) => sum + need[limit], 0);
}
