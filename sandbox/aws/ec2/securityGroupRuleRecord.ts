/** What a rule of a security group is, and which rules EC2 refuses. */
import { isIPv6 } from "node:net";
import type { IpPermission, SecurityGroupRuleRequest } from "@aws-sdk/client-ec2";
import { formatCidr, parseCidr } from "../cidr.ts";
import { newResourceId } from "../ids.ts";
import { AwsError } from "../operation.ts";
import { invalidParameterValue, required } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import { existingSecurityGroup } from "./securityGroups.ts";

/** Exactly one of the four is set. */
export interface RuleSource {
  cidrIpv4?: string;
  cidrIpv6?: string;
  prefixListId?: string;
  referencedGroupId?: string;
}

export interface SecurityGroupRuleRecord {
  ruleId: string;
  groupId: string;
  isEgress: boolean;
  /** `tcp`, `udp`, `icmp`, `icmpv6`, a protocol number, or `-1` for all. */
  ipProtocol: string;
  fromPort?: number;
  toPort?: number;
  source: RuleSource;
  description?: string;
}

export type NewRule = Omit<SecurityGroupRuleRecord, "ruleId">;

const PROTOCOL_NAMES: Record<string, string> = { "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6" };

/** EC2's own spelling of a protocol: names for the four it knows, numbers for others, -1 for all. */
export function normaliseProtocol(protocol: string): string {
  const lower = protocol.toLowerCase();
  return lower === "all" ? "-1" : (PROTOCOL_NAMES[lower] ?? lower);
}

export function putRule(state: AwsState, rule: NewRule): SecurityGroupRuleRecord {
  const ruleId = newResourceId("sgr");
  return state.securityGroupRules.put(ruleId, { ...rule, ruleId });
}

export function ruleKey(rule: NewRule): string {
  return JSON.stringify([
    rule.groupId,
    rule.isEgress,
    rule.ipProtocol,
    rule.fromPort ?? null,
    rule.toPort ?? null,
    rule.source,
  ]);
}

function peer({ source }: NewRule): string {
  return source.cidrIpv4 ?? source.cidrIpv6 ?? source.prefixListId ?? source.referencedGroupId ?? "";
}

export function duplicateRule(rule: NewRule): AwsError {
  const protocol = rule.ipProtocol === "-1" ? "ALL" : rule.ipProtocol.toUpperCase();
  const ports =
    rule.fromPort === undefined
      ? ""
      : `, from port: ${rule.fromPort}, to port: ${rule.toPort ?? rule.fromPort}`;
  return new AwsError(
    "InvalidPermission.Duplicate",
    `the specified rule "peer: ${peer(rule)}, ${protocol}${ports}, ALLOW" already exists`,
  );
}

function checkedPorts(protocol: string, from: number | undefined, to: number | undefined) {
  if (protocol === "-1") return {};
  if (protocol !== "tcp" && protocol !== "udp") {
    return { ...(from !== undefined && { fromPort: from }), ...(to !== undefined && { toPort: to }) };
  }
  if (from === undefined || to === undefined) {
    throw invalidParameterValue(
      "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.",
    );
  }
  if (from < 0 || to > 65_535 || from > to) {
    throw invalidParameterValue(`Invalid TCP/UDP port range (${from}:${to})`);
  }
  return { fromPort: from, toPort: to };
}

function checkedSource(state: AwsState, source: RuleSource): RuleSource {
  const { cidrIpv4, cidrIpv6, referencedGroupId } = source;
  if (cidrIpv4 !== undefined) {
    const block = parseCidr(cidrIpv4);
    if (block === undefined) throw invalidParameterValue(`CIDR block ${cidrIpv4} is malformed`);
    return { cidrIpv4: formatCidr(block) };
  }
  if (cidrIpv6 !== undefined && !isIPv6(cidrIpv6.split("/")[0] ?? "")) {
    throw invalidParameterValue(`CIDR block ${cidrIpv6} is malformed`);
  }
  if (referencedGroupId !== undefined) existingSecurityGroup(state, referencedGroupId);
  return source;
}

