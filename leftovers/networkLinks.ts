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

/** The only destination of the program's routes: `components/networkExits.ts`. */
const EVERYWHERE = "0.0.0.0/0";
/** The only targets: a NAT gateway or an internet gateway. Gateway endpoints have routes, too, which they make themselves. */
const EXIT = /^(?:nat|igw)-/;

/** A route or an association of a table, with what it leads to. */
export interface NetworkLink extends NetworkThing {
  tableId: string;
  targetId: string;
}

function routeOf(
  { RouteTableId: tableId = "", VpcId: vpcId }: RouteTable,
  { DestinationCidrBlock: destination = "", GatewayId, NatGatewayId }: Route,
): NetworkLink[] {
  const targetId = NatGatewayId ?? GatewayId ?? "";
  if (destination !== EVERYWHERE || !EXIT.test(targetId)) return [];
  const id = routeId(tableId, destination);
  const name = `${destination} of ${tableId}`;
  const route = { tableId, destination };
  return [{ kind: NetworkKind.Route, id, name, vpcId, users: [], route, tableId, targetId }];
}

function associationOf(
  { RouteTableId: tableId = "", VpcId: vpcId }: RouteTable,
  { RouteTableAssociationId: id = "", SubnetId: targetId = "" }: RouteTableAssociation,
): NetworkLink[] {
  if (targetId === "") return [];
  const name = `${targetId} with ${tableId}`;
  return [{ kind: NetworkKind.RouteTableAssociation, id, name, vpcId, users: [], tableId, targetId }];
}

/** To be called before states are read, as the other listings. */
export async function describeLinks(
  { aws, signal }: Accounts,
  tableIds: readonly string[],
): Promise<NetworkLink[]> {
  if (tableIds.length === 0) return [];
  const { DescribeRouteTablesCommand } = await import("@aws-sdk/client-ec2");
  const client = await aws.ec2();
  const look = new DescribeRouteTablesCommand({
    Filters: [{ Name: "route-table-id", Values: [...tableIds] }],
  });
  const { RouteTables = [] } = await client.send(look, options(signal));
  return RouteTables.flatMap((table) => [
    ...(table.Routes ?? []).flatMap((route) => routeOf(table, route)),
    ...(table.Associations ?? []).flatMap((association) => associationOf(table, association)),
  ]);
}
