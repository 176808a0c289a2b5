/** What a stack's outputs keep of a tenant's entry, for the next run to compare with. */
import type { DeployedTenant } from "../lifecycle/deployed.ts";
import type { Holdings } from "../lifecycle/holdings.ts";
import type { ResolvedTenant } from "./tenants.ts";

export type LifecycleRecord = Pick<
  DeployedTenant,
  | "hubId"
  | "accountId"
  | "disabled"
  | "tunnelSecretGeneration"
  | "bucketProtected"
  | "entryDigest"
  | "settingsDigest"
  | "holdings"
>;

export function lifecycleRecord(
  tenant: ResolvedTenant,
  holdings: Holdings | null = null,
  settingsDigest = "",
): LifecycleRecord {
  const {
    hubId = null,
    accountId = null,
    disabled = null,
    tunnelSecretGeneration,
    bucket,
    entryDigest,
  } = tenant;
  return {
    hubId,
    accountId,
    disabled,
    tunnelSecretGeneration,
    bucketProtected: bucket?.protect ?? false,
    entryDigest,
    settingsDigest,
    holdings,
  };
}
