/** Wrong in AWS: hosts, groups, disks, parameters, roles, user data. */
import { gzipSync } from "node:zlib";
import { type Chance, type Misconfiguration, set, type Values } from "./misconfiguration.ts";

const INSTANCE = "aws:ec2/instance:Instance";
const GROUP = "aws:ec2/securityGroup:SecurityGroup";
const ROLE = "aws:iam/role:Role";
const ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy";
const PARAMETER = "aws:ssm/parameter:Parameter";

const TAGS = { "tenant-edge:environment": "prod" };

function inboundRule(source: Values, { below }: Chance): Values {
  const port = 1 + below(65_535);
  return { ingress: [{ protocol: "tcp", fromPort: port, toPort: port, ...source }] };
}

function statement(part: Values): string {
  const base = { Effect: "Allow", Action: "ssm:GetParameter" };
  return JSON.stringify({ Version: "2012-10-17", Statement: [{ ...base, ...part }] });
}

function parameterArn(tenant: string): string {
  return `arn:aws:ssm:eu-west-1:123456789012:parameter/tenant-edge/prod/${tenant}/tunnel-token`;
}

/** A secret in one of the forms that Cloudflare and AWS give theirs. */
function secret({ below, bytes }: Chance): string {
  const forms = ["hex", "base64", "base64url"] as const;
  return bytes(32).toString(forms[below(forms.length)] ?? "hex");
}

const line = (chance: Chance) => `API_TOKEN="${secret(chance)}"\n`;

