/** A network that was there before any stack, as companies have one: private subnets behind a NAT gateway. */
import { formatCidr, parseCidr } from "./cidr.ts";
import { freePublicIp } from "./ec2/addresses.ts";
import { zonesOf } from "./ec2/availabilityZones.ts";
import { createNatGatewayRecord } from "./ec2/natGateways.ts";
import { createRouteTableRecord, existingRouteTable, type RouteTarget } from "./ec2/routeTableRecord.ts";
import { associateSubnet } from "./ec2/routeTables.ts";
import { createSubnetRecord, type SubnetRecord } from "./ec2/subnets.ts";
import { createVpcRecord } from "./ec2/vpcs.ts";
import { newResourceId } from "./ids.ts";
import type { AwsState } from "./state.ts";

export interface ExistingNetwork {
  /** `vpc-…` */
  vpcId: string;
  /** Ids of private subnets, spread over the zones in this order. Each gets a /24. */
  subnetIds: readonly string[];
  /** At least a /20. Default `10.200.0.0/16`. */
  cidrBlock?: string;
}

/** Makes the network unless it is there. It does not count as left behind, but, as with AWS, against the quotas. */
export function ensureExistingNetwork(state: AwsState, network: ExistingNetwork): void {
  if (state.vpcs.has(network.vpcId)) return;
  const cidrBlock = network.cidrBlock ?? "10.200.0.0/16";
  const block = parseCidr(cidrBlock);
  if (block === undefined) throw new Error(`${cidrBlock} is no IPv4 CIDR block`);
  const known = (id: string) => state.preexisting.put(id, { id }).id;
  const zones = zonesOf(state.region);
  const subnetAt = (index: number, subnetId: string): SubnetRecord => {
    const first = block.first + index * 256;
    const cidr = formatCidr({ first, last: first + 255, prefixLength: 24 });
    const name = zones[index % zones.length]?.name;
    return createSubnetRecord(state, vpc, known(subnetId), cidr, { name });
  };
  const route = (subnets: readonly SubnetRecord[], target: RouteTarget) => {
    const { routeTableId } = createRouteTableRecord(state, vpc, false, known(newResourceId("rtb")));
    const table = existingRouteTable(state, routeTableId);
    state.routeTables.patch(routeTableId, {
      routes: [...table.routes, { destination: "0.0.0.0/0", target }],
    });
    for (const { subnetId } of subnets) {
      associateSubnet(state, existingRouteTable(state, routeTableId), subnetId);
    }
  };

  const vpc = createVpcRecord(state, known(network.vpcId), formatCidr(block));
  const internetGatewayId = known(newResourceId("igw"));
  state.internetGateways.put(internetGatewayId, { internetGatewayId, vpcId: vpc.vpcId });
  const privateSubnets = network.subnetIds.map((id, index) => subnetAt(index, id));
  const publicSubnet = subnetAt(network.subnetIds.length, newResourceId("subnet"));
  const allocationId = known(newResourceId("eipalloc"));
  state.addresses.put(allocationId, { allocationId, publicIp: freePublicIp(state) });
  const nat = createNatGatewayRecord(state, publicSubnet, allocationId);
  known(nat.natGatewayId);
  state.natGateways.patch(nat.natGatewayId, { state: "available" });
  route([publicSubnet], { kind: "gateway", id: internetGatewayId });
  route(privateSubnets, { kind: "natGateway", id: nat.natGatewayId });
}
