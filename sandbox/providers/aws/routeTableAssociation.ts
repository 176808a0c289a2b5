import { awsType } from "./awsType.ts";
import { call, unless } from "./call.ts";
import type { AwsProviderClient } from "./client.ts";
import { conflict } from "./naming.ts";

const NOT_FOUND = ["InvalidAssociationID.NotFound"];

/**
 * The association of this id. A changed route table gives an association another id while the resource keeps its
 * own, so that the subnet decides when the id is not known.
 */
async function find(client: AwsProviderClient, id: string, subnetId: unknown) {
  const [importedSubnet] = id.split("/");
  const subnet = typeof subnetId === "string" ? subnetId : importedSubnet;
  const { RouteTables } = await call(
    client,
    `reading Route Table Association (${id})`,
    "ec2:DescribeRouteTables",
    {},
  );
  const associations = (RouteTables ?? []).flatMap((table) => table.Associations ?? []);
  return (
    associations.find((one) => one.RouteTableAssociationId === id) ??
    associations.find((one) => one.SubnetId !== undefined && one.SubnetId === subnet)
  );
}

export const routeTableAssociationType = awsType({
  token: "aws:ec2/routeTableAssociation:RouteTableAssociation",
  replaceOn: ["subnetId", "gatewayId"],
  check: (inputs) => conflict(inputs, "gatewayId", "subnetId"),

  async make(client, inputs) {
    const { AssociationId } = await call(
      client,
      `creating Route Table (${inputs.routeTableId}) Association`,
      "ec2:AssociateRouteTable",
      {
        RouteTableId: inputs.routeTableId,
        SubnetId: inputs.subnetId,
        GatewayId: inputs.gatewayId,
      },
    );
    return AssociationId ?? "";
  },

  async look(client, id, given) {
    const association = await find(client, id, given.subnetId);
    if (association === undefined) return undefined;
    return { outputs: { routeTableId: association.RouteTableId, subnetId: association.SubnetId } };
  },

  async change(client, id, _olds, news) {
    const association = await find(client, id, news.subnetId);
    await call(client, `updating Route Table Association (${id})`, "ec2:ReplaceRouteTableAssociation", {
      AssociationId: association?.RouteTableAssociationId ?? id,
      RouteTableId: news.routeTableId,
    });
  },

  async remove(client, id, state) {
    const association = await find(client, id, state.subnetId);
    if (association === undefined) return;
    const input = { AssociationId: association.RouteTableAssociationId };
    const action = `deleting Route Table Association (${id})`;
    await unless(NOT_FOUND, call(client, action, "ec2:DisassociateRouteTable", input));
  },
});
