/** Elastic IP addresses. */
import type {
  Address,
  AllocateAddressCommand,
  AssociateAddressCommand,
  DescribeAddressesCommand,
  DisassociateAddressCommand,
  ReleaseAddressCommand,
} from "@aws-sdk/client-ec2";
import { addressToNumber, numberToAddress } from "../cidr.ts";
import { newResourceId } from "../ids.ts";
import { AwsError, type Handlers, type OperationOf } from "../operation.ts";
import { existing, refuseUnmodelled, required } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import { applyFilters } from "./filters.ts";
import { existingInstance } from "./instanceRecord.ts";
import { attachedGateway } from "./internetGateways.ts";
import type { NetworkInterfaceRecord } from "./networkInterfaces.ts";
import { putTags, tagList, tagsOf, tagsOnCreate } from "./tags.ts";

export interface AddressRecord {
  allocationId: string;
  publicIp: string;
  association?: { associationId: string; networkInterfaceId: string; privateIp: string };
}

export type AddressOperations = {
  "ec2:AllocateAddress": OperationOf<AllocateAddressCommand>;
  "ec2:ReleaseAddress": OperationOf<ReleaseAddressCommand>;
  "ec2:AssociateAddress": OperationOf<AssociateAddressCommand>;
  "ec2:DisassociateAddress": OperationOf<DisassociateAddressCommand>;
  "ec2:DescribeAddresses": OperationOf<DescribeAddressesCommand>;
};

/** Public addresses come from the block for benchmarks (198.18.0.0/15), which nobody has on the Internet. */
const POOL_START = addressToNumber("198.18.0.1");

/** A public address that neither an Elastic IP nor a network interface has. */
export function freePublicIp(state: AwsState): string {
  const used = new Set([
    ...state.addresses.values().map((address) => address.publicIp),
    ...state.networkInterfaces.values().map((one) => one.publicIp),
  ]);
  let number = POOL_START;
  while (used.has(numberToAddress(number))) number++;
  return numberToAddress(number);
}

export function existingAddress(state: AwsState, id: string | undefined): AddressRecord {
  const allocationId = required(id, "AllocationId");
  return existing(
    state.addresses.get(allocationId),
    "InvalidAllocationID.NotFound",
    `The allocation ID '${allocationId}' does not exist`,
  );
}

/** Maps the address to an interface. The caller has checked that it is free. */
export function associateAddress(
  state: AwsState,
  address: AddressRecord,
  target: NetworkInterfaceRecord,
): string {
  const associationId = newResourceId("eipassoc");
  state.addresses.put(address.allocationId, {
    ...address,
    association: {
      associationId,
      networkInterfaceId: target.networkInterfaceId,
      privateIp: target.privateIp,
    },
  });
  state.networkInterfaces.patch(target.networkInterfaceId, { publicIp: address.publicIp });
  return associationId;
}

/** Undoes the association, whoever made it. */
export function disassociateAddress(state: AwsState, { association, ...address }: AddressRecord): void {
  state.addresses.put(address.allocationId, address);
  const target = association && state.networkInterfaces.get(association.networkInterfaceId);
  if (target === undefined) return;
  const { publicIp: _, ...rest } = target;
  state.networkInterfaces.put(target.networkInterfaceId, rest);
}

/** The address that is mapped to an interface, if any. */
export function addressOfInterface(state: AwsState, networkInterfaceId: string): AddressRecord | undefined {
  return state.addresses.find((one) => one.association?.networkInterfaceId === networkInterfaceId);
}

function describe(state: AwsState, address: AddressRecord): Address {
  const { association } = address;
  const owner = association && state.networkInterfaces.get(association.networkInterfaceId);
  return {
    AllocationId: address.allocationId,
    PublicIp: address.publicIp,
    Domain: "vpc",
    NetworkBorderGroup: state.region,
    PublicIpv4Pool: "amazon",
    Tags: tagList(state, address.allocationId),
    ...(association !== undefined && {
      AssociationId: association.associationId,
      NetworkInterfaceId: association.networkInterfaceId,
      NetworkInterfaceOwnerId: state.accountId,
      PrivateIpAddress: association.privateIp,
    }),
    ...(owner?.kind === "interface" && { InstanceId: owner.ownerResourceId }),
  };
}

