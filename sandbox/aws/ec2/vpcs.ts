import type {
  CreateVpcCommand,
  DeleteVpcCommand,
  DescribeNetworkAclsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcsCommand,
  ModifyVpcAttributeCommand,
  Vpc,
} from "@aws-sdk/client-ec2";
import { formatCidr, parseCidr } from "../cidr.ts";
import { newResourceId } from "../ids.ts";
import { AwsError, type Handlers, type OperationOf } from "../operation.ts";
import { dependencyViolation, existing, refuseUnmodelled, required } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import { applyFilters } from "./filters.ts";
import { createMainRouteTable } from "./routeTableRecord.ts";
import { createDefaultSecurityGroup, deleteSecurityGroupRecord } from "./securityGroups.ts";
import { putTags, tagList, tagsOf, tagsOnCreate } from "./tags.ts";

export interface VpcRecord {
  vpcId: string;
  cidrBlock: string;
  instanceTenancy: "default" | "dedicated";
  dhcpOptionsId: string;
  /** The default network ACL, which AWS makes and removes with the VPC. */
  networkAclId: string;
  enableDnsSupport: boolean;
  enableDnsHostnames: boolean;
  enableNetworkAddressUsageMetrics: boolean;
}

export type VpcOperations = {
  "ec2:CreateVpc": OperationOf<CreateVpcCommand>;
  "ec2:DeleteVpc": OperationOf<DeleteVpcCommand>;
  "ec2:DescribeVpcs": OperationOf<DescribeVpcsCommand>;
  "ec2:ModifyVpcAttribute": OperationOf<ModifyVpcAttributeCommand>;
  "ec2:DescribeVpcAttribute": OperationOf<DescribeVpcAttributeCommand>;
  "ec2:DescribeNetworkAcls": OperationOf<DescribeNetworkAclsCommand>;
};

export function existingVpc(state: AwsState, id: string | undefined): VpcRecord {
  const vpcId = required(id, "vpcId");
  return existing(state.vpcs.get(vpcId), "InvalidVpcID.NotFound", `The vpc ID '${vpcId}' does not exist`);
}

function describe(state: AwsState, vpc: VpcRecord): Vpc {
  return {
    VpcId: vpc.vpcId,
    State: "available",
    CidrBlock: vpc.cidrBlock,
    DhcpOptionsId: vpc.dhcpOptionsId,
    InstanceTenancy: vpc.instanceTenancy,
    OwnerId: state.accountId,
    IsDefault: false,
    Tags: tagList(state, vpc.vpcId),
  };
}

/** What AWS will not remove together with the VPC. */
function hasDependents(state: AwsState, vpcId: string): boolean {
  const inVpc = (record: { vpcId?: string }) => record.vpcId === vpcId;
  return (
    state.subnets.find(inVpc) !== undefined ||
    state.internetGateways.find(inVpc) !== undefined ||
    state.vpcEndpoints.find(inVpc) !== undefined ||
    state.networkInterfaces.find(inVpc) !== undefined ||
    state.routeTables.find((table) => inVpc(table) && !table.main) !== undefined ||
    state.securityGroups.find((group) => inVpc(group) && group.groupName !== "default") !== undefined
  );
}

/** Makes a VPC with what AWS puts into each: main route table, default security group, network ACL. */
export function createVpcRecord(
  state: AwsState,
  vpcId: string,
  cidrBlock: string,
  tenancy: VpcRecord["instanceTenancy"] = "default",
): VpcRecord {
  const vpc = state.vpcs.put(vpcId, {
    vpcId,
    cidrBlock,
    instanceTenancy: tenancy,
    dhcpOptionsId: newResourceId("dopt"),
    networkAclId: newResourceId("acl"),
    enableDnsSupport: true,
    enableDnsHostnames: false,
    enableNetworkAddressUsageMetrics: false,
  });
  createMainRouteTable(state, vpc);
  createDefaultSecurityGroup(state, vpc.vpcId);
  return vpc;
}

