/**
 * Routes and associations of this stack's own route tables: they have no tags, and the next update cannot make them as long
 * as those are there that a killed run has made.
 */
import { crc32 } from "node:zlib";
import type { Route, RouteTable, RouteTableAssociation } from "@aws-sdk/client-ec2";
import { NetworkKind } from "../operations/choices.ts";
import { options } from "../orphans/awsCall.ts";
import type { Accounts } from "../orphans/source.ts";
import type { NetworkThing } from "./network.ts";

/** As the provider calls it in the state. Source: terraform-provider-aws, `internal/service/ec2/vpc_route.go`. */
function routeId(tableId: string, destination: string): string {
  return `r-${tableId}${crc32(destination)}`;
}

/** Only to a gateway of this stack: a route that somebody has added leads elsewhere. */
function routeOf(
  { RouteTableId: tableId = "", VpcId: vpcId }: RouteTable,
  { DestinationCidrBlock: destination = "", GatewayId, NatGatewayId }: Route,
  own: ReadonlySet<string>,
): NetworkThing[] {
  const target = NatGatewayId ?? GatewayId ?? "";
  if (!own.has(target)) return [];
  const id = routeId(tableId, destination);
  const name = `${destination} of ${tableId}`;
  return [{ kind: NetworkKind.Route, id, name, vpcId, users: [], route: { tableId, destination } }];
}

function associationOf(
  { RouteTableId: tableId, VpcId: vpcId }: RouteTable,
  { RouteTableAssociationId: id = "", SubnetId: subnetId = "" }: RouteTableAssociation,
  own: ReadonlySet<string>,
): NetworkThing[] {
  if (!own.has(subnetId)) return [];
  const name = `${subnetId} with ${tableId}`;
  return [{ kind: NetworkKind.RouteTableAssociation, id, name, vpcId, users: [] }];
}

/** @param tableIds of tables that this stack's state has. @param own all that it has. */
export async function describeLinks(
  { aws, signal }: Accounts,
  tableIds: readonly string[],
  own: ReadonlySet<string>,
): Promise<NetworkThing[]> {
  if (tableIds.length === 0) return [];
  const { DescribeRouteTablesCommand } = await import("@aws-sdk/client-ec2");
  const client = await aws.ec2();
  const look = new DescribeRouteTablesCommand({
    Filters: [{ Name: "route-table-id", Values: [...tableIds] }],
  });
  const { RouteTables = [] } = await client.send(look, options(signal));
  return RouteTables.flatMap((table) => [
    ...(table.Routes ?? []).flatMap((route) => routeOf(table, route, own)),
    ...(table.Associations ?? []).flatMap((association) => associationOf(table, association, own)),
  ]);
}
