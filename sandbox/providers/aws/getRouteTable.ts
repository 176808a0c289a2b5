/** Data sources about route tables. Terraform AWS Provider documentation, "aws_route_table" and "aws_route_tables". */
import type { Route, RouteTableAssociation } from "@aws-sdk/client-ec2";
import type { FunctionType, Properties } from "../resourceType.ts";
import { ec2Arn } from "./arn.ts";
import { call } from "./call.ts";
import type { AwsProviderClient } from "./client.ts";
import { argumentFilters, listFilters, listOutputs, tagFilters, tagMap } from "./dataSource.ts";
import { toFilters } from "./functions.ts";

export const getRouteTablesFunction: FunctionType<AwsProviderClient> = {
  token: "aws:ec2/getRouteTables:getRouteTables",
  async invoke(client, args) {
    const { RouteTables = [] } = await call(client, "reading EC2 Route Tables", "ec2:DescribeRouteTables", {
      Filters: listFilters(args),
    });
    return listOutputs(
      client,
      args,
      RouteTables.map((table) => table.RouteTableId),
    );
  },
};

/** The local route, propagated routes and those of gateway endpoints are left out, and so is the state of every route. */
function isShown(route: Route): boolean {
  if (route.GatewayId === "local" || route.Origin === "EnableVgwRoutePropagation") return false;
  return !(route.DestinationPrefixListId !== undefined && route.GatewayId?.startsWith("vpce-") === true);
}

function routeOutputs(route: Route): Properties {
  const endpoint = route.GatewayId?.startsWith("vpce-") === true;
  return {
    carrierGatewayId: route.CarrierGatewayId ?? "",
    cidrBlock: route.DestinationCidrBlock ?? "",
    coreNetworkArn: route.CoreNetworkArn ?? "",
    destinationPrefixListId: route.DestinationPrefixListId ?? "",
    egressOnlyGatewayId: route.EgressOnlyInternetGatewayId ?? "",
    gatewayId: endpoint ? "" : (route.GatewayId ?? ""),
    instanceId: route.InstanceId ?? "",
    ipv6CidrBlock: route.DestinationIpv6CidrBlock ?? "",
    localGatewayId: route.LocalGatewayId ?? "",
    natGatewayId: route.NatGatewayId ?? "",
    networkInterfaceId: route.NetworkInterfaceId ?? "",
    odbNetworkArn: route.OdbNetworkArn ?? "",
    transitGatewayId: route.TransitGatewayId ?? "",
    vpcEndpointId: endpoint ? route.GatewayId : "",
    vpcPeeringConnectionId: route.VpcPeeringConnectionId ?? "",
  };
}

function associationOutputs(association: RouteTableAssociation): Properties {
  return {
    gatewayId: association.GatewayId ?? "",
    main: association.Main,
    routeTableAssociationId: association.RouteTableAssociationId,
    routeTableId: association.RouteTableId,
    subnetId: association.SubnetId ?? "",
  };
}

export const getRouteTableFunction: FunctionType<AwsProviderClient> = {
  token: "aws:ec2/getRouteTable:getRouteTable",
  async invoke(client, args) {
    const Filters = [
      ...argumentFilters({
        "route-table-id": args.routeTableId,
        "vpc-id": args.vpcId,
        "association.subnet-id": args.subnetId,
      }),
      ...tagFilters(args.tags),
      ...toFilters(args.filters),
    ];
    if (Filters.length === 0) {
      throw new Error(
        "one of route_table_id, vpc_id, subnet_id, gateway_id, filters, or tags must be assigned",
      );
    }
    const { RouteTables = [] } = await call(
      client,
      "reading EC2 VPC Route Table",
      "ec2:DescribeRouteTables",
      { Filters },
    );
    const [table, ...more] = RouteTables;
    if (table === undefined) {
      throw new Error("query returned no results. Please change your search criteria and try again");
    }
    if (more.length > 0) {
      throw new Error(
        "multiple Route Tables matched; use additional constraints to reduce matches to a single Route Table",
      );
    }
    const id = table.RouteTableId ?? "";
    return {
      ...args,
      arn: ec2Arn(client, "route-table", id),
      associations: (table.Associations ?? []).map(associationOutputs),
      gatewayId: args.gatewayId ?? "",
      id,
      ownerId: table.OwnerId,
      region: client.region,
      routes: (table.Routes ?? []).filter(isShown).map(routeOutputs),
      routeTableId: id,
      subnetId: args.subnetId ?? "",
      tags: tagMap(table.Tags),
      vpcId: table.VpcId,
    };
  },
};
