import { RouteTableAssociation } from "@pulumi/aws/ec2/routeTableAssociation.js";
import { Subnet } from "@pulumi/aws/ec2/subnet.js";
import { Vpc } from "@pulumi/aws/ec2/vpc.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  output,
} from "@pulumi/pulumi";
import { NatGateways, NetworkEndpoint } from "../network/choices.ts";
import { DEFAULT_CIDR_BLOCK } from "../network/defaults.ts";
import { subnetBlocks, ZONE_LIMIT } from "../network/subnetBlocks.ts";
import { refuseProblems } from "./argumentProblems.ts";
import { creationHooks } from "./creationHooks.ts";
import { createEndpoints } from "./networkEndpoints.ts";
import { createExits, type Exit, type ZonePlace } from "./networkExits.ts";

export interface NetworkArgs {
  /** Name tag of the VPC and start of the other Name tags. */
  networkName: string;
  /** IPv4 block of the VPC, /16 to /24. Default `10.0.0.0/16`. */
  cidrBlock?: string | undefined;
  /** Zones that get a private subnet each, 1 to 4; the only NAT gateway is in the first. Needed unless `vpcId` is given. */
  availabilityZones?: string[] | undefined;
  /**
   * One NAT gateway in the first zone, or one in each zone, so that a zone's failure leaves the others. A gateway with
   * its address costs 38.69 USD a month in eu-west-1. Both cost 0.048 USD per GB; with one gateway, what comes from
   * another zone costs 0.01 USD per GB more. A change moves the private subnets to other route tables, in place: no
   * host is replaced. Keep the order of the zones in the same update. A region's quota is 5 addresses unless AWS
   * raised it. Default one.
   */
  natGateways?: NatGateways;
  /**
   * VPC endpoints of the new network. Those of `ssm` and `ssmmessages` cost 8.03 USD a month each per zone in
   * eu-west-1 (0.011 an hour) and 0.01 per GB; that of `s3` costs nothing. Needs `region`. Default: none.
   */
  endpoints?: NetworkEndpoint[] | undefined;
  /** Region of the endpoints' services: `eu-west-1`. */
  region?: string | undefined;
  /** Use this VPC instead of creating one. Its DNS support must be on. */
  vpcId?: Input<string> | undefined;
  /** With `vpcId`: its private subnets, each with a route to the Internet through a NAT gateway. */
  privateSubnetIds?: Input<string>[] | undefined;
  /** Tags of everything that is created. Default: none. */
  tags?: Record<string, Input<string>> | undefined;
}

function existingNetworkProblems(args: NetworkArgs): string[] {
  const problems: string[] = [];
  if (args.vpcId === undefined) problems.push("vpcId: privateSubnetIds needs it too");
  if (args.privateSubnetIds === undefined) problems.push("privateSubnetIds: vpcId needs it too");
  if (args.privateSubnetIds?.length === 0) problems.push("privateSubnetIds: give at least one");
  for (const key of ["cidrBlock", "availabilityZones", "natGateways", "endpoints"] as const) {
    if (args[key] !== undefined)
      problems.push(`${key}: is for a new network; leave it out with existing ids`);
  }
  return problems;
}

/** Other languages know the choices as plain strings. */
function choiceProblems({ natGateways, endpoints = [], region }: NetworkArgs): string[] {
  const problems: string[] = [];
  const gateways = Object.values(NatGateways);
  if (natGateways !== undefined && !gateways.includes(natGateways)) {
    problems.push(`natGateways: give ${gateways.join(" or ")}, not ${natGateways}`);
  }
  const known = Object.values(NetworkEndpoint);
  const unknown = endpoints.filter((service) => !known.includes(service));
  if (unknown.length > 0) problems.push(`endpoints: ${unknown.join(", ")} is none of ${known.join(", ")}`);
  const repeated = new Set(endpoints.filter((service, index) => endpoints.indexOf(service) !== index));
  if (repeated.size > 0) problems.push(`endpoints: ${[...repeated].join(", ")} is there twice`);
  if (endpoints.length > 0 && region === undefined) problems.push("region: endpoints needs it");
  return problems;
}

