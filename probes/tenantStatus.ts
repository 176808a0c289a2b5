/** The answer to `status`, from what the list says, what was deployed, and the last probe. */
import { BucketFate, type Disabled } from "../lifecycle/states.ts";
import { Condition, TenantState } from "../operations/choices.ts";
import type { ResultOf } from "../operations/contract.ts";
import { isPending, type KnownTenant } from "./knownTenants.ts";
import type { Probe } from "./probe.ts";

type Status = ResultOf<"status">;

function disabledState({ since, keepUntil, purge, bucket }: Disabled): Status["disabled"] {
  return { since, keepUntil, purge, bucketDeleted: bucket === BucketFate.Deleted };
}

function conditionNow(disabled: boolean, probe: Probe | undefined): Condition {
  if (disabled) return Condition.Disabled;
  // Probed before it was enabled again.
  if (probe === undefined || probe.condition === Condition.Disabled) return Condition.Unknown;
  return probe.condition;
}

/** The list decides what a tenant is meant to be, what was deployed tells under which names it is there. */
export function tenantStatus({ id, listed, kept }: KnownTenant): Status {
  const { facts, probe } = kept ?? {};
  const disabled = (listed === undefined ? facts?.disabled : listed.disabled) ?? undefined;
  const state =
    listed === undefined
      ? TenantState.Absent
      : disabled === undefined
        ? TenantState.Active
        : TenantState.Disabled;
  const hostnames = facts?.hostnames ?? listed?.hostnames ?? [];
  return {
    tenant: id,
    hubId: listed?.hubId ?? facts?.hubId ?? null,
    accountId: listed?.accountId ?? facts?.accountId ?? null,
    displayName: listed?.displayName ?? facts?.displayName ?? id,
    state,
    enabled: state === TenantState.Active,
    disabled: disabled === undefined ? null : disabledState(disabled),
    condition: conditionNow(disabled !== undefined, probe),
    hostname: facts?.hostname ?? hostnames[0] ?? "",
    hostnames,
    tunnelId: facts?.tunnelId ?? null,
    tunnelName: facts?.tunnelName ?? listed?.names.tunnel ?? "",
    tunnelStatus: probe?.tunnelStatus ?? null,
    bucket: facts?.bucket ?? null,
    keyGenerations: facts?.keyGenerations ?? [],
    tunnelSecretGeneration: facts?.tunnelSecretGeneration ?? listed?.tunnelSecretGeneration ?? 1,
    pending: isPending(listed, facts),
    lastHealthCheck: probe?.at ?? null,
    errors: probe?.errors ?? [],
    connectors: probe?.connectors ?? [],
  };
}
