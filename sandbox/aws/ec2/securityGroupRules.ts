import type {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  AuthorizeSecurityGroupIngressCommandInput,
  DescribeSecurityGroupRulesCommand,
  ModifySecurityGroupRulesCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  RevokeSecurityGroupIngressCommandInput,
  SecurityGroupRule,
} from "@aws-sdk/client-ec2";
import { AwsError, type Handlers, type OperationOf } from "../operation.ts";
import { existing, invalidParameterValue, required } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import { applyFilters } from "./filters.ts";
import {
  duplicateRule,
  modifiedRule,
  type NewRule,
  putRule,
  ruleKey,
  rulesOf,
  type SecurityGroupRuleRecord,
} from "./securityGroupRuleRecord.ts";
import { existingSecurityGroup } from "./securityGroups.ts";
import { putTags, tagList, tagsOf, tagsOnCreate } from "./tags.ts";

export type SecurityGroupRuleOperations = {
  "ec2:AuthorizeSecurityGroupIngress": OperationOf<AuthorizeSecurityGroupIngressCommand>;
  "ec2:AuthorizeSecurityGroupEgress": OperationOf<AuthorizeSecurityGroupEgressCommand>;
  "ec2:RevokeSecurityGroupIngress": OperationOf<RevokeSecurityGroupIngressCommand>;
  "ec2:RevokeSecurityGroupEgress": OperationOf<RevokeSecurityGroupEgressCommand>;
  "ec2:ModifySecurityGroupRules": OperationOf<ModifySecurityGroupRulesCommand>;
  "ec2:DescribeSecurityGroupRules": OperationOf<DescribeSecurityGroupRulesCommand>;
};

function describe(state: AwsState, rule: SecurityGroupRuleRecord): SecurityGroupRule {
  return {
    SecurityGroupRuleId: rule.ruleId,
    SecurityGroupRuleArn: `arn:aws:ec2:${state.region}:${state.accountId}:security-group-rule/${rule.ruleId}`,
    GroupId: rule.groupId,
    GroupOwnerId: state.accountId,
    IsEgress: rule.isEgress,
    IpProtocol: rule.ipProtocol,
    FromPort: rule.fromPort ?? -1,
    ToPort: rule.toPort ?? -1,
    CidrIpv4: rule.source.cidrIpv4,
    CidrIpv6: rule.source.cidrIpv6,
    PrefixListId: rule.source.prefixListId,
    ...(rule.source.referencedGroupId !== undefined && {
      ReferencedGroupInfo: { GroupId: rule.source.referencedGroupId },
    }),
    Description: rule.description,
    Tags: tagList(state, rule.ruleId),
  };
}

function existingRule(state: AwsState, id: string | undefined): SecurityGroupRuleRecord {
  const ruleId = required(id, "SecurityGroupRuleId");
  return existing(
    state.securityGroupRules.get(ruleId),
    "InvalidSecurityGroupRuleId.NotFound",
    `The security group rule ID '${ruleId}' does not exist`,
  );
}

function refuseDuplicate(state: AwsState, rule: NewRule, ownId?: string): void {
  const twin = state.securityGroupRules.find((one) => one.ruleId !== ownId && ruleKey(one) === ruleKey(rule));
  if (twin !== undefined) throw duplicateRule(rule);
}

function authorise(
  state: AwsState,
  isEgress: boolean,
  input: Pick<AuthorizeSecurityGroupIngressCommandInput, "GroupId" | "IpPermissions" | "TagSpecifications">,
): { Return: true; SecurityGroupRules: SecurityGroupRule[] } {
  const { groupId } = existingSecurityGroup(state, input.GroupId);
  const tags = tagsOnCreate(input.TagSpecifications, "security-group-rule");
  const rules = required(input.IpPermissions, "IpPermissions").flatMap((permission) =>
    rulesOf(state, groupId, isEgress, permission),
  );
  for (const rule of rules) refuseDuplicate(state, rule);
  if (new Set(rules.map(ruleKey)).size < rules.length) {
    throw invalidParameterValue("The same permission must not appear multiple times");
  }
  const present = state.securityGroupRules.filter(
    (rule) => rule.groupId === groupId && rule.isEgress === isEgress,
  );
  if (present.length + rules.length > state.quotas.rulesPerSecurityGroup) {
    throw new AwsError(
      "RulesPerSecurityGroupLimitExceeded",
      "The maximum number of rules per security group has been reached.",
    );
  }
  const made = rules.map((rule) => putRule(state, rule));
  for (const rule of made) putTags(state, rule.ruleId, tags);
  return { Return: true, SecurityGroupRules: made.map((rule) => describe(state, rule)) };
}

function revoke(
  state: AwsState,
  isEgress: boolean,
  input: Pick<RevokeSecurityGroupIngressCommandInput, "GroupId" | "IpPermissions" | "SecurityGroupRuleIds">,
): { Return: true } {
  const { groupId } = existingSecurityGroup(state, input.GroupId);
  const ids = (input.SecurityGroupRuleIds ?? []).map((id) => existingRule(state, id).ruleId);
  for (const rule of (input.IpPermissions ?? []).flatMap((one) => rulesOf(state, groupId, isEgress, one))) {
    const present = state.securityGroupRules.find((one) => ruleKey(one) === ruleKey(rule));
    const message = "The specified rule does not exist in this security group.";
    ids.push(existing(present, "InvalidPermission.NotFound", message).ruleId);
  }
  for (const id of ids) {
    state.securityGroupRules.delete(id);
    putTags(state, id, {});
  }
  return { Return: true };
}

export function securityGroupRuleHandlers(state: AwsState): Handlers<SecurityGroupRuleOperations> {
  return {
    "ec2:AuthorizeSecurityGroupIngress": (input) => authorise(state, false, input),
    "ec2:AuthorizeSecurityGroupEgress": (input) => authorise(state, true, input),
    "ec2:RevokeSecurityGroupIngress": (input) => revoke(state, false, input),
    "ec2:RevokeSecurityGroupEgress": (input) => revoke(state, true, input),

    "ec2:ModifySecurityGroupRules"(input) {
      existingSecurityGroup(state, input.GroupId);
      for (const update of required(input.SecurityGroupRules, "SecurityGroupRule")) {
        const rule = existingRule(state, update.SecurityGroupRuleId);
        const next = modifiedRule(state, rule, required(update.SecurityGroupRule, "SecurityGroupRule"));
        refuseDuplicate(state, next, rule.ruleId);
        state.securityGroupRules.put(rule.ruleId, next);
      }
      return { Return: true };
    },

    "ec2:DescribeSecurityGroupRules"(input) {
      const rules =
        input.SecurityGroupRuleIds?.map((id) => existingRule(state, id)) ?? state.securityGroupRules.values();
      const filtered = applyFilters(
        rules,
        input.Filters,
        {
          "group-id": (rule) => [rule.groupId],
          "security-group-rule-id": (rule) => [rule.ruleId],
        },
        (rule) => tagsOf(state, rule.ruleId),
      );
      return { SecurityGroupRules: filtered.map((rule) => describe(state, rule)) };
    },
  };
}