export const AWS_MISCONFIGURATIONS: readonly Misconfiguration[] = [
  {
    name: "a host with a public address",
    policy: "no-public-address",
    type: INSTANCE,
    resource: "-instance",
    change: set("associatePublicIpAddress", true),
  },
  {
    name: "a host whose address is left to its subnet",
    policy: "no-public-address",
    type: INSTANCE,
    resource: "-instance",
    change: set("associatePublicIpAddress", undefined),
  },
  {
    name: "an elastic address on a host",
    policy: "no-public-address",
    type: "aws:ec2/eip:Eip",
    resource: "-address",
    added: true,
    change: (_, { bytes }) => ({
      domain: "vpc",
      instance: `i-${bytes(9).toString("hex").slice(0, 17)}`,
      tags: TAGS,
    }),
  },
  {
    name: "a private subnet that gives out public addresses",
    policy: "no-public-address",
    type: "aws:ec2/subnet:Subnet",
    resource: "/network-private-eu-west-1a",
    change: set("mapPublicIpOnLaunch", true),
  },
  {
    name: "a port that is open to all",
    policy: "no-inbound-rule",
    type: GROUP,
    resource: "-sg",
    change: (values, chance) => ({ ...values, ...inboundRule({ cidrBlocks: ["0.0.0.0/0"] }, chance) }),
  },
  {
    name: "a port that is open to all of IPv6",
    policy: "no-inbound-rule",
    type: GROUP,
    resource: "-sg",
    change: (values, chance) => ({ ...values, ...inboundRule({ ipv6CidrBlocks: ["::/0"] }, chance) }),
  },
  {
    name: "a port that is open to a private block",
    policy: "no-inbound-rule",
    type: GROUP,
    resource: "-sg",
    change: (values, chance) => ({
      ...values,
      ...inboundRule({ cidrBlocks: [`10.${chance.below(256)}.0.0/16`] }, chance),
    }),
  },
  {
    name: "a rule of its own that opens a port",
    policy: "no-inbound-rule",
    type: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    resource: "-ssh",
    added: true,
    change: (_, { bytes }) => ({
      securityGroupId: `sg-${bytes(9).toString("hex").slice(0, 17)}`,
      ipProtocol: "tcp",
      fromPort: 22,
      toPort: 22,
      cidrIpv4: "0.0.0.0/0",
    }),
  },
  {
    name: "endpoints that answer to all",
    policy: "no-inbound-rule",
    type: GROUP,
    resource: "/network-endpoints",
    change: set("ingress", [{ protocol: "tcp", fromPort: 443, toPort: 443, cidrBlocks: ["0.0.0.0/0"] }]),
  },
  {
    name: "IMDSv1",
    policy: "imds-v2",
    type: INSTANCE,
    resource: "-instance",
    change: set("metadataOptions.httpTokens", "optional"),
  },
  {
    name: "metadata for more than the host",
    policy: "imds-v2",
    type: INSTANCE,
    resource: "-instance",
    change: (values, { below }) => set("metadataOptions.httpPutResponseHopLimit", 2 + below(63))(values),
  },
  {
    name: "an unencrypted root volume",
    policy: "encrypted-at-rest",
    type: INSTANCE,
    resource: "-instance",
    change: set("rootBlockDevice.encrypted", false),
  },
  {
    name: "a root volume whose encryption is left to the account",
    policy: "encrypted-at-rest",
    type: INSTANCE,
    resource: "-instance",
    change: set("rootBlockDevice.encrypted", undefined),
  },
  {
    name: "a token in a plain parameter",
    policy: "encrypted-at-rest",
    type: PARAMETER,
    resource: "-tunnel-token",
    change: set("type", "String"),
  },
  {
    name: "a secret in a host's report",
    policy: "encrypted-at-rest",
    type: PARAMETER,
    resource: "-report",
    change: (values, chance) => ({ ...values, insecureValue: secret(chance) }),
  },
  {
    name: "a role for all resources",
    policy: "no-wildcard-in-iam",
    type: ROLE_POLICY,
    resource: "-policy",
    change: (values) => ({ ...values, policy: statement({ Resource: "*" }) }),
  },
  {
    name: "a role for every tenant's parameters",
    policy: "no-wildcard-in-iam",
    type: ROLE_POLICY,
    resource: "-policy",
    change: (values) => ({
      ...values,
      policy: statement({ Resource: "arn:aws:ssm:eu-west-1:123456789012:parameter/tenant-edge/*" }),
    }),
  },
  {
    name: "a role that may do all with a parameter",
    policy: "no-wildcard-in-iam",
    type: ROLE_POLICY,
    resource: "-policy",
    change: (values, { below }, tenant) => ({
      ...values,
      policy: statement({ Action: ["*", "ssm:*", "ssm:Get*"][below(3)], Resource: parameterArn(tenant) }),
    }),
  },
  {
    name: "a role that may all but what it names",
    policy: "no-wildcard-in-iam",
    type: ROLE_POLICY,
    resource: "-policy",
    change: (values, _, tenant) => ({ ...values, policy: statement({ NotResource: parameterArn(tenant) }) }),
  },
  {
    name: "a role that anybody may take",
    policy: "no-wildcard-in-iam",
    type: ROLE,
    resource: "-role",
    change: set("assumeRolePolicy", statement({ Action: "sts:AssumeRole", Principal: { AWS: "*" } })),
  },
  {
    name: "a secret in user data",
    policy: "no-secret-in-user-data",
    type: INSTANCE,
    resource: "-instance",
    change: (values, chance) => ({ ...values, userData: `${String(values["userData"])}# ${line(chance)}` }),
  },
  {
    name: "a secret in a packed script of user data",
    policy: "no-secret-in-user-data",
    type: INSTANCE,
    resource: "-instance",
    change(values, chance) {
      const packed = gzipSync(`#!/bin/sh\n${line(chance)}exec start\n`).toString("base64");
      const file = `- path: /opt/start\n  encoding: gz+b64\n  content: ${packed}\n`;
      return {
        ...values,
        userData: String(values["userData"]).replace("\nwrite_files:\n", `\nwrite_files:\n${file}`),
      };
    },
  },
  {
    name: "a host without its tenant's tag",
    policy: "tags",
    type: INSTANCE,
    resource: "-instance",
    change: set("tags", TAGS),
  },
];
