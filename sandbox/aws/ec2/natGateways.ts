/** NAT gateways. Making one always succeeds; whether it works shows later, as with AWS. */
import type {
  CreateNatGatewayCommand,
  DeleteNatGatewayCommand,
  DescribeNatGatewaysCommand,
  NatGateway,
} from "@aws-sdk/client-ec2";
import { newResourceId } from "../ids.ts";
import { AwsError, type Handlers, type OperationOf } from "../operation.ts";
import { existing, refuseUnmodelled, required } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import { addressOfInterface, associateAddress, disassociateAddress } from "./addresses.ts";
import { applyFilters } from "./filters.ts";
import { attachedGateway } from "./internetGateways.ts";
import { createNetworkInterface } from "./networkInterfaces.ts";
import { existingSubnet, type SubnetRecord } from "./subnets.ts";
import { putTags, tagList, tagsOf, tagsOnCreate } from "./tags.ts";

export interface NatGatewayRecord {
  natGatewayId: string;
  subnetId: string;
  vpcId: string;
  connectivityType: "public" | "private";
  allocationId?: string;
  state: "pending" | "failed" | "available" | "deleting" | "deleted";
  failure?: { code: string; message: string };
  /** Absent once failed or deleted. */
  networkInterfaceId?: string;
  privateIp?: string;
  publicIp?: string;
  associationId?: string;
  createdAt: string;
}

export type NatGatewayOperations = {
  "ec2:CreateNatGateway": OperationOf<CreateNatGatewayCommand>;
  "ec2:DeleteNatGateway": OperationOf<DeleteNatGatewayCommand>;
  "ec2:DescribeNatGateways": OperationOf<DescribeNatGatewaysCommand>;
};

export function existingNatGateway(state: AwsState, id: string | undefined): NatGatewayRecord {
  const natGatewayId = required(id, "natGatewayId");
  return existing(
    state.natGateways.get(natGatewayId),
    "NatGatewayNotFound",
    `The Nat Gateway ${natGatewayId} was not found`,
  );
}

function describe(state: AwsState, gateway: NatGatewayRecord): NatGateway {
  return {
    NatGatewayId: gateway.natGatewayId,
    SubnetId: gateway.subnetId,
    VpcId: gateway.vpcId,
    State: gateway.state,
    ConnectivityType: gateway.connectivityType,
    CreateTime: new Date(gateway.createdAt),
    NatGatewayAddresses: [
      {
        AllocationId: gateway.allocationId,
        NetworkInterfaceId: gateway.networkInterfaceId,
        PrivateIp: gateway.privateIp,
        PublicIp: gateway.publicIp,
        AssociationId: gateway.associationId,
        IsPrimary: true,
      },
    ],
    ...(gateway.failure !== undefined && {
      FailureCode: gateway.failure.code,
      FailureMessage: gateway.failure.message,
    }),
    Tags: tagList(state, gateway.natGatewayId),
  };
}

/**
 * Why a new public gateway will fail. Judged when it is made: what comes while it is pending does not save it. A
 * missing order between resources shows only when the gateway is made first.
 */
function failureOf(
  state: AwsState,
  vpcId: string,
  allocationId: string | undefined,
): NatGatewayRecord["failure"] {
  if (allocationId === undefined) return undefined;
  const address = state.addresses.get(allocationId);
  if (address === undefined) {
    const message = `The allocation ID '${allocationId}' does not exist`;
    return { code: "InvalidAllocationID.NotFound", message };
  }
  if (address.association !== undefined) {
    const message = `Elastic IP address ${allocationId} is already associated`;
    return { code: "Resource.AlreadyAssociated", message };
  }
  if (attachedGateway(state, vpcId) === undefined) {
    return { code: "Gateway.NotAttached", message: `Network ${vpcId} has no Internet gateway attached` };
  }
  return undefined;
}

/** Starts (or after a restart of the sandbox resumes) the transition of a pending or deleting gateway. */
export function resumeNatGateway(state: AwsState, gateway: NatGatewayRecord): void {
  const { natGatewayId } = gateway;
  if (gateway.state === "pending") {
    state.transitions.after(() => {
      const current = state.natGateways.get(natGatewayId);
      if (current?.state !== "pending") return;
      if (current.failure === undefined) state.natGateways.patch(natGatewayId, { state: "available" });
      else releaseInterface(state, current, "failed");
    });
  } else if (gateway.state === "deleting") {
    state.transitions.after(() => {
      const current = state.natGateways.get(natGatewayId);
      if (current?.state === "deleting") releaseInterface(state, current, "deleted");
    });
  }
}

