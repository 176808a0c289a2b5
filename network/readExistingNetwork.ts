/**
 * Asks AWS about an existing network, through the provider that the stack uses: as the deploying role, in its region.
 *
 * What may be missing is asked for with the plural data sources: they answer with an empty list, where the singular
 * ones fail (Terraform AWS Provider documentation, "Version 4 Upgrade Guide", plural data source behavior). The data
 * source of a route table says nothing about the state of a route and leaves propagated routes out; EC2's own filters
 * `route.state` and `route.destination-cidr-block` (Amazon EC2 API Reference, "DescribeRouteTables") tell both.
 */
import { getNatGateways } from "@pulumi/aws/ec2/getNatGateways.js";
import { getRouteTable } from "@pulumi/aws/ec2/getRouteTable.js";
import { getRouteTables } from "@pulumi/aws/ec2/getRouteTables.js";
import { getSubnet } from "@pulumi/aws/ec2/getSubnet.js";
import { getSubnets } from "@pulumi/aws/ec2/getSubnets.js";
import { getVpc } from "@pulumi/aws/ec2/getVpc.js";
import { getVpcs } from "@pulumi/aws/ec2/getVpcs.js";
import { type DefaultRoute, type NetworkFacts, RouteState, type RouteTableFacts } from "./existingNetwork.ts";

const EVERYWHERE = "0.0.0.0/0";

/** A route as the data source has it: one target is set, the others are empty. */
type Route = Awaited<ReturnType<typeof getRouteTable>>["routes"][number];

const DESTINATIONS = new Set(["cidrBlock", "ipv6CidrBlock", "destinationPrefixListId"]);

function targetOf(route: Route): string | undefined {
  // An instance's route names its interface as well.
  if (route.instanceId) return route.instanceId;
  return Object.entries(route).find(([name, value]) => !DESTINATIONS.has(name) && value)?.[1];
}

const filter = (name: string, ...values: string[]) => ({ name, values });

/** What filters say about all tables at once. */
interface TableLists {
  main: readonly string[];
  /** Tables that have a default route, also one that the data source leaves out. */
  withDefaultRoute: readonly string[];
  /** Tables with any route that leads nowhere. */
  withBlackhole: readonly string[];
}

async function isWorkingNatGateway(id: string): Promise<boolean> {
  const filters = [filter("nat-gateway-id", id), filter("state", "pending", "available")];
  return (await getNatGateways({ filters })).ids.length > 0;
}

async function stateOf(target: string, routeCount: number): Promise<RouteState> {
  if (target.startsWith("nat-")) {
    return (await isWorkingNatGateway(target)) ? RouteState.active : RouteState.blackhole;
  }
  // Some route of the table leads nowhere; with others there it may be one of those.
  return routeCount === 1 ? RouteState.blackhole : RouteState.unknown;
}

async function defaultRouteOf(
  id: string,
  routes: readonly Route[],
  lists: TableLists,
): Promise<DefaultRoute | undefined> {
  if (!lists.withDefaultRoute.includes(id)) return undefined;
  const route = routes.find(({ cidrBlock }) => cidrBlock === EVERYWHERE);
  const target = route && targetOf(route);
  if (!lists.withBlackhole.includes(id)) return { target, state: RouteState.active };
  if (target === undefined) return { target, state: RouteState.unknown };
  return { target, state: await stateOf(target, routes.length) };
}

async function readRouteTable(id: string, lists: TableLists): Promise<RouteTableFacts> {
  const { routes, associations } = await getRouteTable({ routeTableId: id });
  return {
    id,
    main: lists.main.includes(id),
    subnetIds: associations.flatMap(({ subnetId }) => (subnetId ? [subnetId] : [])),
    defaultRoute: await defaultRouteOf(id, routes, lists),
  };
}

async function readRouteTables(vpcId: string, subnetIds: readonly string[]): Promise<RouteTableFacts[]> {
  const list = async (...filters: ReturnType<typeof filter>[]) => (await getRouteTables({ filters })).ids;
  const [associated, main] = await Promise.all([
    list(filter("vpc-id", vpcId), filter("association.subnet-id", ...subnetIds)),
    list(filter("vpc-id", vpcId), filter("association.main", "true")),
  ]);
  const ids = [...new Set([...associated, ...main])];
  if (ids.length === 0) return [];
  const these = filter("route-table-id", ...ids);
  const [withDefaultRoute, withBlackhole] = await Promise.all([
    list(these, filter("route.destination-cidr-block", EVERYWHERE)),
    list(these, filter("route.state", "blackhole")),
  ]);
  const lists = { main, withDefaultRoute, withBlackhole };
  return await Promise.all(ids.map((id) => readRouteTable(id, lists)));
}

async function readVpc(vpcId: string): Promise<NetworkFacts["vpc"]> {
  const { ids } = await getVpcs({ filters: [filter("vpc-id", vpcId)] });
  if (ids.length === 0) return undefined;
  return { dnsSupport: (await getVpc({ id: vpcId })).enableDnsSupport };
}

async function readSubnets(subnetIds: readonly string[]): Promise<NetworkFacts["subnets"]> {
  const { ids } = await getSubnets({ filters: [filter("subnet-id", ...subnetIds)] });
  return await Promise.all(
    subnetIds.map(async (id) => {
      if (!ids.includes(id)) return { id, facts: undefined };
      const { vpcId, mapPublicIpOnLaunch } = await getSubnet({ id });
      return { id, facts: { vpcId, givesPublicAddresses: mapPublicIpOnLaunch } };
    }),
  );
}

/** @throws Error when AWS refuses to answer, for example because the role may not look. */
export async function readExistingNetwork(
  vpcId: string,
  subnetIds: readonly string[],
): Promise<NetworkFacts> {
  const [vpc, subnets, routeTables] = await Promise.all([
    readVpc(vpcId),
    readSubnets(subnetIds),
    readRouteTables(vpcId, subnetIds),
  ]);
  return { vpcId, vpc, subnets, routeTables };
}
