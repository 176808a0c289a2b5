import type {
  CreateSubnetCommand,
  DeleteSubnetCommand,
  DescribeSubnetsCommand,
  ModifySubnetAttributeCommand,
  Subnet,
} from "@aws-sdk/client-ec2";
import { contains, formatCidr, overlaps, parseCidr } from "../cidr.ts";
import { newResourceId } from "../ids.ts";
import { AwsError, type Handlers, type OperationOf } from "../operation.ts";
import { dependencyViolation, existing, refuseUnmodelled, required } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import { resolveZone } from "./availabilityZones.ts";
import { applyFilters } from "./filters.ts";
import { freeAddressCount } from "./networkInterfaces.ts";
import { putTags, tagList, tagsOf, tagsOnCreate } from "./tags.ts";
import { existingVpc, type VpcRecord } from "./vpcs.ts";

export interface SubnetRecord {
  subnetId: string;
  vpcId: string;
  cidrBlock: string;
  availabilityZone: string;
  availabilityZoneId: string;
  mapPublicIpOnLaunch: boolean;
  enableDns64: boolean;
  enableResourceNameDnsARecord: boolean;
  enableResourceNameDnsAaaaRecord: boolean;
  privateDnsHostnameType: "ip-name" | "resource-name";
}

export type SubnetOperations = {
  "ec2:CreateSubnet": OperationOf<CreateSubnetCommand>;
  "ec2:DeleteSubnet": OperationOf<DeleteSubnetCommand>;
  "ec2:DescribeSubnets": OperationOf<DescribeSubnetsCommand>;
  "ec2:ModifySubnetAttribute": OperationOf<ModifySubnetAttributeCommand>;
};

export function existingSubnet(state: AwsState, id: string | undefined): SubnetRecord {
  const subnetId = required(id, "subnetId");
  return existing(
    state.subnets.get(subnetId),
    "InvalidSubnetID.NotFound",
    `The subnet ID '${subnetId}' does not exist`,
  );
}

export function subnetArn(state: AwsState, subnetId: string): string {
  return `arn:aws:ec2:${state.region}:${state.accountId}:subnet/${subnetId}`;
}

function describe(state: AwsState, subnet: SubnetRecord): Subnet {
  return {
    SubnetId: subnet.subnetId,
    SubnetArn: subnetArn(state, subnet.subnetId),
    VpcId: subnet.vpcId,
    CidrBlock: subnet.cidrBlock,
    AvailabilityZone: subnet.availabilityZone,
    AvailabilityZoneId: subnet.availabilityZoneId,
    AvailableIpAddressCount: freeAddressCount(state, subnet),
    MapPublicIpOnLaunch: subnet.mapPublicIpOnLaunch,
    AssignIpv6AddressOnCreation: false,
    Ipv6Native: false,
    EnableDns64: subnet.enableDns64,
    DefaultForAz: false,
    State: "available",
    OwnerId: state.accountId,
    PrivateDnsNameOptionsOnLaunch: {
      HostnameType: subnet.privateDnsHostnameType,
      EnableResourceNameDnsARecord: subnet.enableResourceNameDnsARecord,
      EnableResourceNameDnsAAAARecord: subnet.enableResourceNameDnsAaaaRecord,
    },
    Tags: tagList(state, subnet.subnetId),
  };
}

/** The block of a new subnet, or AWS's refusal. */
function checkedBlock(state: AwsState, vpc: VpcRecord, cidr: string): string {
  const block = parseCidr(cidr);
  const vpcBlock = parseCidr(vpc.cidrBlock);
  if (block === undefined || vpcBlock === undefined || !contains(vpcBlock, block)) {
    throw new AwsError("InvalidSubnet.Range", `The CIDR '${cidr}' is invalid.`);
  }
  if (block.prefixLength < 16 || block.prefixLength > 28) {
    throw new AwsError("InvalidSubnet.Range", `The CIDR '${cidr}' is invalid.`);
  }
  const clash = state.subnets.find((subnet) => {
    const other = parseCidr(subnet.cidrBlock);
    return subnet.vpcId === vpc.vpcId && other !== undefined && overlaps(other, block);
  });
  if (clash !== undefined) {
    throw new AwsError("InvalidSubnet.Conflict", `The CIDR '${cidr}' conflicts with another subnet`);
  }
  return formatCidr(block);
}