function releaseInterface(state: AwsState, gateway: NatGatewayRecord, next: "failed" | "deleted"): void {
  const { networkInterfaceId, ...rest } = gateway;
  if (networkInterfaceId !== undefined) {
    const address = addressOfInterface(state, networkInterfaceId);
    if (address !== undefined) disassociateAddress(state, address);
    state.networkInterfaces.delete(networkInterfaceId);
  }
  state.natGateways.put(gateway.natGatewayId, { ...rest, state: next });
}

/** Makes a gateway in `pending`, holding an interface and, when it will work, its address. */
export function createNatGatewayRecord(
  state: AwsState,
  subnet: SubnetRecord,
  allocationId: string | undefined,
): NatGatewayRecord {
  const natGatewayId = newResourceId("nat");
  const failure = failureOf(state, subnet.vpcId, allocationId);
  const owned = createNetworkInterface(state, subnet, {
    kind: "natGateway",
    ownerResourceId: natGatewayId,
    groupIds: [],
  });
  const address = failure === undefined ? state.addresses.get(allocationId ?? "") : undefined;
  const associationId = address && associateAddress(state, address, owned);
  const gateway = state.natGateways.put(natGatewayId, {
    natGatewayId,
    subnetId: subnet.subnetId,
    vpcId: subnet.vpcId,
    connectivityType: allocationId === undefined ? "private" : "public",
    state: "pending",
    networkInterfaceId: owned.networkInterfaceId,
    privateIp: owned.privateIp,
    createdAt: state.now().toISOString(),
    ...(allocationId !== undefined && { allocationId }),
    ...(failure !== undefined && { failure }),
    ...(address !== undefined && { publicIp: address.publicIp }),
    ...(associationId !== undefined && { associationId }),
  });
  resumeNatGateway(state, gateway);
  return gateway;
}

function inZone(state: AwsState, zone: string): number {
  return state.natGateways.filter(
    (gateway) =>
      (gateway.state === "pending" || gateway.state === "available" || gateway.state === "deleting") &&
      state.subnets.get(gateway.subnetId)?.availabilityZone === zone,
  ).length;
}

export function natGatewayHandlers(state: AwsState): Handlers<NatGatewayOperations> {
  return {
    "ec2:CreateNatGateway"(input) {
      refuseUnmodelled(input, [
        "SubnetId",
        "AllocationId",
        "ConnectivityType",
        "TagSpecifications",
        "ClientToken",
      ]);
      const subnet = existingSubnet(state, input.SubnetId);
      const isPublic = input.ConnectivityType !== "private";
      if (isPublic) required(input.AllocationId, "AllocationId");
      if (!isPublic && input.AllocationId !== undefined) {
        throw new AwsError(
          "InvalidParameterCombination",
          "A private NAT gateway cannot have an allocation ID",
        );
      }
      if (inZone(state, subnet.availabilityZone) >= state.quotas.natGatewaysPerZone) {
        throw new AwsError(
          "NatGatewayLimitExceeded",
          `Performing this operation would exceed the limit of ${state.quotas.natGatewaysPerZone} NAT gateways`,
        );
      }
      const tags = tagsOnCreate(input.TagSpecifications, "natgateway");
      const gateway = createNatGatewayRecord(state, subnet, input.AllocationId);
      putTags(state, gateway.natGatewayId, tags);
      return { NatGateway: describe(state, gateway) };
    },

    "ec2:DeleteNatGateway"(input) {
      const gateway = existingNatGateway(state, input.NatGatewayId);
      const { natGatewayId } = gateway;
      if (gateway.state !== "deleted" && gateway.state !== "deleting") {
        resumeNatGateway(state, state.natGateways.patch(natGatewayId, { state: "deleting" }));
      }
      return { NatGatewayId: natGatewayId };
    },

    "ec2:DescribeNatGateways"(input) {
      const gateways =
        input.NatGatewayIds?.map((id) => existingNatGateway(state, id)) ?? state.natGateways.values();
      const filtered = applyFilters(
        gateways,
        input.Filter,
        {
          "nat-gateway-id": (gateway) => [gateway.natGatewayId],
          "vpc-id": (gateway) => [gateway.vpcId],
          "subnet-id": (gateway) => [gateway.subnetId],
          state: (gateway) => [gateway.state],
        },
        (gateway) => tagsOf(state, gateway.natGatewayId),
      );
      return { NatGateways: filtered.map((gateway) => describe(state, gateway)) };
    },
  };
}
