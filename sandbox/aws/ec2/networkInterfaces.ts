/** Network interfaces: what holds a subnet, a security group and a private address. */
import type { DescribeNetworkInterfacesCommand } from "@aws-sdk/client-ec2";
import { addressToNumber, numberToAddress, parseCidr } from "../cidr.ts";
import { newResourceId } from "../ids.ts";
import { AwsError, type Handlers, type OperationOf } from "../operation.ts";
import { existing, invalidParameterValue } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import { applyFilters } from "./filters.ts";
import type { SubnetRecord } from "./subnets.ts";
import { tagList, tagsOf } from "./tags.ts";

export interface NetworkInterfaceRecord {
  networkInterfaceId: string;
  kind: "interface" | "natGateway" | "vpc_endpoint";
  /** Id of the instance, NAT gateway or endpoint that the interface belongs to. */
  ownerResourceId: string;
  subnetId: string;
  vpcId: string;
  privateIp: string;
  groupIds: string[];
  /** Address that AWS assigned for the lifetime of the interface, or that of an Elastic IP. */
  publicIp?: string;
}

export type NetworkInterfaceOperations = {
  "ec2:DescribeNetworkInterfaces": OperationOf<DescribeNetworkInterfacesCommand>;
};

/** AWS keeps the first four addresses of a subnet and the last one. */
const RESERVED_FIRST = 4;

function addressRange(subnet: SubnetRecord): { first: number; last: number } {
  const block = existing(parseCidr(subnet.cidrBlock), "InternalError", `bad CIDR of ${subnet.subnetId}`);
  return { first: block.first + RESERVED_FIRST, last: block.last - 1 };
}

function usedAddresses(state: AwsState, subnetId: string): Set<string> {
  return new Set(
    state.networkInterfaces.filter((one) => one.subnetId === subnetId).map((one) => one.privateIp),
  );
}

export function freeAddressCount(state: AwsState, subnet: SubnetRecord): number {
  const { first, last } = addressRange(subnet);
  return last - first + 1 - usedAddresses(state, subnet.subnetId).size;
}

function allocateAddress(state: AwsState, subnet: SubnetRecord, wanted: string | undefined): string {
  const { first, last } = addressRange(subnet);
  const used = usedAddresses(state, subnet.subnetId);
  if (wanted !== undefined) {
    const number = addressToNumber(wanted);
    if (!(number >= first && number <= last)) {
      throw invalidParameterValue(`Address ${wanted} does not fall within the subnet's address range`);
    }
    if (used.has(wanted)) throw new AwsError("InvalidIPAddress.InUse", `Address ${wanted} is in use.`);
    return wanted;
  }
  for (let number = first; number <= last; number++) {
    const address = numberToAddress(number);
    if (!used.has(address)) return address;
  }
  throw new AwsError(
    "InsufficientFreeAddressesInSubnet",
    `The specified subnet does not have enough free addresses to satisfy the request: ${subnet.subnetId}`,
  );
}

export function createNetworkInterface(
  state: AwsState,
  subnet: SubnetRecord,
  facts: Pick<NetworkInterfaceRecord, "kind" | "ownerResourceId" | "groupIds"> & {
    privateIp?: string | undefined;
    publicIp?: string | undefined;
  },
): NetworkInterfaceRecord {
  const networkInterfaceId = newResourceId("eni");
  return state.networkInterfaces.put(networkInterfaceId, {
    networkInterfaceId,
    kind: facts.kind,
    ownerResourceId: facts.ownerResourceId,
    subnetId: subnet.subnetId,
    vpcId: subnet.vpcId,
    privateIp: allocateAddress(state, subnet, facts.privateIp),
    groupIds: facts.groupIds,
    ...(facts.publicIp !== undefined && { publicIp: facts.publicIp }),
  });
}

export function networkInterfaceHandlers(state: AwsState): Handlers<NetworkInterfaceOperations> {
  return {
    "ec2:DescribeNetworkInterfaces"(input) {
      const interfaces =
        input.NetworkInterfaceIds?.map((id) =>
          existing(
            state.networkInterfaces.get(id),
            "InvalidNetworkInterfaceID.NotFound",
            `The networkInterface ID '${id}' does not exist`,
          ),
        ) ?? state.networkInterfaces.values();
      const filtered = applyFilters(
        interfaces,
        input.Filters,
        {
          "subnet-id": (one) => [one.subnetId],
          "vpc-id": (one) => [one.vpcId],
          "group-id": (one) => one.groupIds,
          "attachment.instance-id": (one) => [one.ownerResourceId],
        },
        (one) => tagsOf(state, one.networkInterfaceId),
      );
      return {
        NetworkInterfaces: filtered.map((one) => ({
          NetworkInterfaceId: one.networkInterfaceId,
          InterfaceType: one.kind,
          SubnetId: one.subnetId,
          VpcId: one.vpcId,
          PrivateIpAddress: one.privateIp,
          Groups: one.groupIds.map((GroupId) => ({ GroupId })),
          OwnerId: state.accountId,
          Status: "in-use",
          TagSet: tagList(state, one.networkInterfaceId),
          ...(one.publicIp !== undefined && { Association: { PublicIp: one.publicIp } }),
        })),
      };
    },
  };
}
