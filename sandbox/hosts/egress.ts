/** Whether an instance reaches the Internet: route, NAT gateway and security groups must agree. */
import type { Route, SecurityGroupRule } from "@aws-sdk/client-ec2";
import { contains, parseCidr } from "../aws/cidr.ts";
import type { Aws, SandboxInstance } from "../aws/cloud.ts";
import type { Caller } from "../aws/operation.ts";

export interface Destination {
  cidrBlock: string;
  port: number;
  /** One of them is enough. */
  protocols: readonly ("tcp" | "udp")[];
}

/** HTTPS servers, whose addresses change: nothing less than the whole Internet will do. */
export const HTTPS: Destination = { cidrBlock: "0.0.0.0/0", port: 443, protocols: ["tcp"] };

const TUNNEL_PORT = 7844;

function edgeBlocks(...cidrBlocks: string[]): Destination[] {
  return cidrBlocks.map((cidrBlock) => ({ cidrBlock, port: TUNNEL_PORT, protocols: ["udp", "tcp"] }));
}

/** Both regions of Cloudflare's edge for tunnels; QUIC over UDP, and HTTP/2 over TCP. */
export const TUNNEL_EDGE: readonly Destination[] = edgeBlocks("198.41.192.0/24", "198.41.200.0/24");

/** The same for `--region us`. */
const UNITED_STATES_EDGE: readonly Destination[] = edgeBlocks("198.41.218.0/24", "198.41.219.0/24");

/** @param region as cloudflared's flag has it; undefined for an unknown one */
export function edgeOfRegion(region: string | undefined): readonly Destination[] | undefined {
  if (region === undefined || region === "") return TUNNEL_EDGE;
  return region === "us" ? UNITED_STATES_EDGE : undefined;
}

/** The blocks behind a name of the edge. Undefined when it is none. */
export function edgeOf(hostname: string): readonly Destination[] | undefined {
  const [, prefix, region] = /^(?:(us)-)?region([12])\.v2\.argotunnel\.com$/.exec(hostname) ?? [];
  const block = edgeOfRegion(prefix)?.[Number(region) - 1];
  return region === undefined || block === undefined ? undefined : [block];
}

/** Packets find no way out, or are dropped. The message says where. */
export class UnreachableError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "UnreachableError";
  }
}

/** The destination's name has no address for the instance. */
export class UnresolvedError extends UnreachableError {
  constructor(reason: string) {
    super(reason);
    this.name = "UnresolvedError";
  }
}

/** The network itself asks, not the deployer: whoever reads the log of calls can tell them apart. */
function networkCaller({ accountId }: Aws): Caller {
  return { arn: `arn:aws:iam::${accountId}:role/sandbox-network`, accountId };
}

function covers(outer: string | undefined, inner: string): boolean {
  const [outerBlock, innerBlock] = [parseCidr(outer ?? ""), parseCidr(inner)];
  return outerBlock !== undefined && innerBlock !== undefined && contains(outerBlock, innerBlock);
}

/** The public address from which the destination sees the instance. Throws UnreachableError. */
async function publicAddress(aws: Aws, instance: SandboxInstance, destination: Destination): Promise<string> {
  await checkResolver(aws, instance);
  await checkSecurityGroups(aws, instance, destination);
  const route = await routeTo(aws, instance.vpcId, instance.subnetId, destination);
  if (route.NatGatewayId !== undefined) return natAddress(aws, route.NatGatewayId, destination);
  if (route.GatewayId?.startsWith("igw-") !== true) {
    throw new UnreachableError(
      `the route of subnet ${instance.subnetId} to ${destination.cidrBlock} leads nowhere`,
    );
  }
  if (instance.publicIp !== undefined) return instance.publicIp;
  throw new UnreachableError(
    `subnet ${instance.subnetId} leads to an Internet gateway, but the instance has no public address`,
  );
}