function newNetworkProblems(args: NetworkArgs): string[] {
  const { availabilityZones: zones } = args;
  if (zones === undefined) {
    return ["availabilityZones: give either availabilityZones, or vpcId and privateSubnetIds"];
  }
  const problems = choiceProblems(args);
  if (zones.length < 1 || zones.length > ZONE_LIMIT) {
    problems.push(`availabilityZones: give 1 to ${ZONE_LIMIT} zones, not ${zones.length}`);
  }
  const repeated = new Set(zones.filter((zone, index) => zones.indexOf(zone) !== index));
  if (repeated.size > 0) problems.push(`availabilityZones: ${[...repeated].join(", ")} is there twice`);
  return problems;
}

function networkProblems(args: NetworkArgs): string[] {
  const existing = args.vpcId !== undefined || args.privateSubnetIds !== undefined;
  return existing ? existingNetworkProblems(args) : newNetworkProblems(args);
}

/**
 * Where the hosts live: private subnets that reach the Internet through a NAT gateway and that nothing reaches from
 * outside. Either a VPC of its own, or existing ids.
 *
 * cloudflared has to reach Cloudflare's edge, so VPC endpoints cannot stand in for the NAT gateway. One gateway
 * and its address cost about 39 USD a month in eu-west-1, plus 0.048 USD per GB.
 */
export class Network extends ComponentResource {
  readonly vpcId: Output<string>;
  readonly privateSubnetIds: Output<string>[];

  constructor(name: string, args: NetworkArgs, opts?: ComponentResourceOptions) {
    refuseProblems("Network", name, networkProblems(args));
    super("tenant-edge:index:Network", name, {}, opts);
    const { vpcId, privateSubnetIds, availabilityZones = [] } = args;

    if (vpcId !== undefined && privateSubnetIds !== undefined) {
      this.vpcId = output(vpcId);
      this.privateSubnetIds = privateSubnetIds.map((id) => output(id));
    } else {
      const created = this.#create(name, args, availabilityZones);
      this.vpcId = created.vpc.id;
      this.privateSubnetIds = created.privateSubnets.map(({ id }) => id);
    }
    this.registerOutputs({ vpcId: this.vpcId, privateSubnetIds: this.privateSubnetIds });
  }

  #create(name: string, args: NetworkArgs, zones: string[]): { vpc: Vpc; privateSubnets: Subnet[] } {
    const { cidrBlock = DEFAULT_CIDR_BLOCK, natGateways = NatGateways.one, endpoints = [], region } = args;
    const tags = (suffix: string) => ({ ...args.tags, Name: `${args.networkName}${suffix}` });

    const vpc = new Vpc(
      `${name}-vpc`,
      { cidrBlock, enableDnsSupport: true, enableDnsHostnames: true, tags: tags("") },
      { parent: this },
    );
    const places = zones.map((zone) => ({ zone, ...subnetBlocks(cidrBlock, zone) }));
    const exits = createExits(name, { vpc, zones: places, natGateways, tags }, this);
    const privateSubnets = places.map((place) => this.#createPrivateSubnet(name, vpc, place, exits, tags));

    if (region !== undefined) {
      const privateTables = [...new Set([...exits.values()].map(({ table }) => table))];
      createEndpoints(name, endpoints, { region, vpc, cidrBlock, privateSubnets, privateTables, tags }, this);
    }
    return { vpc, privateSubnets };
  }

  #createPrivateSubnet(
    name: string,
    vpc: Vpc,
    { zone, privateBlock }: ZonePlace,
    exits: ReadonlyMap<string, Exit>,
    tags: (suffix: string) => Record<string, Input<string>>,
  ): Subnet {
    const subnetName = `${name}-private-${zone}`;
    const subnet = new Subnet(
      subnetName,
      {
        vpcId: vpc.id,
        cidrBlock: privateBlock,
        availabilityZone: zone,
        mapPublicIpOnLaunch: false,
        tags: tags(`-private-${zone}`),
      },
      // Two subnets with the same addresses cannot be in a VPC at once.
      { parent: this, deleteBeforeReplace: true, hooks: { onError: [creationHooks().failed] } },
    );
    const exit = exits.get(zone);
    if (exit === undefined) throw new Error(`${name}: zone ${zone} has no way out`);
    new RouteTableAssociation(
      subnetName,
      { routeTableId: exit.table.id, subnetId: subnet.id },
      // A subnet that moves to another table finds its way out there.
      { parent: this, dependsOn: exit.defaultRoute, hooks: { onError: [creationHooks().failed] } },
    );
    return subnet;
  }
}
