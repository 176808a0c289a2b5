import type { Declared, ResourceRule, Violation } from "./policy.ts";
import { isTenants } from "./tenants.ts";
import { at, isObject, shown, Unknown } from "./values.ts";

const ENVIRONMENT_TAG = "tenant-edge:environment";
const TENANT_TAGS = ["tenant-edge:tenant", "tenant-edge:tunnel-id"];

/** Those of AWS's resources that a stack is made of and that can have tags. */
const TAGGABLE = new Set([
  "aws:ebs/volume:Volume",
  "aws:ec2/eip:Eip",
  "aws:ec2/instance:Instance",
  "aws:ec2/internetGateway:InternetGateway",
  "aws:ec2/natGateway:NatGateway",
  "aws:ec2/routeTable:RouteTable",
  "aws:ec2/securityGroup:SecurityGroup",
  "aws:ec2/subnet:Subnet",
  "aws:ec2/vpc:Vpc",
  "aws:ec2/vpcEndpoint:VpcEndpoint",
  "aws:iam/instanceProfile:InstanceProfile",
  "aws:iam/policy:Policy",
  "aws:iam/role:Role",
  "aws:ssm/parameter:Parameter",
]);

/** A comment of a record: `naming/names.ts` makes it. */
const MARK = /^tenant-edge\/[a-z0-9]+\/[a-z0-9-]+$/;

function tagProblems(resource: Declared, path: string): Violation[] {
  const tags = at(resource.values, path);
  if (tags === Unknown) return [];
  const needed = [ENVIRONMENT_TAG, ...(isTenants(resource) ? TENANT_TAGS : [])];
  return needed
    .filter((tag) => !isObject(tags) || tags[tag] === undefined || tags[tag] === "")
    .map((tag) => ({
      path: `${path}["${tag}"]`,
      found: "not set",
      allowed: "a value",
      action: "Add it: bills, audits and sweeps find by it what belongs to a tenant",
    }));
}

function recordProblems({ values }: Declared): Violation[] {
  const comment = at(values, "comment");
  if (comment === Unknown || (typeof comment === "string" && MARK.test(comment))) return [];
  const action = "Add it: a sweep knows the record by it";
  const allowed = "tenant-edge/<environment>/<tenant>";
  return [{ path: "comment", found: shown(comment), allowed, action }];
}

export const tags: ResourceRule = {
  name: "tags",
  description:
    "Everything says by its tags, or a record by its comment, to which environment and tenant it belongs.",
  check(resource) {
    const { type } = resource;
    if (type === "cloudflare:index/dnsRecord:DnsRecord") return recordProblems(resource);
    if (!TAGGABLE.has(type)) return [];
    const disk = type === "aws:ec2/instance:Instance" ? tagProblems(resource, "rootBlockDevice.tags") : [];
    return [...tagProblems(resource, "tags"), ...disk];
  },
};
