import type {
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  DeleteInternetGatewayCommand,
  DescribeInternetGatewaysCommand,
  DetachInternetGatewayCommand,
  InternetGateway,
} from "@aws-sdk/client-ec2";
import { newResourceId } from "../ids.ts";
import { AwsError, type Handlers, type OperationOf } from "../operation.ts";
import { dependencyViolation, existing, required } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import { applyFilters } from "./filters.ts";
import { putTags, tagList, tagsOf, tagsOnCreate } from "./tags.ts";
import { existingVpc } from "./vpcs.ts";

export interface InternetGatewayRecord {
  internetGatewayId: string;
  /** Absent: not attached. */
  vpcId?: string;
}

export type InternetGatewayOperations = {
  "ec2:CreateInternetGateway": OperationOf<CreateInternetGatewayCommand>;
  "ec2:AttachInternetGateway": OperationOf<AttachInternetGatewayCommand>;
  "ec2:DetachInternetGateway": OperationOf<DetachInternetGatewayCommand>;
  "ec2:DeleteInternetGateway": OperationOf<DeleteInternetGatewayCommand>;
  "ec2:DescribeInternetGateways": OperationOf<DescribeInternetGatewaysCommand>;
};

/** The gateway that is attached to a VPC, if any. */
export function attachedGateway(state: AwsState, vpcId: string): InternetGatewayRecord | undefined {
  return state.internetGateways.find((gateway) => gateway.vpcId === vpcId);
}

function existingGateway(state: AwsState, id: string | undefined): InternetGatewayRecord {
  const gatewayId = required(id, "internetGatewayId");
  return existing(
    state.internetGateways.get(gatewayId),
    "InvalidInternetGatewayID.NotFound",
    `The internetGateway ID '${gatewayId}' does not exist`,
  );
}

function describe(state: AwsState, gateway: InternetGatewayRecord): InternetGateway {
  return {
    InternetGatewayId: gateway.internetGatewayId,
    OwnerId: state.accountId,
    Attachments: gateway.vpcId === undefined ? [] : [{ VpcId: gateway.vpcId, State: "attached" }],
    Tags: tagList(state, gateway.internetGatewayId),
  };
}

export function internetGatewayHandlers(state: AwsState): Handlers<InternetGatewayOperations> {
  return {
    "ec2:CreateInternetGateway"(input) {
      const tags = tagsOnCreate(input.TagSpecifications, "internet-gateway");
      const internetGatewayId = newResourceId("igw");
      const gateway = state.internetGateways.put(internetGatewayId, { internetGatewayId });
      putTags(state, internetGatewayId, tags);
      return { InternetGateway: describe(state, gateway) };
    },

    "ec2:AttachInternetGateway"(input) {
      const gateway = existingGateway(state, input.InternetGatewayId);
      const { vpcId } = existingVpc(state, input.VpcId);
      const id = gateway.internetGatewayId;
      if (gateway.vpcId !== undefined) {
        const message = `resource ${id} is already attached to network ${gateway.vpcId}`;
        throw new AwsError("Resource.AlreadyAssociated", message);
      }
      if (attachedGateway(state, vpcId) !== undefined) {
        throw new AwsError(
          "InvalidParameterValue",
          `Network ${vpcId} already has an internet gateway attached`,
        );
      }
      state.internetGateways.put(id, { internetGatewayId: id, vpcId });
      return {};
    },

    "ec2:DetachInternetGateway"(input) {
      const { internetGatewayId, vpcId } = existingGateway(state, input.InternetGatewayId);
      if (vpcId === undefined || vpcId !== input.VpcId) {
        const message = `resource ${internetGatewayId} is not attached to network ${input.VpcId}`;
        throw new AwsError("Gateway.NotAttached", message);
      }
      if (state.networkInterfaces.find((one) => one.vpcId === vpcId && one.publicIp !== undefined)) {
        throw new AwsError(
          "DependencyViolation",
          `Network ${vpcId} has some mapped public address(es). ` +
            "Please unmap those public address(es) before detaching the gateway.",
        );
      }
      state.internetGateways.put(internetGatewayId, { internetGatewayId });
      return {};
    },

    "ec2:DeleteInternetGateway"(input) {
      const { internetGatewayId, vpcId } = existingGateway(state, input.InternetGatewayId);
      if (vpcId !== undefined) throw dependencyViolation("internetGateway", internetGatewayId);
      state.internetGateways.delete(internetGatewayId);
      putTags(state, internetGatewayId, {});
      return {};
    },

    "ec2:DescribeInternetGateways"(input) {
      const gateways =
        input.InternetGatewayIds?.map((id) => existingGateway(state, id)) ?? state.internetGateways.values();
      const filtered = applyFilters(
        gateways,
        input.Filters,
        {
          "internet-gateway-id": (gateway) => [gateway.internetGatewayId],
          "attachment.vpc-id": (gateway) => (gateway.vpcId === undefined ? [] : [gateway.vpcId]),
        },
        (gateway) => tagsOf(state, gateway.internetGatewayId),
      );
      return { InternetGateways: filtered.map((gateway) => describe(state, gateway)) };
    },
  };
}
