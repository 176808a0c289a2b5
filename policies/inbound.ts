import { BlockList, isIPv4 } from "node:net";
import type { Declared, ResourceRule, Violation } from "./policy.ts";
import { isTenants } from "./tenants.ts";
import { entries, isObject, shown, textsOf, Unknown } from "./values.ts";

/** The only group that lets anything in: that of a network's interface endpoints, known by its tag. */
const INBOUND_TAG = "tenant-edge:inbound";
const HTTPS_PORT = 443;

/** The largest block of a VPC. Amazon VPC documentation, "VPC CIDR blocks". */
const SHORTEST_PREFIX = 16;

/** Address Allocation for Private Internets, RFC 1918; and shared address space, RFC 6598. */
const PRIVATE = new BlockList();
PRIVATE.addSubnet("10.0.0.0", 8);
PRIVATE.addSubnet("172.16.0.0", 12);
PRIVATE.addSubnet("192.168.0.0", 16);
PRIVATE.addSubnet("100.64.0.0", 10);

function isPrivateBlock(block: unknown): boolean {
  if (block === Unknown) return true;
  if (typeof block !== "string") return false;
  const [address = "", prefix = ""] = block.split("/");
  return isIPv4(address) && PRIVATE.check(address) && Number(prefix) >= SHORTEST_PREFIX;
}

/** What of a rule for endpoints is more than HTTPS from the network's own block. */
function endpointRuleProblem(rule: Readonly<Record<string, unknown>>): string | undefined {
  if (rule["protocol"] !== "tcp" || rule["fromPort"] !== HTTPS_PORT || rule["toPort"] !== HTTPS_PORT) {
    return `${shown(rule["protocol"])} to ports ${shown(rule["fromPort"])} to ${shown(rule["toPort"])}`;
  }
  const blocks = rule["cidrBlocks"];
  const foreign = Array.isArray(blocks) ? blocks.find((block) => !isPrivateBlock(block)) : undefined;
  if (foreign !== undefined) return `a rule for ${shown(foreign)}`;
  const other = ["ipv6CidrBlocks", "prefixListIds", "securityGroups"].find((key) => {
    const value = rule[key];
    return Array.isArray(value) && value.length > 0;
  });
  return other === undefined ? undefined : `a rule with ${other}`;
}

function group(resource: Declared): Violation[] {
  const { values } = resource;
  const { tags } = values;
  const isEndpoints = isObject(tags) && tags[INBOUND_TAG] === "endpoints" && !isTenants(resource);
  return entries(values, "ingress").flatMap(({ path, value }): Violation[] => {
    if (!isEndpoints) {
      const blocks = isObject(value)
        ? [...textsOf(value["cidrBlocks"]), ...textsOf(value["ipv6CidrBlocks"])].join(", ")
        : "";
      const found =
        blocks === "" ? "a rule for inbound traffic" : `a rule for inbound traffic from ${blocks}`;
      return [
        { path, found, allowed: "no rule", action: "Remove it: the connector calls out, nothing calls in" },
      ];
    }
    const found = isObject(value) ? endpointRuleProblem(value) : undefined;
    const allowed = `HTTPS (tcp ${HTTPS_PORT}) from private blocks no larger than /${SHORTEST_PREFIX}`;
    return found === undefined ? [] : [{ path, found, allowed, action: "Give the VPC's own block" }];
  });
}

const REMOVE_RULE =
  "Remove it: a group's rules stand in the group itself, and no host has one for inbound traffic";

function ruleOfItsOwn({ values }: Declared): Violation[] {
  const source = ["cidrBlocks", "ipv6CidrBlocks", "cidrIpv4", "cidrIpv6"].flatMap((key) =>
    textsOf(values[key]),
  );
  return values["type"] === "egress"
    ? []
    : [
        {
          path: "ingress",
          found: `open to ${source.join(", ") || "another group"}`,
          allowed: "no rule",
          action: REMOVE_RULE,
        },
      ];
}

const CHECKS: Readonly<Record<string, (resource: Declared) => Violation[]>> = {
  "aws:ec2/securityGroup:SecurityGroup": group,
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": group,
  "aws:ec2/securityGroupRule:SecurityGroupRule": ruleOfItsOwn,
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ruleOfItsOwn,
};

export const inbound: ResourceRule = {
  name: "no-inbound-rule",
  description:
    "Nothing gets to a host from outside; only a network's endpoints answer HTTPS of their own VPC.",
  check: (resource) => CHECKS[resource.type]?.(resource) ?? [],
};
