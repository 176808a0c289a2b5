/** Route tables and their associations with subnets. */
import type {
  AssociateRouteTableCommand,
  CreateRouteTableCommand,
  DeleteRouteTableCommand,
  DescribeRouteTablesCommand,
  DisassociateRouteTableCommand,
  ReplaceRouteTableAssociationCommand,
} from "@aws-sdk/client-ec2";
import { newResourceId } from "../ids.ts";
import { AwsError, type Handlers, type OperationOf } from "../operation.ts";
import { dependencyViolation, existing, invalidParameterValue, required } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import { applyFilters } from "./filters.ts";
import {
  createRouteTableRecord,
  describeRouteTable,
  existingRouteTable,
  type RouteTableRecord,
} from "./routeTableRecord.ts";
import { existingSubnet } from "./subnets.ts";
import { putTags, tagsOf, tagsOnCreate } from "./tags.ts";
import { existingVpc } from "./vpcs.ts";

export type RouteTableOperations = {
  "ec2:CreateRouteTable": OperationOf<CreateRouteTableCommand>;
  "ec2:DeleteRouteTable": OperationOf<DeleteRouteTableCommand>;
  "ec2:DescribeRouteTables": OperationOf<DescribeRouteTablesCommand>;
  "ec2:AssociateRouteTable": OperationOf<AssociateRouteTableCommand>;
  "ec2:ReplaceRouteTableAssociation": OperationOf<ReplaceRouteTableAssociationCommand>;
  "ec2:DisassociateRouteTable": OperationOf<DisassociateRouteTableCommand>;
};

function tableOfAssociation(state: AwsState, id: string | undefined): RouteTableRecord {
  const associationId = required(id, "associationId");
  const table = existing(
    state.routeTables.find(
      (one) =>
        one.mainAssociationId === associationId ||
        one.associations.some((association) => association.associationId === associationId),
    ),
    "InvalidAssociationID.NotFound",
    `The association ID '${associationId}' does not exist`,
  );
  if (table.mainAssociationId === associationId) {
    throw invalidParameterValue(`cannot disassociate the main route table association ${associationId}`);
  }
  return table;
}

function withoutAssociation(table: RouteTableRecord, associationId: string | undefined) {
  return table.associations.filter((association) => association.associationId !== associationId);
}

/** Associates a subnet that has no explicit association yet. */
export function associateSubnet(state: AwsState, table: RouteTableRecord, subnetId: string): string {
  const associationId = newResourceId("rtbassoc");
  state.routeTables.patch(table.routeTableId, {
    associations: [...table.associations, { associationId, subnetId }],
  });
  return associationId;
}

export function routeTableHandlers(state: AwsState): Handlers<RouteTableOperations> {
  return {
    "ec2:CreateRouteTable"(input) {
      const vpc = existingVpc(state, input.VpcId);
      const tags = tagsOnCreate(input.TagSpecifications, "route-table");
      const table = createRouteTableRecord(state, vpc, false);
      putTags(state, table.routeTableId, tags);
      return { RouteTable: describeRouteTable(state, table) };
    },

    "ec2:DeleteRouteTable"(input) {
      const table = existingRouteTable(state, input.RouteTableId);
      const served = state.vpcEndpoints.find((one) => one.routeTableIds.includes(table.routeTableId));
      if (table.main || table.associations.length > 0 || served !== undefined) {
        throw dependencyViolation("routeTable", table.routeTableId);
      }
      state.routeTables.delete(table.routeTableId);
      putTags(state, table.routeTableId, {});
      return {};
    },

    "ec2:DescribeRouteTables"(input) {
      const tables =
        input.RouteTableIds?.map((id) => existingRouteTable(state, id)) ?? state.routeTables.values();
      const filtered = applyFilters(
        tables,
        input.Filters,
        {
          "route-table-id": (table) => [table.routeTableId],
          "vpc-id": (table) => [table.vpcId],
          "association.main": (table) => [String(table.main)],
          "association.subnet-id": (table) => table.associations.map((one) => one.subnetId ?? ""),
          "association.route-table-association-id": (table) =>
            table.associations.map((one) => one.associationId),
          "route.destination-cidr-block": (table) =>
            (describeRouteTable(state, table).Routes ?? []).map((route) => route.DestinationCidrBlock ?? ""),
          "route.gateway-id": (table) =>
            (describeRouteTable(state, table).Routes ?? []).map((route) => route.GatewayId ?? ""),
          "route.nat-gateway-id": (table) =>
            (describeRouteTable(state, table).Routes ?? []).map((route) => route.NatGatewayId ?? ""),
          "route.state": (table) =>
            (describeRouteTable(state, table).Routes ?? []).map((route) => route.State ?? ""),
        },
        (table) => tagsOf(state, table.routeTableId),
      );
      return { RouteTables: filtered.map((table) => describeRouteTable(state, table)) };
    },

    "ec2:AssociateRouteTable"(input) {
      const table = existingRouteTable(state, input.RouteTableId);
      if (input.GatewayId !== undefined) {
        throw new AwsError("UnsupportedOperation", "The sandbox does not emulate gateway route tables");
      }
      const { subnetId, vpcId } = existingSubnet(state, input.SubnetId);
      if (vpcId !== table.vpcId) {
        throw invalidParameterValue(
          `Route table ${table.routeTableId} and subnet ${subnetId} belong to different networks`,
        );
      }
      if (state.routeTables.find((one) => one.associations.some((two) => two.subnetId === subnetId))) {
        throw new AwsError(
          "Resource.AlreadyAssociated",
          `the specified association for route table ${table.routeTableId} conflicts with an existing association`,
        );
      }
      return {
        AssociationId: associateSubnet(state, table, subnetId),
        AssociationState: { State: "associated" },
      };
    },

    "ec2:ReplaceRouteTableAssociation"(input) {
      const next = existingRouteTable(state, input.RouteTableId);
      const table = tableOfAssociation(state, input.AssociationId);
      const moved = table.associations.find((one) => one.associationId === input.AssociationId);
      if (next.vpcId !== table.vpcId) {
        throw invalidParameterValue(
          `Route table ${next.routeTableId} and subnet ${moved?.subnetId} belong to different networks`,
        );
      }
      const associationId = newResourceId("rtbassoc");
      state.routeTables.patch(table.routeTableId, {
        associations: withoutAssociation(table, input.AssociationId),
      });
      const target = existingRouteTable(state, next.routeTableId);
      state.routeTables.patch(target.routeTableId, {
        associations: [...target.associations, { ...moved, associationId }],
      });
      return { NewAssociationId: associationId, AssociationState: { State: "associated" } };
    },

    "ec2:DisassociateRouteTable"(input) {
      const table = tableOfAssociation(state, input.AssociationId);
      state.routeTables.patch(table.routeTableId, {
        associations: withoutAssociation(table, input.AssociationId),
      });
      return {};
    },
  };
}
