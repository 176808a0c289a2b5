/** The ways out of a network that `Network` creates: internet gateway, public subnets, NAT gateways, route tables. */
import { Eip } from "@pulumi/aws/ec2/eip.js";
import { InternetGateway } from "@pulumi/aws/ec2/internetGateway.js";
import { NatGateway } from "@pulumi/aws/ec2/natGateway.js";
import { Route } from "@pulumi/aws/ec2/route.js";
import { RouteTable } from "@pulumi/aws/ec2/routeTable.js";
import { RouteTableAssociation } from "@pulumi/aws/ec2/routeTableAssociation.js";
import { Subnet } from "@pulumi/aws/ec2/subnet.js";
import type { Vpc } from "@pulumi/aws/ec2/vpc.js";
import type { ComponentResource, CustomResourceOptions, Input, Output } from "@pulumi/pulumi";
import { NatGateways } from "../network/choices.ts";
import { exitName } from "../network/exitNames.ts";
import type { ZoneBlocks } from "../network/subnetBlocks.ts";
import { creationHooks } from "./creationHooks.ts";

const EVERYWHERE = "0.0.0.0/0";

/** A zone of the network with its address blocks. */
export interface ZonePlace extends ZoneBlocks {
  /** `eu-west-1a` */
  zone: string;
}

export interface ExitPlaces {
  vpc: Vpc;
  /** At least one. */
  zones: readonly ZonePlace[];
  natGateways: NatGateways;
  /** Tags with this end of the Name tag. */
  tags: (suffix: string) => Record<string, Input<string>>;
}

/** A private route table and its route to a NAT gateway. */
export interface Exit {
  table: RouteTable;
  defaultRoute: Route;
}

/** What there is once for all zones, or once in each: one resource or several whose names begin alike. */
interface Part {
  name: string;
  /** Its name when there are as many NAT gateways as the other choice says; `undefined`: it is not there then. */
  formerName: string | undefined;
  tags: Record<string, Input<string>>;
  parent: ComponentResource;
}

/** Options of the part's resource whose name ends like this. */
function optionsOf(
  { formerName, parent }: Part,
  end = "",
): Pick<CustomResourceOptions, "parent" | "aliases"> {
  return formerName === undefined ? { parent } : { parent, aliases: [{ name: `${formerName}${end}` }] };
}

/** The exit of each zone, by zone: its own, or the one that all share. */
export function createExits(name: string, places: ExitPlaces, parent: ComponentResource): Map<string, Exit> {
  const { vpc, zones, natGateways, tags } = places;
  const [first] = zones;
  if (first === undefined) throw new Error(`${name}: needs at least one availability zone`);
  const gateway = new InternetGateway(
    `${name}-igw`,
    { vpcId: vpc.id, tags: tags("") },
    { parent, hooks: { onError: [creationHooks().failed] } },
  );
  const publicRoutes = createRoutes(
    { name: `${name}-public`, formerName: undefined, tags: tags("-public"), parent },
    vpc,
    { gatewayId: gateway.id },
  );

  function createExit(place: ZonePlace): Exit {
    const part = (kind: string): Part => {
      const { suffix, formerSuffix } = exitName(kind, natGateways, place.zone, place === first);
      const formerName = formerSuffix === undefined ? undefined : `${name}-${formerSuffix}`;
      return { name: `${name}-${suffix}`, formerName, tags: tags(`-${suffix}`), parent };
    };
    const subnet = createPublicSubnet(part("public"), vpc, place, publicRoutes.table);
    const nat = createNatGateway(part("nat"), subnet, [gateway, publicRoutes.defaultRoute]);
    return createRoutes(part("private"), vpc, { natGatewayId: nat.id });
  }

  if (natGateways === NatGateways.perZone) {
    return new Map(zones.map((place) => [place.zone, createExit(place)]));
  }
  const shared = createExit(first);
  return new Map(zones.map(({ zone }) => [zone, shared]));
}

function createPublicSubnet(part: Part, vpc: Vpc, place: ZonePlace, table: RouteTable): Subnet {
  const subnet = new Subnet(
    part.name,
    {
      vpcId: vpc.id,
      cidrBlock: place.publicBlock,
      availabilityZone: place.zone,
      mapPublicIpOnLaunch: false,
      tags: part.tags,
    },
    { ...optionsOf(part), hooks: { onError: [creationHooks().failed] } },
  );
  new RouteTableAssociation(
    part.name,
    { routeTableId: table.id, subnetId: subnet.id },
    { ...optionsOf(part), hooks: { onError: [creationHooks().failed] } },
  );
  return subnet;
}

/**
 * @param before the internet gateway and the route to it: the subnet alone does not say that its way out must be
 * there first.
 */
function createNatGateway(part: Part, subnet: Subnet, before: [InternetGateway, Route]): NatGateway {
  const [gateway] = before;
  const address = new Eip(
    part.name,
    { domain: "vpc", tags: part.tags },
    { ...optionsOf(part), dependsOn: gateway },
  );
  return new NatGateway(
    part.name,
    { allocationId: address.id, subnetId: subnet.id, tags: part.tags },
    // An address serves one gateway at a time.
    {
      ...optionsOf(part),
      dependsOn: before,
      deleteBeforeReplace: true,
      hooks: { onError: [creationHooks().failed] },
    },
  );
}

/** A route table with one default route. */
function createRoutes(
  part: Part,
  vpc: Vpc,
  target: { gatewayId: Output<string> } | { natGatewayId: Output<string> },
): Exit {
  const table = new RouteTable(
    `${part.name}-routes`,
    { vpcId: vpc.id, tags: part.tags },
    optionsOf(part, "-routes"),
  );
  const defaultRoute = new Route(
    `${part.name}-default-route`,
    { routeTableId: table.id, destinationCidrBlock: EVERYWHERE, ...target },
    { ...optionsOf(part, "-default-route"), hooks: { onError: [creationHooks().failed] } },
  );
  return { table, defaultRoute };
}
