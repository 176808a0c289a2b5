/** What is in the account: for listings, and to see that nothing was left behind. */
import type { AwsState, Tags } from "./state.ts";

export interface InventoryItem {
  /** As AWS names the kind: `ec2:vpc`, `iam:role`, `ssm:parameter`. */
  kind: string;
  id: string;
  /** State, address, size: what tells this one from others. */
  detail: string;
  tags: Tags;
}

/** Everything that somebody made: neither what AWS makes by itself nor what was there before. */
export function inventory(state: AwsState): InventoryItem[] {
  const ec2 = (kind: string, id: string, detail: string): InventoryItem => ({
    kind: `ec2:${kind}`,
    id,
    detail,
    tags: state.ec2Tags.get(id) ?? {},
  });
  const items = [
    ...state.vpcs.values().map((one) => ec2("vpc", one.vpcId, one.cidrBlock)),
    ...state.subnets
      .values()
      .map((one) => ec2("subnet", one.subnetId, `${one.cidrBlock} ${one.availabilityZone}`)),
    ...state.internetGateways
      .values()
      .map((one) => ec2("internet-gateway", one.internetGatewayId, one.vpcId ?? "detached")),
    ...state.addresses.values().map((one) => ec2("elastic-ip", one.allocationId, one.publicIp)),
    ...state.natGateways
      .filter((one) => one.state !== "deleted")
      .map((one) => ec2("natgateway", one.natGatewayId, one.state)),
    ...state.routeTables
      .filter((one) => !one.main)
      .map((one) => ec2("route-table", one.routeTableId, `${one.routes.length} routes`)),
    ...state.securityGroups
      .filter((one) => one.groupName !== "default")
      .map((one) => ec2("security-group", one.groupId, one.groupName)),
    ...state.vpcEndpoints.values().map((one) => ec2("vpc-endpoint", one.vpcEndpointId, one.serviceName)),
    ...state.instances
      .filter((one) => one.state !== "terminated")
      .map((one) => ec2("instance", one.instanceId, `${one.instanceType} ${one.state} ${one.privateIp}`)),
    ...state.volumes.values().map((one) => ec2("volume", one.volumeId, `${one.size} GiB ${one.volumeType}`)),
    ...state.roles
      .values()
      .map((one): InventoryItem => ({ kind: "iam:role", id: one.name, detail: one.arn, tags: one.tags })),
    ...state.instanceProfiles.values().map(
      (one): InventoryItem => ({
        kind: "iam:instance-profile",
        id: one.name,
        detail: one.roleName ?? "no role",
        tags: one.tags,
      }),
    ),
    ...state.parameters
      .filter((one) => !one.name.startsWith("/aws/"))
      .map(
        (one): InventoryItem => ({
          kind: "ssm:parameter",
          id: one.name,
          detail: `${one.type} version ${one.versions.at(-1)?.version ?? 0}`,
          tags: one.tags,
        }),
      ),
  ];
  return items.filter((item) => !state.preexisting.has(item.id));
}
