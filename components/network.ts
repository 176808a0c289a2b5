import { Eip } from "@pulumi/aws/ec2/eip.js";
import { InternetGateway } from "@pulumi/aws/ec2/internetGateway.js";
import { NatGateway } from "@pulumi/aws/ec2/natGateway.js";
import { Route } from "@pulumi/aws/ec2/route.js";
import { RouteTable } from "@pulumi/aws/ec2/routeTable.js";
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
import { subnetBlocks, ZONE_LIMIT } from "../network/subnetBlocks.ts";
import { refuseProblems } from "./argumentProblems.ts";

const EVERYWHERE = "0.0.0.0/0";

export interface NetworkArgs {
  /** Name tag of the VPC and start of the other Name tags. */
  networkName: string;
  /** IPv4 block of the VPC, /16 to /24. Default `10.0.0.0/16`. */
  cidrBlock?: string | undefined;
  /** Zones that get a private subnet each, 1 to 4; the NAT gateway is in the first. Needed unless `vpcId` is given. */
  availabilityZones?: string[] | undefined;
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
  for (const key of ["cidrBlock", "availabilityZones"] as const) {
    if (args[key] !== undefined)
      problems.push(`${key}: is for a new network; leave it out with existing ids`);
  }
  return problems;
}

function newNetworkProblems({ availabilityZones: zones }: NetworkArgs): string[] {
  if (zones === undefined) {
    return ["availabilityZones: give either availabilityZones, or vpcId and privateSubnetIds"];
  }
  const problems: string[] = [];
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
    const { cidrBlock = "10.0.0.0/16" } = args;
    const parent = { parent: this };
    const tags = (suffix: string) => ({ ...args.tags, Name: `${args.networkName}${suffix}` });

    const vpc = new Vpc(
      `${name}-vpc`,
      { cidrBlock, enableDnsSupport: true, enableDnsHostnames: true, tags: tags("") },
      parent,
    );
    const subnets = zones.map((zone) => ({ zone, ...subnetBlocks(cidrBlock, zone) }));
    const [natZone] = subnets;
    if (natZone === undefined) throw new Error(`${name}: needs at least one availability zone`);

    const gateway = new InternetGateway(`${name}-igw`, { vpcId: vpc.id, tags: tags("") }, parent);
    const publicSubnet = new Subnet(
      `${name}-public`,
      {
        vpcId: vpc.id,
        cidrBlock: natZone.publicBlock,
        availabilityZone: natZone.zone,
        mapPublicIpOnLaunch: false,
        tags: tags("-public"),
      },
      parent,
    );
    const publicRoute = this.#createRoutes(
      `${name}-public`,
      vpc,
      { [`${name}-public`]: publicSubnet },
      { gatewayId: gateway.id },
      tags("-public"),
    );

    const address = new Eip(
      `${name}-nat`,
      { domain: "vpc", tags: tags("-nat") },
      { parent: this, dependsOn: gateway },
    );
    const nat = new NatGateway(
      `${name}-nat`,
      { allocationId: address.id, subnetId: publicSubnet.id, tags: tags("-nat") },
      // The subnet alone does not say that its way out must be there first. An address serves one gateway at a time.
      { parent: this, dependsOn: [gateway, publicRoute], deleteBeforeReplace: true },
    );

    const privateSubnets = Object.fromEntries(
      subnets.map(({ zone, privateBlock }) => {
        const subnetName = `${name}-private-${zone}`;
        const args = {
          vpcId: vpc.id,
          cidrBlock: privateBlock,
          availabilityZone: zone,
          mapPublicIpOnLaunch: false,
          tags: tags(`-private-${zone}`),
        };
        // Two subnets with the same addresses cannot be in a VPC at once.
        return [subnetName, new Subnet(subnetName, args, { parent: this, deleteBeforeReplace: true })];
      }),
    );
    this.#createRoutes(`${name}-private`, vpc, privateSubnets, { natGatewayId: nat.id }, tags("-private"));
    return { vpc, privateSubnets: Object.values(privateSubnets) };
  }

  /** A route table with one default route, for these subnets (by the name of their association). */
  #createRoutes(
    name: string,
    vpc: Vpc,
    subnets: Record<string, Subnet>,
    target: { gatewayId: Output<string> } | { natGatewayId: Output<string> },
    tags: Record<string, Input<string>>,
  ): Route {
    const parent = { parent: this };
    const table = new RouteTable(`${name}-routes`, { vpcId: vpc.id, tags }, parent);
    const route = new Route(
      `${name}-default-route`,
      { routeTableId: table.id, destinationCidrBlock: EVERYWHERE, ...target },
      parent,
    );
    for (const [association, subnet] of Object.entries(subnets)) {
      new RouteTableAssociation(association, { routeTableId: table.id, subnetId: subnet.id }, parent);
    }
    return route;
  }
}
