/** From a stack's configuration to the arguments of its components. */
import type { Network, NetworkArgs } from "../components/network.ts";
import type { TenantArgs, TenantHostSettings } from "../components/tenantArgs.ts";
import { placements } from "../network/placement.ts";
import type { LoadedStack } from "./load.ts";
import type { ResolvedTenant } from "./tenants.ts";
import { zonesOf } from "./zones.ts";

export function networkArgs({ environment, network, region, tags }: LoadedStack): NetworkArgs {
  const { check: _check, stack: _stack, natGateways, ...settings } = network;
  return {
    ...settings,
    networkName: `te-${environment}`,
    // Only the endpoints' services are named by it.
    region: network.endpoints === undefined ? undefined : region,
    // An existing network has the zones of its subnets.
    availabilityZones: network.vpcId === undefined ? zonesOf(network, region) : undefined,
    ...(natGateways !== undefined && { natGateways }),
    tags: { ...tags, "tenant-edge:environment": environment },
  };
}

function hostSettings(
  { id, host }: ResolvedTenant,
  network: Network | undefined,
): TenantHostSettings | undefined {
  if (host === undefined || network === undefined) return undefined;
  const { imageId, connector, replicas, ...settings } = host;
  if (imageId === undefined) {
    throw new Error(`tenant ${id}: the configuration was not checked before it was used`);
  }
  const subnets = network.privateSubnetIds;
  const subnetIds = placements(id, subnets.length, replicas).flatMap((index) => subnets[index] ?? []);
  return { ...settings, ...connector, imageId, vpcId: network.vpcId, subnetIds };
}

export function tenantArgs(
  stack: LoadedStack,
  tenant: ResolvedTenant,
  network: Network | undefined,
): TenantArgs {
  return {
    environment: stack.environment,
    tenantId: tenant.id,
    displayName: tenant.displayName,
    accountId: stack.cloudflare.accountId,
    zoneId: stack.cloudflare.zoneId,
    region: stack.region,
    hostnames: tenant.hostnames,
    origin: tenant.origin,
    routes: tenant.routes,
    suspended: tenant.disabled !== undefined,
    tunnelSecretGeneration: tenant.tunnelSecretGeneration,
    bucket: tenant.bucket,
    host: hostSettings(tenant, network),
    kmsKeyArn: stack.kmsKeyArn,
    tags: stack.tags,
  };
}
