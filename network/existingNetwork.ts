/** What an existing network must have for hosts to work in it, as a pure function. */

/** State of a subnet's default route. `unknown`: AWS's answers do not tell; it is given the benefit of the doubt. */
export const RouteState = { active: "active", blackhole: "blackhole", unknown: "unknown" } as const;
export type RouteState = (typeof RouteState)[keyof typeof RouteState];

/** The IPv4 route to everywhere, 0.0.0.0/0. */
export interface DefaultRoute {
  /** Id of the target; `undefined` for a route that a virtual private gateway propagates. */
  target: string | undefined;
  state: RouteState;
}

export interface RouteTableFacts {
  id: string;
  /** Whether it is the main table of the network's VPC. */
  main: boolean;
  /** Subnets that are associated with it explicitly. */
  subnetIds: readonly string[];
  defaultRoute: DefaultRoute | undefined;
}

export interface SubnetFacts {
  vpcId: string;
  /** Whether what starts in it gets a public address without asking (`MapPublicIpOnLaunch`). */
  givesPublicAddresses: boolean;
}

/** What AWS says about a network; what does not exist is `undefined`. */
export interface NetworkFacts {
  vpcId: string;
  vpc: { dnsSupport: boolean } | undefined;
  /** In the order of the configuration. */
  subnets: readonly { id: string; facts: SubnetFacts | undefined }[];
  /** At least the main table and those associated with the subnets. */
  routeTables: readonly RouteTableFacts[];
}

/** What hosts cannot work with. */
export interface NetworkFault {
  /** Place in the network's configuration: `["vpcId"]`, `["privateSubnetIds", 1]`. */
  path: readonly ["vpcId"] | readonly ["privateSubnetIds", number];
  found: string;
  allowed: string;
  action: string;
}

const PUBLIC_GATEWAYS = /^(?:igw|cagw)-/;

function vpcFaults({ vpcId, vpc }: NetworkFacts): NetworkFault[] {
  const path = ["vpcId"] as const;
  if (vpc === undefined) {
    return [
      {
        path,
        found: `${vpcId}, which does not exist`,
        allowed: "a VPC of this account and region",
        action: "correct the id, or remove vpcId and privateSubnetIds to get a new network",
      },
    ];
  }
  if (vpc.dnsSupport) return [];
  return [
    {
      path,
      found: `${vpcId}, whose DNS support is off`,
      allowed: "a VPC with DNS support: hosts look up the names of SSM and of Cloudflare's edge",
      action: `aws ec2 modify-vpc-attribute --vpc-id ${vpcId} --enable-dns-support Value=true`,
    },
  ];
}

/** What is wrong with the way out of a subnet, as a clause; `undefined`: nothing. */
function wayOutFault(table: RouteTableFacts | undefined): string | undefined {
  if (table === undefined) return "which has no route table";
  const { defaultRoute: route } = table;
  const its = table.main ? `the VPC's main route table ${table.id}` : `its route table ${table.id}`;
  if (route === undefined) return `and ${its} has no default route`;
  const target = route.target ?? "a virtual private gateway";
  if (PUBLIC_GATEWAYS.test(target)) return `and ${its} leads to ${target}: it is a public subnet`;
  if (route.state === RouteState.blackhole) return `and ${its} leads to ${target}, which is gone (blackhole)`;
  return undefined;
}

function subnetFaults(network: NetworkFacts, index: number): NetworkFault[] {
  const subnet = network.subnets[index];
  if (subnet === undefined) return [];
  const { id, facts } = subnet;
  const path = ["privateSubnetIds", index] as const;
  if (facts === undefined) {
    return [
      {
        path,
        found: `${id}, which does not exist`,
        allowed: `a subnet of ${network.vpcId}`,
        action: "correct the id or remove it",
      },
    ];
  }
  if (facts.vpcId !== network.vpcId) {
    // Its other properties are those of a subnet that nobody meant.
    return [
      {
        path,
        found: `${id}, which is in ${facts.vpcId}`,
        allowed: `a subnet of ${network.vpcId}`,
        action: "correct the id, or vpcId",
      },
    ];
  }
  const faults: NetworkFault[] = [];
  if (facts.givesPublicAddresses) {
    faults.push({
      path,
      found: `${id}, which gives public addresses to what starts in it`,
      allowed: "a private subnet",
      action: `aws ec2 modify-subnet-attribute --subnet-id ${id} --no-map-public-ip-on-launch, or name another subnet`,
    });
  }
  const table =
    network.routeTables.find(({ subnetIds }) => subnetIds.includes(id)) ??
    network.routeTables.find(({ main }) => main);
  const fault = wayOutFault(table);
  if (fault !== undefined) {
    faults.push({
      path,
      found: `${id}, ${fault}`,
      allowed: "a subnet with an active default route to a NAT gateway or another private way out",
      action: "give its route table a route for 0.0.0.0/0 to a NAT gateway, or name another subnet",
    });
  }
  return faults;
}

/** Everything that hosts could not work with, the VPC's faults first, then the subnets' in their order. */
export function networkFaults(network: NetworkFacts): NetworkFault[] {
  return [...vpcFaults(network), ...network.subnets.flatMap((_, index) => subnetFaults(network, index))];
}