const DESCRIPTION = /^[A-Za-z0-9 ._\-:/()#,@[\]+=&;{}!$*]*$/;
/** Characters. */
const LONGEST_DESCRIPTION = 255;

/** Whether EC2 takes the text as the description of a rule. */
export function isRuleDescription(text: string): boolean {
  return text.length <= LONGEST_DESCRIPTION && DESCRIPTION.test(text);
}

/** The description as a part of a record; an empty one is none. */
function checkedDescription(text: string | undefined): { description?: string } {
  if (text === undefined || text === "") return {};
  if (isRuleDescription(text)) return { description: text };
  throw invalidParameterValue(
    "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  " +
      "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
  );
}

function checkedProtocol(protocol: string | undefined): string {
  const normal = normaliseProtocol(required(protocol, "ipProtocol"));
  if (/^(tcp|udp|icmp|icmpv6|-1|\d{1,3})$/.test(normal)) return normal;
  throw invalidParameterValue(`Invalid value '${protocol}' for IP protocol. Unknown protocol.`);
}

/** One rule per source of a permission: that is how EC2 stores them. */
export function rulesOf(
  state: AwsState,
  groupId: string,
  isEgress: boolean,
  permission: IpPermission,
): NewRule[] {
  const ipProtocol = checkedProtocol(permission.IpProtocol);
  const ports = checkedPorts(ipProtocol, permission.FromPort, permission.ToPort);
  const sources: { source: RuleSource; description: string | undefined }[] = [
    ...(permission.IpRanges ?? []).map((range) => ({
      source: { cidrIpv4: required(range.CidrIp, "CidrIp") },
      description: range.Description,
    })),
    ...(permission.Ipv6Ranges ?? []).map((range) => ({
      source: { cidrIpv6: required(range.CidrIpv6, "CidrIpv6") },
      description: range.Description,
    })),
    ...(permission.PrefixListIds ?? []).map((list) => ({
      source: { prefixListId: required(list.PrefixListId, "PrefixListId") },
      description: list.Description,
    })),
    ...(permission.UserIdGroupPairs ?? []).map((pair) => ({
      source: { referencedGroupId: required(pair.GroupId, "GroupId") },
      description: pair.Description,
    })),
  ];
  if (sources.length === 0) {
    throw new AwsError(
      "MissingParameter",
      "Source group or CIDR must be specified for a security group rule",
    );
  }
  return sources.map(({ source, description }) => ({
    groupId,
    isEgress,
    ipProtocol,
    ...ports,
    source: checkedSource(state, source),
    ...checkedDescription(description),
  }));
}

/** The rule as a ModifySecurityGroupRules request wants it. The kind of source may not change. */
export function modifiedRule(
  state: AwsState,
  rule: SecurityGroupRuleRecord,
  request: SecurityGroupRuleRequest,
): SecurityGroupRuleRecord {
  const ipProtocol = checkedProtocol(request.IpProtocol ?? rule.ipProtocol);
  const source: RuleSource = {
    ...(request.CidrIpv4 !== undefined && { cidrIpv4: request.CidrIpv4 }),
    ...(request.CidrIpv6 !== undefined && { cidrIpv6: request.CidrIpv6 }),
    ...(request.PrefixListId !== undefined && { prefixListId: request.PrefixListId }),
    ...(request.ReferencedGroupId !== undefined && { referencedGroupId: request.ReferencedGroupId }),
  };
  if (Object.keys(source).join() !== Object.keys(rule.source).join()) {
    throw invalidParameterValue("You cannot change the source type of a security group rule");
  }
  return {
    ruleId: rule.ruleId,
    groupId: rule.groupId,
    isEgress: rule.isEgress,
    ipProtocol,
    ...checkedPorts(ipProtocol, request.FromPort, request.ToPort),
    source: checkedSource(state, source),
    ...checkedDescription(request.Description),
  };
}
