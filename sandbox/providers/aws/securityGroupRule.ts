import type { IpPermission } from "@aws-sdk/client-ec2";
import { normaliseProtocol } from "../../aws/ec2/securityGroupRuleRecord.ts";
import type { CheckFailure, Properties } from "../resourceType.ts";
import { awsType } from "./awsType.ts";
import { call, unless } from "./call.ts";
import { cidrFailures } from "./cidrCheck.ts";
import { ec2Tags, tagSpecifications } from "./tags.ts";

const SOURCES = ["cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"];
const NOT_FOUND = ["InvalidGroup.NotFound", "InvalidSecurityGroupRuleId.NotFound"];

function permission(inputs: Properties): IpPermission {
  const text = inputs.description === undefined ? {} : { Description: inputs.description };
  return {
    IpProtocol: inputs.ipProtocol,
    FromPort: inputs.fromPort,
    ToPort: inputs.toPort,
    ...(inputs.cidrIpv4 && { IpRanges: [{ CidrIp: inputs.cidrIpv4, ...text }] }),
    ...(inputs.cidrIpv6 && { Ipv6Ranges: [{ CidrIpv6: inputs.cidrIpv6, ...text }] }),
    ...(inputs.prefixListId && { PrefixListIds: [{ PrefixListId: inputs.prefixListId, ...text }] }),
    ...(inputs.referencedSecurityGroupId && {
      UserIdGroupPairs: [{ GroupId: inputs.referencedSecurityGroupId, ...text }],
    }),
  };
}

function sourceFailures(inputs: Properties): CheckFailure[] {
  const given = SOURCES.filter((name) => inputs[name] !== undefined);
  if (given.length <= 1) return [];
  const reason = `Invalid Attribute Combination. Only one of ${SOURCES.join(", ")} can be specified, got ${given.join(", ")}`;
  return [{ property: given[0] ?? "", reason }];
}

function portFailures(inputs: Properties): CheckFailure[] {
  const ports = ["fromPort", "toPort"].filter((name) => inputs[name] !== undefined);
  if (inputs.ipProtocol !== "-1" || ports.length === 0) return [];
  return [{ property: ports[0] ?? "", reason: 'must not be set when ipProtocol is "-1" (all protocols)' }];
}

/** `-1` in EC2 means: no ports. */
function port(value: number | undefined): number | undefined {
  return value === -1 ? undefined : value;
}

function ruleType(direction: "Ingress" | "Egress") {
  const what = `VPC Security Group ${direction} Rule`;
  return awsType({
    token: `aws:vpc/securityGroup${direction}Rule:SecurityGroup${direction}Rule`,
    replaceOn: ["securityGroupId"],
    // Another kind of source is another rule: one argument goes, another one comes. A new value updates in place.
    replaceWhen: (changed) => {
      const sources = changed.filter((name) => SOURCES.includes(name));
      return sources.length > 1 ? sources : [];
    },
    equal: {
      ipProtocol: (old, next) => normaliseProtocol(String(old)) === normaliseProtocol(String(next)),
    },
    check: (inputs) => [
      ...sourceFailures(inputs),
      ...cidrFailures(inputs, "cidrIpv4"),
      ...portFailures(inputs),
    ],
    tagWriter: ec2Tags,

    async make(client, inputs) {
      if (!SOURCES.some((name) => inputs[name])) {
        throw new Error(`creating ${what}: exactly one of ${SOURCES.join(", ")} must be specified`);
      }
      const { SecurityGroupRules } = await call(
        client,
        `creating ${what}`,
        `ec2:AuthorizeSecurityGroup${direction}`,
        {
          GroupId: inputs.securityGroupId,
          IpPermissions: [permission(inputs)],
          ...tagSpecifications(client, "security-group-rule", inputs.tags),
        },
      );
      return SecurityGroupRules?.[0]?.SecurityGroupRuleId ?? "";
    },

    async look(client, id, given) {
      const reading = call(client, `reading ${what} (${id})`, "ec2:DescribeSecurityGroupRules", {
        SecurityGroupRuleIds: [id],
      });
      const rule = (await unless(NOT_FOUND, reading))?.SecurityGroupRules?.[0];
      if (rule === undefined) return undefined;
      const protocol = rule.IpProtocol ?? "";
      const sameProtocol = normaliseProtocol(String(given.ipProtocol ?? "")) === protocol;
      return {
        outputs: {
          arn: rule.SecurityGroupRuleArn,
          cidrIpv4: rule.CidrIpv4,
          cidrIpv6: rule.CidrIpv6,
          description: rule.Description,
          fromPort: port(rule.FromPort),
          ipProtocol: sameProtocol ? given.ipProtocol : protocol,
          prefixListId: rule.PrefixListId,
          referencedSecurityGroupId: rule.ReferencedGroupInfo?.GroupId,
          securityGroupId: rule.GroupId,
          securityGroupRuleId: id,
          toPort: port(rule.ToPort),
        },
        tags: rule.Tags ?? [],
      };
    },

    async change(client, id, _olds, news) {
      await call(client, `updating ${what} (${id})`, "ec2:ModifySecurityGroupRules", {
        GroupId: news.securityGroupId,
        SecurityGroupRules: [
          {
            SecurityGroupRuleId: id,
            SecurityGroupRule: {
              IpProtocol: news.ipProtocol,
              FromPort: news.fromPort,
              ToPort: news.toPort,
              CidrIpv4: news.cidrIpv4,
              CidrIpv6: news.cidrIpv6,
              PrefixListId: news.prefixListId,
              ReferencedGroupId: news.referencedSecurityGroupId,
              Description: news.description,
            },
          },
        ],
      });
    },

    async remove(client, id, state) {
      const input = { GroupId: state.securityGroupId, SecurityGroupRuleIds: [id] };
      const deleting = call(client, `deleting ${what} (${id})`, `ec2:RevokeSecurityGroup${direction}`, input);
      await unless(NOT_FOUND, deleting);
    },
  });
}

export const securityGroupIngressRuleType = ruleType("Ingress");
export const securityGroupEgressRuleType = ruleType("Egress");
