import type { SecurityGroupRule } from "@aws-sdk/client-ec2";
import { ec2Arn } from "./arn.ts";
import { awsType } from "./awsType.ts";
import { call, unless } from "./call.ts";
import type { AwsProviderClient } from "./client.ts";
import {
  descriptionFailures,
  inlineRules,
  permissionsOf,
  refusePortsOfAll,
  ruleKey,
  sameRules,
} from "./inlineRules.ts";
import { autoNamed, nameOf } from "./naming.ts";
import { ec2Tags, tagSpecifications } from "./tags.ts";

const NOT_FOUND = ["InvalidGroup.NotFound", "InvalidGroupId.Malformed"];
const naming = autoNamed(255);

type Direction = "ingress" | "egress";

async function rulesOf(client: AwsProviderClient, id: string): Promise<SecurityGroupRule[]> {
  const Filters = [{ Name: "group-id", Values: [id] }];
  const action = `reading Security Group (${id}) Rules`;
  return (await call(client, action, "ec2:DescribeSecurityGroupRules", { Filters })).SecurityGroupRules ?? [];
}

/** Revokes and authorises until the group has exactly these rules in one direction. */
async function setRules(
  client: AwsProviderClient,
  id: string,
  direction: Direction,
  rules: unknown,
): Promise<void> {
  const action = `updating Security Group (${id}) ${direction} rules`;
  const isEgress = direction === "egress";
  refusePortsOfAll(rules);
  const wanted = permissionsOf(rules, id);
  const present = (await rulesOf(client, id)).filter((rule) => rule.IsEgress === isEgress);
  const surplus = present.filter((rule) => !wanted.has(ruleKey(rule)));
  if (surplus.length > 0) {
    const name = isEgress ? "ec2:RevokeSecurityGroupEgress" : "ec2:RevokeSecurityGroupIngress";
    const SecurityGroupRuleIds = surplus.map((rule) => rule.SecurityGroupRuleId ?? "");
    await call(client, action, name, { GroupId: id, SecurityGroupRuleIds });
  }
  for (const rule of present) wanted.delete(ruleKey(rule));
  if (wanted.size > 0) {
    const name = isEgress ? "ec2:AuthorizeSecurityGroupEgress" : "ec2:AuthorizeSecurityGroupIngress";
    await call(client, action, name, { GroupId: id, IpPermissions: [...wanted.values()] });
  }
}

export const securityGroupType = awsType({
  token: "aws:ec2/securityGroup:SecurityGroup",
  replaceOn: ["name", "namePrefix", "description", "vpcId"],
  optionalComputed: ["egress", "ingress", "name", "namePrefix", "vpcId"],
  plannedDefaults: { description: "Managed by Pulumi", revokeRulesOnDelete: false },
  equal: { egress: sameRules, ingress: sameRules },
  ...naming,
  check: (inputs, context) => [
    ...naming.check(inputs, context),
    ...descriptionFailures(inputs.ingress, "ingress"),
    ...descriptionFailures(inputs.egress, "egress"),
    ...(String(inputs.name ?? inputs.namePrefix ?? "").startsWith("sg-")
      ? [{ property: "name", reason: `invalid value for name (cannot begin with "sg-")` }]
      : []),
  ],
  tagWriter: ec2Tags,

  async make(client, inputs) {
    const name = nameOf(inputs);
    const { GroupId } = await call(client, `creating Security Group (${name})`, "ec2:CreateSecurityGroup", {
      GroupName: name,
      Description: inputs.description,
      VpcId: inputs.vpcId,
      ...tagSpecifications(client, "security-group", inputs.tags),
    });
    return GroupId ?? "";
  },

  /** AWS lets a new group send anything; the provider takes that away. */
  async settle(client, id, inputs) {
    await setRules(client, id, "egress", inputs.egress);
    await setRules(client, id, "ingress", inputs.ingress);
  },

  async look(client, id, given) {
    const reading = call(client, `reading Security Group (${id})`, "ec2:DescribeSecurityGroups", {
      GroupIds: [id],
    });
    const group = (await unless(NOT_FOUND, reading))?.SecurityGroups?.[0];
    if (group === undefined) return undefined;
    const rules = await rulesOf(client, id);
    const shown = (direction: Direction) => {
      const actual = inlineRules(
        rules.filter((rule) => rule.IsEgress === (direction === "egress")),
        id,
      );
      return given[direction] !== undefined && sameRules(given[direction], actual)
        ? given[direction]
        : actual;
    };
    return {
      outputs: {
        arn: ec2Arn(client, "security-group", id),
        description: group.Description,
        egress: shown("egress"),
        ingress: shown("ingress"),
        name: group.GroupName,
        namePrefix: given.namePrefix ?? "",
        ownerId: group.OwnerId,
        revokeRulesOnDelete: given.revokeRulesOnDelete ?? false,
        vpcId: group.VpcId,
      },
      tags: group.Tags ?? [],
    };
  },

  async change(client, id, olds, news) {
    for (const direction of ["egress", "ingress"] as const) {
      if (!sameRules(olds[direction], news[direction])) {
        await setRules(client, id, direction, news[direction]);
      }
    }
  },

  async remove(client, id, state) {
    if (state.revokeRulesOnDelete === true) {
      await setRules(client, id, "egress", []);
      await setRules(client, id, "ingress", []);
    }
    const action = `deleting Security Group (${id})`;
    await unless(NOT_FOUND, call(client, action, "ec2:DeleteSecurityGroup", { GroupId: id }));
  },
});
