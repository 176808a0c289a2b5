import { isIPv6 } from "node:net";
import type {
  CreateRouteCommand,
  CreateRouteCommandInput,
  DeleteRouteCommand,
  ReplaceRouteCommand,
  ReplaceRouteCommandInput,
} from "@aws-sdk/client-ec2";
import { formatCidr, parseCidr } from "../cidr.ts";
import { AwsError, type Handlers, type OperationOf } from "../operation.ts";
import { existing, invalidParameterValue, refuseUnmodelled } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import { existingInstance } from "./instanceRecord.ts";
import { existingRouteTable, type RouteTableRecord, type RouteTarget } from "./routeTableRecord.ts";

export type RouteOperations = {
  "ec2:CreateRoute": OperationOf<CreateRouteCommand>;
  "ec2:ReplaceRoute": OperationOf<ReplaceRouteCommand>;
  "ec2:DeleteRoute": OperationOf<DeleteRouteCommand>;
};

const MODELLED = [
  "RouteTableId",
  "DestinationCidrBlock",
  "DestinationIpv6CidrBlock",
  "GatewayId",
  "NatGatewayId",
  "NetworkInterfaceId",
  "InstanceId",
];

function destinationOf(input: {
  DestinationCidrBlock?: string | undefined;
  DestinationIpv6CidrBlock?: string | undefined;
}): string {
  const { DestinationCidrBlock: ipv4, DestinationIpv6CidrBlock: ipv6 } = input;
  if ((ipv4 === undefined) === (ipv6 === undefined)) {
    throw new AwsError(
      "MissingParameter",
      "The request must contain exactly one of: DestinationCidrBlock, DestinationIpv6CidrBlock",
    );
  }
  if (ipv6 !== undefined) {
    if (isIPv6(ipv6.split("/")[0] ?? "")) return ipv6;
    throw invalidParameterValue(`Value (${ipv6}) for parameter destinationIpv6CidrBlock is invalid.`);
  }
  const block = parseCidr(ipv4 ?? "");
  if (block === undefined) {
    throw invalidParameterValue(
      `Value (${ipv4}) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.`,
    );
  }
  return formatCidr(block);
}

function differentNetworks(table: RouteTableRecord, kind: string, id: string): AwsError {
  return invalidParameterValue(
    `route table ${table.routeTableId} and ${kind} ${id} belong to different networks`,
  );
}

function targetOf(
  state: AwsState,
  table: RouteTableRecord,
  input: CreateRouteCommandInput | ReplaceRouteCommandInput,
): RouteTarget {
  const { GatewayId, NatGatewayId, NetworkInterfaceId, InstanceId } = input;
  const given = [GatewayId, NatGatewayId, NetworkInterfaceId, InstanceId].filter((id) => id !== undefined);
  if (given.length !== 1) {
    throw new AwsError("InvalidParameterCombination", "Exactly one route target must be specified");
  }
  if (GatewayId !== undefined) {
    const message = `The gateway ID '${GatewayId}' does not exist`;
    const gateway = existing(state.internetGateways.get(GatewayId), "InvalidGatewayID.NotFound", message);
    if (gateway.vpcId !== table.vpcId) throw differentNetworks(table, "network gateway", GatewayId);
    return { kind: "gateway", id: GatewayId };
  }
  if (NatGatewayId !== undefined) {
    const message = `The natGateway ID '${NatGatewayId}' does not exist`;
    const gateway = state.natGateways.get(NatGatewayId);
    if (gateway === undefined || gateway.state === "deleted" || gateway.state === "failed") {
      throw new AwsError("InvalidNatGatewayID.NotFound", message);
    }
    if (gateway.vpcId !== table.vpcId) throw differentNetworks(table, "NAT gateway", NatGatewayId);
    return { kind: "natGateway", id: NatGatewayId };
  }
  const id =
    InstanceId === undefined
      ? (NetworkInterfaceId ?? "")
      : existingInstance(state, InstanceId).networkInterfaceId;
  const message = `The networkInterface ID '${id}' does not exist`;
  const target = existing(state.networkInterfaces.get(id), "InvalidNetworkInterfaceID.NotFound", message);
  if (target.vpcId !== table.vpcId) throw differentNetworks(table, "interface", id);
  return { kind: "networkInterface", id };
}

export function routeHandlers(state: AwsState): Handlers<RouteOperations> {
  return {
    "ec2:CreateRoute"(input) {
      refuseUnmodelled(input, MODELLED);
      const table = existingRouteTable(state, input.RouteTableId);
      const destination = destinationOf(input);
      const target = targetOf(state, table, input);
      if (table.routes.some((route) => route.destination === destination)) {
        throw new AwsError("RouteAlreadyExists", `The route identified by ${destination} already exists.`);
      }
      state.routeTables.patch(table.routeTableId, { routes: [...table.routes, { destination, target }] });
      return { Return: true };
    },

    "ec2:ReplaceRoute"(input) {
      refuseUnmodelled(input, MODELLED);
      const table = existingRouteTable(state, input.RouteTableId);
      const destination = destinationOf(input);
      const target = targetOf(state, table, input);
      const old = table.routes.find((route) => route.destination === destination);
      if (old?.target === undefined) {
        throw invalidParameterValue(
          `There is no route defined for '${destination}' in the route table. Use CreateRoute instead.`,
        );
      }
      state.routeTables.patch(table.routeTableId, {
        routes: table.routes.map((route) => (route === old ? { destination, target } : route)),
      });
      return {};
    },

    "ec2:DeleteRoute"(input) {
      const table = existingRouteTable(state, input.RouteTableId);
      const destination = destinationOf(input);
      const route = existing(
        table.routes.find((one) => one.destination === destination),
        "InvalidRoute.NotFound",
        `no route with destination-cidr-block ${destination} in route table ${table.routeTableId}`,
      );
      if (route.target === undefined) {
        throw invalidParameterValue(
          `cannot remove local route ${destination} in route table ${table.routeTableId}`,
        );
      }
      state.routeTables.patch(table.routeTableId, { routes: table.routes.filter((one) => one !== route) });
      return {};
    },
  };
}
