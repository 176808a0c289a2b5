/** A network that was there before any stack, as companies have one: private subnets behind a NAT gateway. */
import { type CidrBlock, formatCidr, parseCidr } from "./cidr.ts";
import { freePublicIp } from "./ec2/addresses.ts";
import { zonesOf } from "./ec2/availabilityZones.ts";
import { createNatGatewayRecord } from "./ec2/natGateways.ts";
import { createRouteTableRecord, existingRouteTable, type RouteTarget } from "./ec2/routeTableRecord.ts";
import { associateSubnet } from "./ec2/routeTables.ts";
import { createSubnetRecord, type SubnetRecord } from "./ec2/subnets.ts";
import { createVpcRecord, type VpcRecord } from "./ec2/vpcs.ts";
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

const EVERYWHERE = "0.0.0.0/0";
/** Addresses of a subnet. */
const SUBNET_SIZE = 256;

/** Marks what was there before any stack. */
function known(state: AwsState, id: string): string {
  return state.preexisting.put(id, { id }).id;
}

function blockOf(vpc: VpcRecord): CidrBlock {
  const block = parseCidr(vpc.cidrBlock);
  if (block === undefined) throw new Error(`${vpc.cidrBlock} is no IPv4 CIDR block`);
  return block;
}

function addSubnet(state: AwsState, vpc: VpcRecord, id: string, first: number, zone: number): SubnetRecord {
  const cidr = formatCidr({ first, last: first + SUBNET_SIZE - 1, prefixLength: 24 });
  const zones = zonesOf(state.region);
  return createSubnetRecord(state, vpc, known(state, id), cidr, { name: zones[zone % zones.length]?.name });
}

/** In the VPC's first free block, and in the zone whose turn it is. */
function addPrivateSubnet(state: AwsState, vpc: VpcRecord, id: string): void {
  const taken = state.subnets.filter((one) => one.vpcId === vpc.vpcId).map((one) => one.cidrBlock);
  const { first } = blockOf(vpc);
  let index = 0;
  const start = () => first + index * SUBNET_SIZE;
  while (taken.includes(formatCidr({ first: start(), last: start(), prefixLength: 24 }))) index += 1;
  addSubnet(state, vpc, id, start(), index);
}

/** A route table with a default route. */
function addRouteTable(state: AwsState, vpc: VpcRecord, target: RouteTarget): string {
  const { routeTableId, routes } = createRouteTableRecord(
    state,
    vpc,
    false,
    known(state, newResourceId("rtb")),
  );
  state.routeTables.patch(routeTableId, { routes: [...routes, { destination: EVERYWHERE, target }] });
  return routeTableId;
}

/** The private route table: the one that leads to a NAT gateway. */
function privateTable(state: AwsState, vpcId: string): string | undefined {
  return state.routeTables.find(
    (table) => table.vpcId === vpcId && table.routes.some(({ target }) => target?.kind === "natGateway"),
  )?.routeTableId;
}

/** The VPC, a public subnet with a NAT gateway in it, and a route table for private subnets. */
function makeNetwork(state: AwsState, vpcId: string, cidrBlock: string): VpcRecord {
  const block = parseCidr(cidrBlock);
  if (block === undefined) throw new Error(`${cidrBlock} is no IPv4 CIDR block`);
  const vpc = createVpcRecord(state, known(state, vpcId), formatCidr(block));
  const internetGatewayId = known(state, newResourceId("igw"));
  state.internetGateways.put(internetGatewayId, { internetGatewayId, vpcId });
  const publicSubnet = addSubnet(state, vpc, newResourceId("subnet"), block.last + 1 - SUBNET_SIZE, 0);
  const publicTable = addRouteTable(state, vpc, { kind: "gateway", id: internetGatewayId });
  associateSubnet(state, existingRouteTable(state, publicTable), publicSubnet.subnetId);
  const allocationId = known(state, newResourceId("eipalloc"));
  state.addresses.put(allocationId, { allocationId, publicIp: freePublicIp(state) });
  const { natGatewayId } = createNatGatewayRecord(state, publicSubnet, allocationId);
  known(state, natGatewayId);
  state.natGateways.patch(natGatewayId, { state: "available" });
  addRouteTable(state, vpc, { kind: "natGateway", id: natGatewayId });
  return vpc;
}

/**
 * Makes what is not there of the network: a VPC that the stack files name, and each of its private subnets. A VPC that is
 * there, broken or not, stays as it is. None of it counts as left behind, but, as with AWS, against the quotas.
 */
export function ensureExistingNetwork(state: AwsState, network: ExistingNetwork): void {
  const vpc =
    state.vpcs.get(network.vpcId) ?? makeNetwork(state, network.vpcId, network.cidrBlock ?? "10.200.0.0/16");
  for (const subnetId of network.subnetIds.filter((id) => !state.subnets.has(id))) {
    addPrivateSubnet(state, vpc, subnetId);
    const table = privateTable(state, vpc.vpcId);
    if (table !== undefined) associateSubnet(state, existingRouteTable(state, table), subnetId);
  }
}