export function vpcHandlers(state: AwsState): Handlers<VpcOperations> {
  return {
    "ec2:CreateVpc"(input) {
      refuseUnmodelled(input, ["CidrBlock", "InstanceTenancy", "TagSpecifications"]);
      const cidr = required(input.CidrBlock, "cidrBlock");
      const block = parseCidr(cidr);
      if (block === undefined || block.prefixLength < 16 || block.prefixLength > 28) {
        throw new AwsError("InvalidVpc.Range", `The CIDR '${cidr}' is invalid.`);
      }
      if (state.vpcs.size >= state.quotas.vpcs) {
        throw new AwsError("VpcLimitExceeded", "The maximum number of VPCs has been reached.");
      }
      const tags = tagsOnCreate(input.TagSpecifications, "vpc");
      const tenancy = input.InstanceTenancy === "dedicated" ? "dedicated" : "default";
      const vpc = createVpcRecord(state, newResourceId("vpc"), formatCidr(block), tenancy);
      putTags(state, vpc.vpcId, tags);
      return { Vpc: describe(state, vpc) };
    },

    "ec2:DeleteVpc"(input) {
      const { vpcId } = existingVpc(state, input.VpcId);
      if (hasDependents(state, vpcId)) throw dependencyViolation("vpc", vpcId);
      for (const table of state.routeTables.filter((one) => one.vpcId === vpcId)) {
        state.routeTables.delete(table.routeTableId);
      }
      for (const group of state.securityGroups.filter((one) => one.vpcId === vpcId)) {
        deleteSecurityGroupRecord(state, group.groupId);
      }
      state.vpcs.delete(vpcId);
      putTags(state, vpcId, {});
      return {};
    },

    "ec2:DescribeVpcs"(input) {
      const vpcs = input.VpcIds?.map((id) => existingVpc(state, id)) ?? state.vpcs.values();
      const filtered = applyFilters(
        vpcs,
        input.Filters,
        {
          "vpc-id": (vpc) => [vpc.vpcId],
          cidr: (vpc) => [vpc.cidrBlock],
          "is-default": () => ["false"],
          state: () => ["available"],
        },
        (vpc) => tagsOf(state, vpc.vpcId),
      );
      return { Vpcs: filtered.map((vpc) => describe(state, vpc)) };
    },

    "ec2:ModifyVpcAttribute"(input) {
      const { vpcId } = existingVpc(state, input.VpcId);
      const dnsSupport = input.EnableDnsSupport?.Value;
      const dnsHostnames = input.EnableDnsHostnames?.Value;
      const metrics = input.EnableNetworkAddressUsageMetrics?.Value;
      if ([dnsSupport, dnsHostnames, metrics].filter((value) => value !== undefined).length !== 1) {
        throw new AwsError("InvalidParameterCombination", "Exactly one attribute may be modified at a time");
      }
      state.vpcs.patch(vpcId, {
        ...(dnsSupport !== undefined && { enableDnsSupport: dnsSupport }),
        ...(dnsHostnames !== undefined && { enableDnsHostnames: dnsHostnames }),
        ...(metrics !== undefined && { enableNetworkAddressUsageMetrics: metrics }),
      });
      return {};
    },

    "ec2:DescribeVpcAttribute"(input) {
      const vpc = existingVpc(state, input.VpcId);
      switch (input.Attribute) {
        case "enableDnsSupport":
          return { VpcId: vpc.vpcId, EnableDnsSupport: { Value: vpc.enableDnsSupport } };
        case "enableDnsHostnames":
          return { VpcId: vpc.vpcId, EnableDnsHostnames: { Value: vpc.enableDnsHostnames } };
        default:
          return {
            VpcId: vpc.vpcId,
            EnableNetworkAddressUsageMetrics: { Value: vpc.enableNetworkAddressUsageMetrics },
          };
      }
    },

    /** Only the default ACLs: no others can be made here. */
    "ec2:DescribeNetworkAcls"(input) {
      const vpcs = applyFilters(
        state.vpcs.values(),
        input.Filters,
        { "vpc-id": (vpc) => [vpc.vpcId], default: () => ["true"] },
        () => ({}),
      );
      return {
        NetworkAcls: vpcs.map((vpc) => ({
          NetworkAclId: vpc.networkAclId,
          VpcId: vpc.vpcId,
          IsDefault: true,
          OwnerId: state.accountId,
        })),
      };
    },
  };
}
