import type {
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  IpPermission,
  SecurityGroup,
} from "@aws-sdk/client-ec2";
import { newResourceId } from "../ids.ts";
import { AwsError, type Handlers, type OperationOf } from "../operation.ts";
import { pageOf } from "../page.ts";
import { existing, invalidParameterValue, required } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import { applyFilters } from "./filters.ts";
import { putRule, type SecurityGroupRuleRecord } from "./securityGroupRuleRecord.ts";
import { putTags, tagList, tagsOf, tagsOnCreate } from "./tags.ts";
import { existingVpc } from "./vpcs.ts";

export interface SecurityGroupRecord {
  groupId: string;
  groupName: string;
  description: string;
  vpcId: string;
}

export type SecurityGroupOperations = {
  "ec2:CreateSecurityGroup": OperationOf<CreateSecurityGroupCommand>;
  "ec2:DeleteSecurityGroup": OperationOf<DeleteSecurityGroupCommand>;
  "ec2:DescribeSecurityGroups": OperationOf<DescribeSecurityGroupsCommand>;
};

const ALLOWED_TEXT = /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]*$/;
const ALLOWED_MESSAGE = "Valid values are strings less than 256 characters from the following set: ";

export function existingSecurityGroup(state: AwsState, id: string | undefined): SecurityGroupRecord {
  const groupId = required(id, "groupId");
  return existing(
    state.securityGroups.get(groupId),
    "InvalidGroup.NotFound",
    `The security group '${groupId}' does not exist`,
  );
}

/** A new group may send anything anywhere until somebody revokes that. */
function allowAllEgress(state: AwsState, groupId: string): void {
  putRule(state, { groupId, isEgress: true, ipProtocol: "-1", source: { cidrIpv4: "0.0.0.0/0" } });
}

export function createDefaultSecurityGroup(state: AwsState, vpcId: string): void {
  const groupId = newResourceId("sg");
  const description = "default VPC security group";
  state.securityGroups.put(groupId, { groupId, groupName: "default", description, vpcId });
  putRule(state, { groupId, isEgress: false, ipProtocol: "-1", source: { referencedGroupId: groupId } });
  allowAllEgress(state, groupId);
}

export function deleteSecurityGroupRecord(state: AwsState, groupId: string): void {
  for (const rule of state.securityGroupRules.filter((one) => one.groupId === groupId)) {
    state.securityGroupRules.delete(rule.ruleId);
    putTags(state, rule.ruleId, {});
  }
  state.securityGroups.delete(groupId);
  putTags(state, groupId, {});
}

function permission(rule: SecurityGroupRuleRecord): IpPermission {
  const { cidrIpv4, cidrIpv6, prefixListId, referencedGroupId } = rule.source;
  const described = rule.description === undefined ? {} : { Description: rule.description };
  return {
    IpProtocol: rule.ipProtocol,
    ...(rule.fromPort !== undefined && { FromPort: rule.fromPort }),
    ...(rule.toPort !== undefined && { ToPort: rule.toPort }),
    IpRanges: cidrIpv4 === undefined ? [] : [{ CidrIp: cidrIpv4, ...described }],
    Ipv6Ranges: cidrIpv6 === undefined ? [] : [{ CidrIpv6: cidrIpv6, ...described }],
    PrefixListIds: prefixListId === undefined ? [] : [{ PrefixListId: prefixListId, ...described }],
    UserIdGroupPairs: referencedGroupId === undefined ? [] : [{ GroupId: referencedGroupId, ...described }],
  };
}

function describe(state: AwsState, group: SecurityGroupRecord): SecurityGroup {
  const rules = state.securityGroupRules.filter((rule) => rule.groupId === group.groupId);
  return {
    GroupId: group.groupId,
    GroupName: group.groupName,
    Description: group.description,
    VpcId: group.vpcId,
    OwnerId: state.accountId,
    SecurityGroupArn: `arn:aws:ec2:${state.region}:${state.accountId}:security-group/${group.groupId}`,
    IpPermissions: rules.filter((rule) => !rule.isEgress).map(permission),
    IpPermissionsEgress: rules.filter((rule) => rule.isEgress).map(permission),
    Tags: tagList(state, group.groupId),
  };
}

function checkText(parameter: string, text: string): void {
  if (text.length > 255 || !ALLOWED_TEXT.test(text)) {
    throw invalidParameterValue(
      `Value (${text}) for parameter ${parameter} is invalid. ` +
        `${ALLOWED_MESSAGE}a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&;{}!$*`,
    );
  }
}

export function securityGroupHandlers(state: AwsState): Handlers<SecurityGroupOperations> {
  return {
    "ec2:CreateSecurityGroup"(input) {
      const groupName = required(input.GroupName, "groupName");
      const description = required(input.Description, "groupDescription");
      if (input.VpcId === undefined) {
        throw new AwsError("VPCIdNotSpecified", "No default VPC for this user.");
      }
      const { vpcId } = existingVpc(state, input.VpcId);
      checkText("groupName", groupName);
      checkText("groupDescription", description);
      if (groupName.startsWith("sg-")) {
        throw invalidParameterValue(
          `Value (${groupName}) for parameter groupName is invalid. Group names may not be in the format sg-*.`,
        );
      }
      if (state.securityGroups.find((one) => one.vpcId === vpcId && one.groupName === groupName)) {
        throw new AwsError(
          "InvalidGroup.Duplicate",
          `The security group '${groupName}' already exists for VPC '${vpcId}'`,
        );
      }
      const tags = tagsOnCreate(input.TagSpecifications, "security-group");
      const groupId = newResourceId("sg");
      state.securityGroups.put(groupId, { groupId, groupName, description, vpcId });
      allowAllEgress(state, groupId);
      putTags(state, groupId, tags);
      return { GroupId: groupId, Tags: tagList(state, groupId) };
    },

    "ec2:DeleteSecurityGroup"(input) {
      const { groupId, groupName } = existingSecurityGroup(state, input.GroupId);
      if (groupName === "default") {
        throw new AwsError(
          "CannotDelete",
          `the specified group: "${groupId}" name: "default" cannot be deleted by a user`,
        );
      }
      const used = state.networkInterfaces.find((one) => one.groupIds.includes(groupId));
      const referenced = state.securityGroupRules.find(
        (rule) => rule.groupId !== groupId && rule.source.referencedGroupId === groupId,
      );
      if (used !== undefined || referenced !== undefined) {
        throw new AwsError("DependencyViolation", `resource ${groupId} has a dependent object`);
      }
      deleteSecurityGroupRecord(state, groupId);
      return { GroupId: groupId };
    },

    "ec2:DescribeSecurityGroups"(input) {
      const groups = input.GroupIds?.length
        ? input.GroupIds.map((id) => existingSecurityGroup(state, id))
        : state.securityGroups.values();
      const filtered = applyFilters(
        groups,
        input.Filters,
        {
          "group-id": (group) => [group.groupId],
          "group-name": (group) => [group.groupName],
          "vpc-id": (group) => [group.vpcId],
        },
        (group) => tagsOf(state, group.groupId),
      );
      const { items, NextToken } = pageOf(filtered, input);
      return {
        SecurityGroups: items.map((group) => describe(state, group)),
        ...(NextToken !== undefined && { NextToken }),
      };
    },
  };
}