/** The interface that a call wants to associate, or AWS's refusal. */
function targetInterface(
  state: AwsState,
  instanceId: string | undefined,
  networkInterfaceId: string | undefined,
): NetworkInterfaceRecord {
  if (instanceId !== undefined) {
    const instance = existingInstance(state, instanceId);
    if (instance.state !== "running" && instance.state !== "stopped") {
      const message = `The ${instance.state} instance '${instanceId}' is not in a valid state for this operation.`;
      throw new AwsError("InvalidInstanceID", message);
    }
    return existing(
      state.networkInterfaces.get(instance.networkInterfaceId),
      "InternalError",
      `${instanceId} has no network interface`,
    );
  }
  const id = required(networkInterfaceId, "InstanceId");
  const message = `The networkInterface ID '${id}' does not exist`;
  return existing(state.networkInterfaces.get(id), "InvalidNetworkInterfaceID.NotFound", message);
}

export function addressHandlers(state: AwsState): Handlers<AddressOperations> {
  return {
    "ec2:AllocateAddress"(input) {
      refuseUnmodelled(input, ["Domain", "TagSpecifications"]);
      if (state.addresses.size >= state.quotas.addresses) {
        throw new AwsError("AddressLimitExceeded", "The maximum number of addresses has been reached.");
      }
      const tags = tagsOnCreate(input.TagSpecifications, "elastic-ip");
      const allocationId = newResourceId("eipalloc");
      const { publicIp } = state.addresses.put(allocationId, { allocationId, publicIp: freePublicIp(state) });
      putTags(state, allocationId, tags);
      return {
        AllocationId: allocationId,
        PublicIp: publicIp,
        Domain: "vpc",
        PublicIpv4Pool: "amazon",
        NetworkBorderGroup: state.region,
      };
    },

    "ec2:ReleaseAddress"(input) {
      const { allocationId, publicIp, association } = existingAddress(state, input.AllocationId);
      if (association !== undefined) {
        throw new AwsError("InvalidIPAddress.InUse", `Address ${publicIp} is in use.`);
      }
      state.addresses.delete(allocationId);
      putTags(state, allocationId, {});
      return {};
    },

    "ec2:AssociateAddress"(input) {
      const address = existingAddress(state, input.AllocationId);
      const target = targetInterface(state, input.InstanceId, input.NetworkInterfaceId);
      if (attachedGateway(state, target.vpcId) === undefined) {
        throw new AwsError(
          "Gateway.NotAttached",
          `Network ${target.vpcId} is not attached to any internet gateway`,
        );
      }
      if (address.association !== undefined) {
        const { associationId } = address.association;
        if (input.AllowReassociation === false) {
          throw new AwsError(
            "Resource.AlreadyAssociated",
            `resource ${address.allocationId} is already associated with associate-id ${associationId}`,
          );
        }
        refuseForeign(state, address);
        disassociateAddress(state, address);
      }
      const { association: _, ...free } = address;
      return { AssociationId: associateAddress(state, free, target) };
    },

    "ec2:DisassociateAddress"(input) {
      const associationId = required(input.AssociationId, "AssociationId");
      const address = existing(
        state.addresses.find((one) => one.association?.associationId === associationId),
        "InvalidAssociationID.NotFound",
        `The association ID '${associationId}' does not exist`,
      );
      refuseForeign(state, address);
      disassociateAddress(state, address);
      return {};
    },

    "ec2:DescribeAddresses"(input) {
      const addresses =
        input.AllocationIds?.map((id) => existingAddress(state, id)) ?? state.addresses.values();
      const filtered = applyFilters(
        addresses,
        input.Filters,
        {
          "allocation-id": (address) => [address.allocationId],
          "public-ip": (address) => [address.publicIp],
          domain: () => ["vpc"],
        },
        (address) => tagsOf(state, address.allocationId),
      );
      return { Addresses: filtered.map((address) => describe(state, address)) };
    },
  };
}

/** An address that a NAT gateway holds is not the customer's to unmap. */
function refuseForeign(state: AwsState, address: AddressRecord): void {
  const owner = state.networkInterfaces.get(address.association?.networkInterfaceId ?? "");
  if (owner?.kind === "natGateway") {
    throw new AwsError("AuthFailure", "You do not have permission to access the specified resource.");
  }
}
