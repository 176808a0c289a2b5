import type { Route, RouteTable } from "@aws-sdk/client-ec2";
import type { Properties } from "../resourceType.ts";
import { ec2Arn } from "./arn.ts";
import { awsType } from "./awsType.ts";
import { call, unless } from "./call.ts";
import type { AwsProviderClient } from "./client.ts";
import { ec2Tags, tagSpecifications } from "./tags.ts";

export const ROUTE_TABLE_NOT_FOUND = ["InvalidRouteTableID.NotFound"];

/** `undefined`: there is no such table. */
export async function describeRouteTable(
  client: AwsProviderClient,
  id: string,
): Promise<RouteTable | undefined> {
  const action = `reading Route Table (${id})`;
  const reading = call(client, action, "ec2:DescribeRouteTables", { RouteTableIds: [id] });
  return (await unless(ROUTE_TABLE_NOT_FOUND, reading))?.RouteTables?.[0];
}

/** A route as the inline `routes` of a table have it: every target named, unused ones empty. */
function inlineRoute(route: Route): Properties {
  return {
    carrierGatewayId: "",
    cidrBlock: route.DestinationCidrBlock ?? "",
    coreNetworkArn: "",
    destinationPrefixListId: route.DestinationPrefixListId ?? "",
    egressOnlyGatewayId: "",
    gatewayId: route.GatewayId ?? "",
    ipv6CidrBlock: route.DestinationIpv6CidrBlock ?? "",
    localGatewayId: "",
    natGatewayId: route.NatGatewayId ?? "",
    networkInterfaceId: route.NetworkInterfaceId ?? "",
    transitGatewayId: "",
    vpcEndpointId: "",
    vpcPeeringConnectionId: "",
  };
}

function destinationOf(route: Properties): string {
  return route.cidrBlock || route.ipv6CidrBlock || "";
}

function request(id: string, route: Properties) {
  return {
    RouteTableId: id,
    ...(route.cidrBlock && { DestinationCidrBlock: route.cidrBlock }),
    ...(route.ipv6CidrBlock && { DestinationIpv6CidrBlock: route.ipv6CidrBlock }),
    ...(route.gatewayId && { GatewayId: route.gatewayId }),
    ...(route.natGatewayId && { NatGatewayId: route.natGatewayId }),
    ...(route.networkInterfaceId && { NetworkInterfaceId: route.networkInterfaceId }),
  };
}

/** What two routes must have in common to be the same. */
function key(route: Properties): string {
  const { RouteTableId: _, ...rest } = request("", route);
  return JSON.stringify(Object.entries(rest).sort());
}

function keys(routes: unknown): string {
  return (Array.isArray(routes) ? routes.map(key).sort() : []).join();
}

async function setRoutes(
  client: AwsProviderClient,
  id: string,
  olds: Properties[],
  news: Properties[],
): Promise<void> {
  const action = `updating Route Table (${id})`;
  for (const old of olds) {
    if (news.some((route) => destinationOf(route) === destinationOf(old))) continue;
    const { RouteTableId, DestinationCidrBlock, DestinationIpv6CidrBlock } = request(id, old);
    const input = { RouteTableId, DestinationCidrBlock, DestinationIpv6CidrBlock };
    await unless(["InvalidRoute.NotFound"], call(client, action, "ec2:DeleteRoute", input));
  }
  for (const route of news) {
    const old = olds.find((one) => destinationOf(one) === destinationOf(route));
    if (old === undefined) await call(client, action, "ec2:CreateRoute", request(id, route));
    else if (key(old) !== key(route)) await call(client, action, "ec2:ReplaceRoute", request(id, route));
  }
}

export const routeTableType = awsType({
  token: "aws:ec2/routeTable:RouteTable",
  replaceOn: ["vpcId"],
  optionalComputed: ["propagatingVgws", "routes"],
  equal: { routes: (old, next) => keys(old) === keys(next) },
  tagWriter: ec2Tags,

  async make(client, inputs) {
    const { RouteTable: made } = await call(client, "creating Route Table", "ec2:CreateRouteTable", {
      VpcId: inputs.vpcId,
      ...tagSpecifications(client, "route-table", inputs.tags),
    });
    return made?.RouteTableId ?? "";
  },

  settle: (client, id, inputs) => setRoutes(client, id, [], inputs.routes ?? []),

  async look(client, id) {
    const table = await describeRouteTable(client, id);
    if (table === undefined) return undefined;
    return {
      outputs: {
        arn: ec2Arn(client, "route-table", id),
        ownerId: table.OwnerId,
        propagatingVgws: [],
        routes: (table.Routes ?? []).filter((route) => route.Origin === "CreateRoute").map(inlineRoute),
        vpcId: table.VpcId,
      },
      tags: table.Tags ?? [],
    };
  },

  async change(client, id, olds, news) {
    if (keys(olds.routes) === keys(news.routes)) return;
    await setRoutes(client, id, olds.routes ?? [], news.routes ?? []);
  },

  async remove(client, id) {
    const action = `deleting Route Table (${id})`;
    const table = await describeRouteTable(client, id);
    for (const { Main, RouteTableAssociationId } of table?.Associations ?? []) {
      if (Main === true) continue;
      await call(client, action, "ec2:DisassociateRouteTable", { AssociationId: RouteTableAssociationId });
    }
    const deleting = call(client, action, "ec2:DeleteRouteTable", { RouteTableId: id });
    await unless(ROUTE_TABLE_NOT_FOUND, deleting);
  },
});