/** All destinations are reached by name, and the VPC's resolver is the only one that a host knows. */
async function checkResolver(aws: Aws, { vpcId }: SandboxInstance): Promise<void> {
  const input = { VpcId: vpcId, Attribute: "enableDnsSupport" } as const;
  const { EnableDnsSupport } = await aws.call("ec2:DescribeVpcAttribute", input, networkCaller(aws));
  if (EnableDnsSupport?.Value === true) return;
  throw new UnresolvedError(`no name resolves in ${vpcId}: its enableDnsSupport is false`);
}

async function checkSecurityGroups(
  aws: Aws,
  instance: SandboxInstance,
  { cidrBlock, port, protocols }: Destination,
): Promise<void> {
  const { SecurityGroupRules: rules = [] } = await aws.call(
    "ec2:DescribeSecurityGroupRules",
    { Filters: [{ Name: "group-id", Values: instance.securityGroupIds }] },
    networkCaller(aws),
  );
  const allows = (rule: SecurityGroupRule) =>
    rule.IsEgress === true &&
    covers(rule.CidrIpv4, cidrBlock) &&
    (rule.IpProtocol === "-1" ||
      (protocols.some((protocol) => protocol === rule.IpProtocol) &&
        (rule.FromPort ?? 0) <= port &&
        port <= (rule.ToPort ?? 0)));
  if (rules.some(allows)) return;
  throw new UnreachableError(
    `security group ${instance.securityGroupIds.join(", ")} allows no egress to ${cidrBlock} ` +
      `on port ${port} (${protocols.join(" or ")})`,
  );
}

/** The active route of a subnet with the longest prefix. */
async function routeTo(
  aws: Aws,
  vpcId: string,
  subnetId: string,
  { cidrBlock }: Destination,
): Promise<Route> {
  const caller = networkCaller(aws);
  const own = { Filters: [{ Name: "association.subnet-id", Values: [subnetId] }] };
  const main = {
    Filters: [
      { Name: "vpc-id", Values: [vpcId] },
      { Name: "association.main", Values: ["true"] },
    ],
  };
  const { RouteTables: explicit = [] } = await aws.call("ec2:DescribeRouteTables", own, caller);
  const { RouteTables: implicit = [] } =
    explicit.length > 0 ? {} : await aws.call("ec2:DescribeRouteTables", main, caller);
  const [table] = [...explicit, ...implicit];
  const prefixLength = (route: Route) => parseCidr(route.DestinationCidrBlock ?? "")?.prefixLength ?? 0;
  const [route] = (table?.Routes ?? [])
    .filter((one) => covers(one.DestinationCidrBlock, cidrBlock))
    .sort((one, other) => prefixLength(other) - prefixLength(one));
  const where = `route table ${table?.RouteTableId} of subnet ${subnetId}`;
  if (route === undefined) throw new UnreachableError(`${where} has no route to ${cidrBlock}`);
  if (route.State === "blackhole") throw new UnreachableError(`${where} has a black hole for ${cidrBlock}`);
  return route;
}

async function natAddress(aws: Aws, natGatewayId: string, destination: Destination): Promise<string> {
  const input = { NatGatewayIds: [natGatewayId] };
  const { NatGateways: [gateway] = [] } = await aws.call(
    "ec2:DescribeNatGateways",
    input,
    networkCaller(aws),
  );
  if (gateway?.State !== "available") {
    throw new UnreachableError(`NAT gateway ${natGatewayId} is ${gateway?.State ?? "gone"}`);
  }
  const address = gateway.NatGatewayAddresses?.[0]?.PublicIp;
  if (address === undefined) throw new UnreachableError(`NAT gateway ${natGatewayId} has no public address`);
  const onward = await routeTo(aws, gateway.VpcId ?? "", gateway.SubnetId ?? "", destination);
  if (onward.GatewayId?.startsWith("igw-") === true) return address;
  throw new UnreachableError(`NAT gateway ${natGatewayId} is in a subnet without an Internet gateway`);
}

/** The instance's way out to a destination as of now. Throws UnreachableError. */
export async function egressOf(aws: Aws, instanceId: string, destination: Destination): Promise<string> {
  const instance = aws.instance(instanceId);
  if (instance === undefined) throw new UnreachableError(`instance ${instanceId} does not exist`);
  return publicAddress(aws, instance, destination);
}
