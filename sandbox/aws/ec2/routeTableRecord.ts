/** What route tables, routes and associations share. */
import type { RouteTable } from "@aws-sdk/client-ec2";
import { newResourceId } from "../ids.ts";
import { existing, required } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import { tagList } from "./tags.ts";
import type { VpcRecord } from "./vpcs.ts";

export interface RouteTarget {
  kind: "gateway" | "natGateway" | "networkInterface" | "vpcEndpoint";
  id: string;
}

export interface RouteRecord {
  /** IPv4 or IPv6 CIDR block, or a prefix list id. */
  destination: string;
  /** The local route has none. */
  target?: RouteTarget;
}

export interface AssociationRecord {
  associationId: string;
  subnetId?: string;
  gatewayId?: string;
}

export interface RouteTableRecord {
  routeTableId: string;
  vpcId: string;
  /** The table that every subnet without an explicit association uses. */
  main: boolean;
  mainAssociationId?: string;
  associations: AssociationRecord[];
  routes: RouteRecord[];
}

export function existingRouteTable(state: AwsState, id: string | undefined): RouteTableRecord {
  const routeTableId = required(id, "routeTableId");
  return existing(
    state.routeTables.get(routeTableId),
    "InvalidRouteTableID.NotFound",
    `The routeTable ID '${routeTableId}' does not exist`,
  );
}

export function createRouteTableRecord(
  state: AwsState,
  vpc: VpcRecord,
  main: boolean,
  routeTableId = newResourceId("rtb"),
): RouteTableRecord {
  return state.routeTables.put(routeTableId, {
    routeTableId,
    vpcId: vpc.vpcId,
    main,
    ...(main && { mainAssociationId: newResourceId("rtbassoc") }),
    associations: [],
    routes: [{ destination: vpc.cidrBlock }],
  });
}

export function createMainRouteTable(state: AwsState, vpc: VpcRecord): RouteTableRecord {
  return createRouteTableRecord(state, vpc, true);
}

/** A route is a black hole when its target is gone, detached or not working. */
function isActive(state: AwsState, table: RouteTableRecord, { target }: RouteRecord): boolean {
  switch (target?.kind) {
    case undefined:
      return true;
    case "gateway":
      return state.internetGateways.get(target.id)?.vpcId === table.vpcId;
    case "natGateway": {
      const natState = state.natGateways.get(target.id)?.state;
      return natState === "available" || natState === "pending";
    }
    case "networkInterface":
      return state.networkInterfaces.has(target.id);
    case "vpcEndpoint":
      return state.vpcEndpoints.has(target.id);
  }
}

export function describeRouteTable(state: AwsState, table: RouteTableRecord): RouteTable {
  const associationState = { State: "associated" } as const;
  return {
    RouteTableId: table.routeTableId,
    VpcId: table.vpcId,
    OwnerId: state.accountId,
    PropagatingVgws: [],
    Tags: tagList(state, table.routeTableId),
    Associations: [
      ...(table.mainAssociationId === undefined
        ? []
        : [
            {
              Main: true,
              RouteTableAssociationId: table.mainAssociationId,
              RouteTableId: table.routeTableId,
              AssociationState: associationState,
            },
          ]),
      ...table.associations.map((association) => ({
        Main: false,
        RouteTableAssociationId: association.associationId,
        RouteTableId: table.routeTableId,
        SubnetId: association.subnetId,
        GatewayId: association.gatewayId,
        AssociationState: associationState,
      })),
    ],
    Routes: table.routes.map((route) => ({
      ...(route.destination.startsWith("pl-")
        ? { DestinationPrefixListId: route.destination }
        : route.destination.includes(":")
          ? { DestinationIpv6CidrBlock: route.destination }
          : { DestinationCidrBlock: route.destination }),
      Origin: route.target === undefined ? "CreateRouteTable" : "CreateRoute",
      State: isActive(state, table, route) ? "active" : "blackhole",
      ...(route.target === undefined && { GatewayId: "local" }),
      ...((route.target?.kind === "gateway" || route.target?.kind === "vpcEndpoint") && {
        GatewayId: route.target.id,
      }),
      ...(route.target?.kind === "natGateway" && { NatGatewayId: route.target.id }),
      ...(route.target?.kind === "networkInterface" && { NetworkInterfaceId: route.target.id }),
    })),
  };
}
