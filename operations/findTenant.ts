/** Which tenant a caller means. */
import type { DeployedTenant } from "../lifecycle/deployed.ts";
import type { Configuration, OperationContext, TenantView } from "./context.ts";
import { ErrorCode, OperationError } from "./errors.ts";

/** By exactly one of three names; the schemas see to that. */
export interface TenantReference {
  tenant?: string | undefined;
  hubId?: string | undefined;
  tunnelId?: string | undefined;
}

export interface FoundTenant extends TenantView {
  configuration: Configuration;
}

/**
 * The tenant as the list has it and as it was deployed last. The engine is asked only for a tunnel's id, or for a tenant
 * that the list does not have.
 *
 * @throws OperationError tenant-not-found when neither has it.
 */
export async function findTenant(
  context: OperationContext,
  { tenant, hubId, tunnelId }: TenantReference,
  signal?: AbortSignal,
): Promise<FoundTenant> {
  const configuration = await context.configuration(signal);
  const listed = configuration.tenants.find((entry) =>
    tenant === undefined ? hubId !== undefined && entry.hubId === hubId : entry.id === tenant,
  );
  if (listed !== undefined) return { id: listed.id, listed, deployed: undefined, configuration };

  const isMeant = ([id, deployed]: [string, DeployedTenant]): boolean => {
    if (tenant !== undefined) return id === tenant;
    return hubId === undefined ? deployed.tunnelId === tunnelId : deployed.hubId === hubId;
  };
  // What is known may be older than what another process has deployed.
  const found =
    [...(await context.engine.deployed({ signal })).tenants].find(isMeant) ??
    [...(await context.engine.deployed({ fresh: true, signal })).tenants].find(isMeant);
  if (found === undefined) throw notFound(context, { tenant, hubId, tunnelId });
  const [id, deployed] = found;
  return { id, listed: configuration.tenants.find((entry) => entry.id === id), deployed, configuration };
}

function notFound(
  { stack, list }: OperationContext,
  { tenant, hubId, tunnelId }: TenantReference,
): OperationError {
  const name =
    tenant === undefined
      ? hubId === undefined
        ? `a tunnel ${tunnelId}`
        : `the hub ${hubId}`
      : `the tenant ${tenant}`;
  return new OperationError(ErrorCode.TenantNotFound, `${stack} does not have ${name}`, {
    ways: [`${list.location} has the tenants of this stack: tenant-edge list --stack ${stack}`],
  });
}
