import { crc32 } from "node:zlib";
import type { CheckFailure, Properties } from "../resourceType.ts";
import { awsType } from "./awsType.ts";
import { AwsCallError, call, unless } from "./call.ts";
import { describeRouteTable, ROUTE_TABLE_NOT_FOUND } from "./routeTable.ts";

const TARGETS = [
  "carrierGatewayId",
  "coreNetworkArn",
  "egressOnlyGatewayId",
  "gatewayId",
  "localGatewayId",
  "natGatewayId",
  "networkInterfaceId",
  "transitGatewayId",
  "vpcEndpointId",
  "vpcPeeringConnectionId",
];
const DESTINATIONS = ["destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"];

function destinationOf(values: Properties): string {
  return DESTINATIONS.map((name) => values[name]).find(Boolean) ?? "";
}

function destination(values: Properties) {
  return {
    DestinationCidrBlock: values.destinationCidrBlock || undefined,
    DestinationIpv6CidrBlock: values.destinationIpv6CidrBlock || undefined,
  };
}

/** Only the first target that the program gives: a computed one from the state must not come along. */
function target(values: Properties) {
  if (
    TARGETS.some(
      (name) => values[name] && !["gatewayId", "natGatewayId", "networkInterfaceId"].includes(name),
    )
  ) {
    throw new Error(
      "the sandbox emulates routes to internet gateways, NAT gateways and network interfaces only",
    );
  }
  if (values.gatewayId) return { GatewayId: values.gatewayId };
  if (values.natGatewayId) return { NatGatewayId: values.natGatewayId };
  return { NetworkInterfaceId: values.networkInterfaceId };
}

/** More than one of a group. That none is given cannot be said here: an unknown value is absent. */
function atMostOne(inputs: Properties, names: readonly string[]): CheckFailure[] {
  const given = names.filter((name) => inputs[name] !== undefined);
  if (given.length <= 1) return [];
  return [
    {
      property: given[0] ?? "",
      reason: `only one of \`${names.join(",")}\` can be specified, but \`${given.join(",")}\` were specified.`,
    },
  ];
}

export const routeType = awsType({
  token: "aws:ec2/route:Route",
  replaceOn: ["routeTableId", ...DESTINATIONS],
  optionalComputed: ["networkInterfaceId"],
  check: (inputs) => [...atMostOne(inputs, TARGETS), ...atMostOne(inputs, DESTINATIONS)],

  async make(client, inputs) {
    const { routeTableId } = inputs;
    const to = destinationOf(inputs);
    const action = `creating Route in Route Table (${routeTableId}) with destination (${to})`;
    const input = { RouteTableId: routeTableId, ...destination(inputs), ...target(inputs) };
    try {
      await call(client, action, "ec2:CreateRoute", input);
    } catch (error) {
      if (!(error instanceof AwsCallError) || error.code !== "RouteAlreadyExists") throw error;
      throw new Error(`Route in Route Table (${routeTableId}) with destination (${to}) already exists`, {
        cause: error,
      });
    }
    return `r-${routeTableId}${crc32(to)}`;
  },

  async look(client, id, given) {
    const [imported, importedTo] = id.split("_");
    const tableId: string = given.routeTableId ?? imported;
    const to = destinationOf(given) || importedTo;
    const table = await describeRouteTable(client, tableId);
    const route = table?.Routes?.find(
      (one) =>
        one.Origin === "CreateRoute" &&
        (one.DestinationCidrBlock === to || one.DestinationIpv6CidrBlock === to),
    );
    if (route === undefined) return undefined;
    return {
      outputs: {
        destinationCidrBlock: route.DestinationCidrBlock,
        destinationIpv6CidrBlock: route.DestinationIpv6CidrBlock,
        gatewayId: route.GatewayId,
        instanceId: "",
        instanceOwnerId: "",
        natGatewayId: route.NatGatewayId,
        networkInterfaceId: route.NetworkInterfaceId ?? "",
        origin: route.Origin,
        routeTableId: tableId,
        state: route.State,
      },
    };
  },

  async change(client, id, _olds, news) {
    const input = { RouteTableId: news.routeTableId, ...destination(news), ...target(news) };
    await call(client, `updating Route (${id})`, "ec2:ReplaceRoute", input);
  },

  async remove(client, id, state) {
    const input = { RouteTableId: state.routeTableId, ...destination(state) };
    const gone = ["InvalidRoute.NotFound", ...ROUTE_TABLE_NOT_FOUND];
    await unless(gone, call(client, `deleting Route (${id})`, "ec2:DeleteRoute", input));
  },
});
