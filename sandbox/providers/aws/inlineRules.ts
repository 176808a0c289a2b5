/** Rules inside a SecurityGroup resource: EC2 keeps one rule per source, the resource groups them. */
import type { IpPermission, SecurityGroupRule } from "@aws-sdk/client-ec2";
import { isRuleDescription, normaliseProtocol } from "../../aws/ec2/securityGroupRuleRecord.ts";
import type { CheckFailure, Properties } from "../resourceType.ts";

/** One rule with one source, as text to compare. The description belongs to it: another one is another rule. */
function permissionKey(permission: IpPermission): string {
  const sources = [
    permission.IpRanges,
    permission.Ipv6Ranges,
    permission.PrefixListIds,
    permission.UserIdGroupPairs,
  ];
  return JSON.stringify([
    normaliseProtocol(permission.IpProtocol ?? ""),
    permission.FromPort ?? null,
    permission.ToPort ?? null,
    permission.IpRanges?.[0]?.CidrIp ?? null,
    permission.Ipv6Ranges?.[0]?.CidrIpv6 ?? null,
    permission.PrefixListIds?.[0]?.PrefixListId ?? null,
    permission.UserIdGroupPairs?.[0]?.GroupId ?? null,
    sources.find((one) => one?.[0] !== undefined)?.[0]?.Description || null,
  ]);
}

function portsOf(rule: Properties): IpPermission {
  const protocol = normaliseProtocol(String(rule.protocol));
  if (protocol === "-1") return { IpProtocol: protocol };
  return { IpProtocol: protocol, FromPort: rule.fromPort, ToPort: rule.toPort };
}

/** The permissions, one per source, that a list of inline rules stands for. */
export function permissionsOf(rules: unknown, groupId: string): Map<string, IpPermission> {
  const list: Properties[] = Array.isArray(rules) ? rules : [];
  const permissions = list.flatMap((rule): IpPermission[] => {
    const base = portsOf(rule);
    const text = rule.description ? { Description: String(rule.description) } : {};
    const each = <T>(values: unknown, source: (value: string) => T): T[] =>
      (Array.isArray(values) ? values : []).map((value) => source(String(value)));
    return [
      ...each(rule.cidrBlocks, (CidrIp) => ({ ...base, IpRanges: [{ CidrIp, ...text }] })),
      ...each(rule.ipv6CidrBlocks, (CidrIpv6) => ({ ...base, Ipv6Ranges: [{ CidrIpv6, ...text }] })),
      ...each(rule.prefixListIds, (PrefixListId) => ({
        ...base,
        PrefixListIds: [{ PrefixListId, ...text }],
      })),
      ...each([...(rule.securityGroups ?? []), ...(rule.self ? [groupId] : [])], (GroupId) => ({
        ...base,
        UserIdGroupPairs: [{ GroupId, ...text }],
      })),
    ];
  });
  return new Map(permissions.map((permission) => [permissionKey(permission), permission]));
}

/** Key of a rule that EC2 has, comparable with the keys of `permissionsOf`. */
export function ruleKey(rule: SecurityGroupRule): string {
  const text = { Description: rule.Description };
  const port = (number: number | undefined) => (number === -1 || number === undefined ? {} : { number });
  return permissionKey({
    IpProtocol: rule.IpProtocol,
    FromPort: port(rule.FromPort).number,
    ToPort: port(rule.ToPort).number,
    ...(rule.CidrIpv4 !== undefined && { IpRanges: [{ CidrIp: rule.CidrIpv4, ...text }] }),
    ...(rule.CidrIpv6 !== undefined && { Ipv6Ranges: [{ CidrIpv6: rule.CidrIpv6, ...text }] }),
    ...(rule.PrefixListId !== undefined && { PrefixListIds: [{ PrefixListId: rule.PrefixListId, ...text }] }),
    ...(rule.ReferencedGroupInfo !== undefined && {
      UserIdGroupPairs: [{ GroupId: rule.ReferencedGroupInfo.GroupId, ...text }],
    }),
  });
}

/** EC2's rules grouped as the resource's outputs have them. */
export function inlineRules(rules: readonly SecurityGroupRule[], groupId: string): Properties[] {
  const grouped = new Map<string, Properties>();
  for (const rule of rules) {
    const all = rule.IpProtocol === "-1";
    const key = JSON.stringify([rule.IpProtocol, rule.FromPort, rule.ToPort, rule.Description]);
    const inline = grouped.get(key) ?? {
      cidrBlocks: [],
      description: rule.Description ?? "",
      fromPort: all ? 0 : rule.FromPort,
      ipv6CidrBlocks: [],
      prefixListIds: [],
      protocol: rule.IpProtocol,
      securityGroups: [],
      self: false,
      toPort: all ? 0 : rule.ToPort,
    };
    const other = rule.ReferencedGroupInfo?.GroupId;
    if (rule.CidrIpv4 !== undefined) inline.cidrBlocks.push(rule.CidrIpv4);
    if (rule.CidrIpv6 !== undefined) inline.ipv6CidrBlocks.push(rule.CidrIpv6);
    if (rule.PrefixListId !== undefined) inline.prefixListIds.push(rule.PrefixListId);
    if (other === groupId) inline.self = true;
    else if (other !== undefined) inline.securityGroups.push(other);
    grouped.set(key, inline);
  }
  return [...grouped.values()];
}

/** Descriptions that EC2 would not take, found before any call. */
export function descriptionFailures(rules: unknown, property: string): CheckFailure[] {
  const list: Properties[] = Array.isArray(rules) ? rules : [];
  return list
    .map((rule): unknown => rule.description)
    .filter((text) => typeof text === "string" && !isRuleDescription(text))
    .map((text) => ({
      property,
      reason: `invalid description of a rule, at most 255 of the allowed characters: ${JSON.stringify(text)}`,
    }));
}

/** Throws on a rule for all protocols that names ports, which EC2 itself would silently ignore. */
export function refusePortsOfAll(rules: unknown): void {
  const list: Properties[] = Array.isArray(rules) ? rules : [];
  for (const { protocol, fromPort = 0, toPort = 0 } of list) {
    if (normaliseProtocol(String(protocol)) !== "-1" || (fromPort === 0 && toPort === 0)) continue;
    throw new Error(
      `from_port (${fromPort}) and to_port (${toPort}) must both be 0 to use the 'ALL' "-1" protocol!`,
    );
  }
}

/** Whether two lists of inline rules stand for the same permissions. */
export function sameRules(one: unknown, other: unknown): boolean {
  const keys = (rules: unknown) => [...permissionsOf(rules, "self").keys()].sort().join();
  return keys(one) === keys(other);
}