export function createSubnetRecord(
  state: AwsState,
  vpc: VpcRecord,
  subnetId: string,
  cidr: string,
  zone: { name?: string | undefined; id?: string | undefined },
): SubnetRecord {
  const { name, id } = resolveZone(state.region, zone.name, zone.id);
  return state.subnets.put(subnetId, {
    subnetId,
    vpcId: vpc.vpcId,
    cidrBlock: checkedBlock(state, vpc, cidr),
    availabilityZone: name,
    availabilityZoneId: id,
    mapPublicIpOnLaunch: false,
    enableDns64: false,
    enableResourceNameDnsARecord: false,
    enableResourceNameDnsAaaaRecord: false,
    privateDnsHostnameType: "ip-name",
  });
}

export function subnetHandlers(state: AwsState): Handlers<SubnetOperations> {
  return {
    "ec2:CreateSubnet"(input) {
      refuseUnmodelled(input, [
        "VpcId",
        "CidrBlock",
        "AvailabilityZone",
        "AvailabilityZoneId",
        "TagSpecifications",
      ]);
      const vpc = existingVpc(state, input.VpcId);
      const cidr = required(input.CidrBlock, "cidrBlock");
      const tags = tagsOnCreate(input.TagSpecifications, "subnet");
      const zone = { name: input.AvailabilityZone, id: input.AvailabilityZoneId };
      const subnet = createSubnetRecord(state, vpc, newResourceId("subnet"), cidr, zone);
      putTags(state, subnet.subnetId, tags);
      return { Subnet: describe(state, subnet) };
    },

    "ec2:DeleteSubnet"(input) {
      const { subnetId } = existingSubnet(state, input.SubnetId);
      if (state.networkInterfaces.find((one) => one.subnetId === subnetId) !== undefined) {
        throw dependencyViolation("subnet", subnetId);
      }
      for (const table of state.routeTables.values()) {
        const associations = table.associations.filter((one) => one.subnetId !== subnetId);
        if (associations.length < table.associations.length) {
          state.routeTables.patch(table.routeTableId, { associations });
        }
      }
      state.subnets.delete(subnetId);
      putTags(state, subnetId, {});
      return {};
    },

    "ec2:DescribeSubnets"(input) {
      const subnets = input.SubnetIds?.map((id) => existingSubnet(state, id)) ?? state.subnets.values();
      const filtered = applyFilters(
        subnets,
        input.Filters,
        {
          "subnet-id": (subnet) => [subnet.subnetId],
          "vpc-id": (subnet) => [subnet.vpcId],
          "cidr-block": (subnet) => [subnet.cidrBlock],
          "availability-zone": (subnet) => [subnet.availabilityZone],
          state: () => ["available"],
        },
        (subnet) => tagsOf(state, subnet.subnetId),
      );
      return { Subnets: filtered.map((subnet) => describe(state, subnet)) };
    },

    "ec2:ModifySubnetAttribute"(input) {
      const { subnetId } = existingSubnet(state, input.SubnetId);
      refuseUnmodelled(input, [
        "SubnetId",
        "MapPublicIpOnLaunch",
        "EnableDns64",
        "EnableResourceNameDnsARecordOnLaunch",
        "EnableResourceNameDnsAAAARecordOnLaunch",
        "PrivateDnsHostnameTypeOnLaunch",
      ]);
      if (Object.values(input).filter((value) => value !== undefined).length !== 2) {
        throw new AwsError("InvalidParameterCombination", "Exactly one attribute may be modified at a time");
      }
      const publicIp = input.MapPublicIpOnLaunch?.Value;
      const dns64 = input.EnableDns64?.Value;
      const aRecord = input.EnableResourceNameDnsARecordOnLaunch?.Value;
      const aaaaRecord = input.EnableResourceNameDnsAAAARecordOnLaunch?.Value;
      const hostnameType = input.PrivateDnsHostnameTypeOnLaunch;
      state.subnets.patch(subnetId, {
        ...(publicIp !== undefined && { mapPublicIpOnLaunch: publicIp }),
        ...(dns64 !== undefined && { enableDns64: dns64 }),
        ...(aRecord !== undefined && { enableResourceNameDnsARecord: aRecord }),
        ...(aaaaRecord !== undefined && { enableResourceNameDnsAaaaRecord: aaaaRecord }),
        ...(hostnameType !== undefined && { privateDnsHostnameType: hostnameType }),
      });
      return {};
    },
  };
}
