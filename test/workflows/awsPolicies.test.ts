/** What the documented AWS policies allow, asked of an IAM policy simulator. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { validateIdentityPolicy, validateTrustPolicy } from "@cloud-copilot/iam-policy";
import { runSimulation } from "@cloud-copilot/iam-simulate";
import { describe, expect, it } from "vitest";
import { hostNames, tenantNames } from "../../naming/names.ts";

const ACCOUNT = "123456789012";
const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/00000000-0000-0000-0000-000000000000`;
const PLACEHOLDERS: Record<string, string> = {
  ACCOUNT_ID: ACCOUNT,
  REGION: "eu-west-1",
  GITHUB_ENVIRONMENT: "prod",
  ENVIRONMENT: "prod",
  KMS_KEY_ARN: KEY,
  STATE_BUCKET: "example-state",
  "OWNER/REPO": "example/tenants",
};

interface Document {
  Statement: { Action: string | string[] }[];
}

const text = (name: string): string =>
  readFileSync(join(import.meta.dirname, `../../docs/aws-${name}-policy.json`), "utf8");

/** The document as somebody fills it in. */
function filledIn(name: string): Document {
  const filled = Object.entries(PLACEHOLDERS).reduce(
    (all, [placeholder, value]) => all.replaceAll(placeholder, value),
    text(name),
  );
  return JSON.parse(filled) as Document;
}

type Context = Record<string, string | string[]>;

async function allowed(policy: Document, action: string, resource: string, context: Context = {}) {
  const result = await runSimulation(
    {
      request: {
        principal: `arn:aws:sts::${ACCOUNT}:assumed-role/tenant-edge-deploy/run`,
        action,
        resource: { resource, accountId: ACCOUNT },
        contextVariables: context,
      },
      identityPolicies: [{ name: "policy", policy }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (result.resultType === "error")
    throw new Error(`${action} on ${resource}: ${JSON.stringify(result.errors)}`);
  return result.overallResult === "Allowed";
}

const ec2 = (resource: string): string => `arn:aws:ec2:eu-west-1:${ACCOUNT}:${resource}-0123456789abcdef0`;
const role = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`;
const profile = (name: string): string => `arn:aws:iam::${ACCOUNT}:instance-profile/${name}`;
const parameter = (path: string): string => `arn:aws:ssm:eu-west-1:${ACCOUNT}:parameter${path}`;

const TAG = "tenant-edge:environment";
const asks = (environment: string): Context => ({ [`aws:RequestTag/${TAG}`]: environment });
const has = (environment: string): Context => ({ [`aws:ResourceTag/${TAG}`]: environment });

const acme = { ...tenantNames("prod", "acme"), ...hostNames("prod", "acme", 1) };
const longest = hostNames("prod", `a${"b".repeat(61)}c`, 4);

type Case = [action: string, resource: string, context?: Context];

describe("policy documents", () => {
  it.each([
    "deployer",
    "endpoints",
    "operations",
    "reader",
    "state",
  ])("%s is a valid identity policy", (name) => {
    expect(validateIdentityPolicy(filledIn(name))).toEqual([]);
  });

  it("trust is a valid trust policy, for one environment of one repository", () => {
    expect(validateTrustPolicy(filledIn("trust"))).toEqual([]);
    expect(filledIn("trust").Statement).toMatchObject([
      {
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": "repo:example/tenants:environment:prod",
          },
        },
      },
    ]);
  });

  it.each([
    "deployer",
    "endpoints",
    "operations",
    "reader",
    "state",
    "trust",
  ])("%s is explained, placeholder by placeholder", (name) => {
    const guide = readFileSync(join(import.meta.dirname, "../../docs/aws-access.md"), "utf8");
    expect(guide).toContain(`aws-${name}-policy.json`);
    const capitals = text(name).match(/\b[A-Z][A-Z]+(?:_[A-Z]+)*\b/g) ?? [];
    const unexplained = capitals.filter((word) => !guide.includes(word));
    expect(unexplained).toEqual([]);
  });

  it.each([
    "deployer",
    "endpoints",
    "operations",
    "reader",
    "state",
  ])("%s names each action, and fits into a managed policy", (name) => {
    const policy = filledIn(name);
    expect(policy.Statement.flatMap(({ Action }) => Action).filter((action) => action.includes("*"))).toEqual(
      [],
    );
    // IAM counts no white space. AWS documentation, "IAM and AWS STS quotas".
    expect(JSON.stringify(policy).length).toBeLessThanOrEqual(6144);
  });
});

describe("the deploying role", () => {
  const policy = filledIn("deployer");

  const may: Case[] = [
    // Network
    ["ec2:CreateVpc", ec2("vpc/vpc"), asks("prod")],
    ["ec2:ModifyVpcAttribute", ec2("vpc/vpc"), has("prod")],
    ["ec2:CreateSubnet", ec2("subnet/subnet"), asks("prod")],
    ["ec2:CreateSubnet", ec2("vpc/vpc"), has("prod")],
    ["ec2:CreateInternetGateway", ec2("internet-gateway/igw"), asks("prod")],
    ["ec2:AttachInternetGateway", ec2("internet-gateway/igw"), has("prod")],
    ["ec2:AllocateAddress", ec2("elastic-ip/eipalloc"), asks("prod")],
    ["ec2:CreateNatGateway", ec2("natgateway/nat"), asks("prod")],
    ["ec2:CreateNatGateway", ec2("elastic-ip/eipalloc"), has("prod")],
    ["ec2:CreateRouteTable", ec2("route-table/rtb"), asks("prod")],
    ["ec2:CreateRoute", ec2("route-table/rtb"), has("prod")],
    ["ec2:AssociateRouteTable", ec2("subnet/subnet"), has("prod")],
    ["ec2:DeleteVpc", ec2("vpc/vpc"), has("prod")],
    ["ec2:DescribeNatGateways", "*"],
    // Host
    ["ec2:CreateSecurityGroup", ec2("security-group/sg"), asks("prod")],
    ["ec2:CreateSecurityGroup", ec2("vpc/vpc"), has("prod")],
    ["ec2:AuthorizeSecurityGroupEgress", ec2("security-group/sg"), has("prod")],
    ["ec2:RevokeSecurityGroupEgress", ec2("security-group/sg"), has("prod")],
    ["ec2:RunInstances", "arn:aws:ec2:eu-west-1::image/ami-0123456789abcdef0"],
    ["ec2:RunInstances", ec2("instance/i"), { ...asks("prod"), "ec2:MetadataHttpTokens": "required" }],
    ["ec2:RunInstances", ec2("volume/vol"), { "ec2:Encrypted": "true" }],
    ["ec2:RunInstances", ec2("network-interface/eni"), { "ec2:AssociatePublicIpAddress": "false" }],
    ["ec2:RunInstances", ec2("subnet/subnet"), has("prod")],
    ["ec2:RunInstances", ec2("security-group/sg"), has("prod")],
    ["ec2:CreateTags", ec2("instance/i"), { ...asks("prod"), "ec2:CreateAction": "RunInstances" }],
    ["ec2:CreateTags", ec2("volume/vol"), asks("prod")],
    ["ec2:CreateTags", ec2("instance/i"), has("prod")],
    ["ec2:TerminateInstances", ec2("instance/i"), has("prod")],
    ["iam:CreateRole", role(acme.role)],
    ["iam:CreateRole", role(longest.role)],
    ["iam:PutRolePolicy", role(acme.role)],
    ["iam:CreateInstanceProfile", profile(acme.role)],
    ["iam:AddRoleToInstanceProfile", profile(acme.role)],
    ["iam:PassRole", role(acme.role), { "iam:PassedToService": "ec2.amazonaws.com" }],
    // Secrets
    ["ssm:PutParameter", parameter(`${acme.parameterPath}/tunnel-token`)],
    ["ssm:GetParameter", parameter(`${acme.parameterPath}/bucket-environment`)],
    ["ssm:DeleteParameter", parameter(`${acme.parameterPath}/tunnel-token`)],
    ["ssm:AddTagsToResource", parameter(`${acme.parameterPath}/tunnel-token`)],
    ["ssm:DescribeParameters", "*"],
  ];
  it.each(may)("may %s on %s", async (action, resource, context) => {
    expect(await allowed(policy, action, resource, context)).toBe(true);
  });

  const staging = { ...tenantNames("staging", "acme"), ...hostNames("staging", "acme", 1) };
  const mayNot: Case[] = [
    // Parameters outside the path
    ["ssm:GetParameter", parameter("/database/password")],
    ["ssm:PutParameter", parameter("/tenant-edge")],
    ["ssm:PutParameter", parameter("/tenant-edge-other/prod/acme/tunnel-token")],
    ["ssm:GetParameter", parameter(`${staging.parameterPath}/tunnel-token`)],
    ["ssm:GetParametersByPath", parameter("/tenant-edge/prod/acme")],
    // Roles of others, and ours for others
    ["iam:CreateRole", role("admin")],
    ["iam:PutRolePolicy", role(staging.role)],
    ["iam:PutRolePolicy", role(hostNames("prod2", "acme", 1).role)],
    ["iam:AttachRolePolicy", role(acme.role)],
    ["iam:PassRole", role(acme.role), { "iam:PassedToService": "lambda.amazonaws.com" }],
    ["iam:PassRole", role("admin"), { "iam:PassedToService": "ec2.amazonaws.com" }],
    ["iam:CreateUser", `arn:aws:iam::${ACCOUNT}:user/te-prod-acme`],
    // What is another's, untagged, or of another environment
    ["ec2:CreateVpc", ec2("vpc/vpc")],
    ["ec2:CreateVpc", ec2("vpc/vpc"), asks("staging")],
    ["ec2:DeleteVpc", ec2("vpc/vpc")],
    ["ec2:TerminateInstances", ec2("instance/i")],
    ["ec2:TerminateInstances", ec2("instance/i"), has("staging")],
    ["ec2:ReleaseAddress", ec2("elastic-ip/eipalloc"), has("staging")],
    ["ec2:CreateTags", ec2("instance/i"), asks("prod")],
    ["ec2:CreateTags", ec2("volume/vol"), { ...asks("prod"), ...has("staging") }],
    ["ec2:CreateTags", ec2("instance/i"), { ...has("prod"), ...asks("staging") }],
    ["ec2:DeleteTags", ec2("instance/i"), { ...has("prod"), "aws:TagKeys": [TAG] }],
    // Hosts that are not as ours
    ["ec2:RunInstances", ec2("instance/i"), { ...asks("prod"), "ec2:MetadataHttpTokens": "optional" }],
    ["ec2:RunInstances", ec2("volume/vol"), { "ec2:Encrypted": "false" }],
    ["ec2:RunInstances", ec2("network-interface/eni"), { "ec2:AssociatePublicIpAddress": "true" }],
    ["ec2:RunInstances", ec2("subnet/subnet")],
    ["ec2:AuthorizeSecurityGroupIngress", ec2("security-group/sg"), has("prod")],
    ["ec2:AuthorizeSecurityGroupEgress", ec2("security-group/sg"), has("staging")],
    // Anything else
    ["s3:ListAllMyBuckets", "*"],
  ];
  it.each(mayNot)("may not %s on %s %o", async (action, resource, context) => {
    expect(await allowed(policy, action, resource, context)).toBe(false);
  });
});

describe("the deploying role of a stack with endpoints", () => {
  const statements = ["deployer", "endpoints"].flatMap((name) => filledIn(name).Statement);
  const policy: Document = { ...filledIn("endpoints"), Statement: statements };
  const ssm = { "ec2:VpceServiceName": "com.amazonaws.eu-west-1.ssm" };
  const inbound: Context = { [`aws:ResourceTag/tenant-edge:inbound`]: "endpoints" };
  const group = ec2("security-group/sg");

  it.each<Case>([
    ["ec2:CreateVpcEndpoint", ec2("vpc-endpoint/vpce"), { ...asks("prod"), ...ssm }],
    ["ec2:CreateVpcEndpoint", ec2("vpc/vpc"), has("prod")],
    ["ec2:CreateVpcEndpoint", ec2("subnet/subnet"), has("prod")],
    ["ec2:CreateVpcEndpoint", ec2("route-table/rtb"), has("prod")],
    ["ec2:CreateVpcEndpoint", group, has("prod")],
    [
      "ec2:CreateTags",
      ec2("vpc-endpoint/vpce"),
      { ...asks("prod"), "ec2:CreateAction": "CreateVpcEndpoint" },
    ],
    ["ec2:ModifyVpcEndpoint", ec2("vpc-endpoint/vpce"), has("prod")],
    ["ec2:DeleteVpcEndpoints", ec2("vpc-endpoint/vpce"), has("prod")],
    ["ec2:DescribeVpcEndpoints", "*"],
    ["ec2:DescribePrefixLists", "*"],
    ["ec2:AuthorizeSecurityGroupIngress", group, { ...has("prod"), ...inbound }],
    [
      "ec2:CreateTags",
      group,
      {
        ...asks("prod"),
        "aws:RequestTag/tenant-edge:inbound": "endpoints",
        "ec2:CreateAction": "CreateSecurityGroup",
      },
    ],
    ["route53:AssociateVPCWithHostedZone", "arn:aws:route53:::hostedzone/Z0123456789"],
  ])("may %s on %s %o", async (action, resource, context) => {
    expect(await allowed(policy, action, resource, context)).toBe(true);
  });

  it.each<Case>([
    // A host's group
    ["ec2:AuthorizeSecurityGroupIngress", group, has("prod")],
    ["ec2:AuthorizeSecurityGroupIngress", group, { ...has("staging"), ...inbound }],
    ["ec2:CreateTags", group, { ...has("prod"), "aws:RequestTag/tenant-edge:inbound": "endpoints" }],
    // Other services, and what is another's
    ["ec2:CreateVpcEndpoint", ec2("vpc-endpoint/vpce"), asks("prod")],
    [
      "ec2:CreateVpcEndpoint",
      ec2("vpc-endpoint/vpce"),
      { ...asks("prod"), "ec2:VpceServiceName": "com.amazonaws.vpce.eu-west-1.vpce-svc-1" },
    ],
    ["ec2:CreateVpcEndpoint", ec2("vpc/vpc"), has("staging")],
    ["ec2:DeleteVpcEndpoints", ec2("vpc-endpoint/vpce"), has("staging")],
  ])("may not %s on %s %o", async (action, resource, context) => {
    expect(await allowed(policy, action, resource, context)).toBe(false);
  });
});

describe("the role of the drift check", () => {
  const policy = filledIn("reader");

  it.each<Case>([
    ["ec2:DescribeInstances", "*"],
    ["iam:GetRolePolicy", role(acme.role)],
    ["iam:GetInstanceProfile", profile(acme.role)],
    ["ssm:GetParameter", parameter(`${acme.parameterPath}/tunnel-token`)],
  ])("may %s on %s", async (action, resource, context) => {
    expect(await allowed(policy, action, resource, context)).toBe(true);
  });

  it.each<Case>([
    ["ssm:PutParameter", parameter(`${acme.parameterPath}/tunnel-token`)],
    ["ssm:GetParameter", parameter(`${tenantNames("staging", "acme").parameterPath}/tunnel-token`)],
    ["ec2:TerminateInstances", ec2("instance/i"), has("prod")],
    ["iam:PassRole", role(acme.role), { "iam:PassedToService": "ec2.amazonaws.com" }],
    ["iam:PutRolePolicy", role(acme.role)],
  ])("may not %s on %s", async (action, resource, context) => {
    expect(await allowed(policy, action, resource, context)).toBe(false);
  });

  it("reads all that the deploying role reads, and nothing else", () => {
    const actions = (name: string) => filledIn(name).Statement.flatMap(({ Action }) => Action);
    const reads = actions("deployer").filter((action) => /:(?:Describe|Get|List)|kms:Decrypt/.test(action));
    expect(new Set(actions("reader"))).toEqual(new Set(reads));
  });
});

describe("the role that runs sweeps", () => {
  const policy = filledIn("operations");
  const here: Context = { [`ssm:resourceTag/${TAG}`]: "prod" };
  const script = `arn:aws:ssm:eu-west-1:${ACCOUNT}:document/AWS-RunShellScript`;
  const staging = { ...tenantNames("staging", "acme"), ...hostNames("staging", "acme", 1) };

  it.each<Case>([
    // A rotation waits for these, of every host.
    ["ssm:GetParameters", parameter(acme.reportParameter)],
    ["ssm:GetParameters", parameter(hostNames("prod", "acme", 2).reportParameter)],
    // The health sweep
    ["ssm:DescribeInstanceInformation", "*"],
    ["ssm:SendCommand", ec2("instance/i"), here],
    ["ssm:SendCommand", script],
    ["ssm:GetCommandInvocation", "*"],
    // The sweep of orphans
    ["ec2:DescribeInstances", "*"],
    ["ec2:TerminateInstances", ec2("instance/i"), has("prod")],
    ["ec2:DescribeSecurityGroups", "*"],
    ["ec2:DeleteSecurityGroup", ec2("security-group/sg"), has("prod")],
    // Repair: what a killed run has left of a network
    ["ec2:DescribeTags", "*"],
    ["ec2:DescribeVpcs", "*"],
    ["ec2:DescribeSubnets", "*"],
    ["ec2:DescribeInternetGateways", "*"],
    ["ec2:DescribeAddresses", "*"],
    ["ec2:DescribeNatGateways", "*"],
    ["ec2:DescribeRouteTables", "*"],
    ["ec2:DescribeVpcEndpoints", "*"],
    ["ec2:DeleteVpc", ec2("vpc/vpc"), has("prod")],
    ["ec2:DeleteSubnet", ec2("subnet/subnet"), has("prod")],
    ["ec2:DetachInternetGateway", ec2("internet-gateway/igw"), has("prod")],
    ["ec2:DetachInternetGateway", ec2("vpc/vpc"), has("prod")],
    ["ec2:DeleteInternetGateway", ec2("internet-gateway/igw"), has("prod")],
    ["ec2:ReleaseAddress", ec2("elastic-ip/eipalloc"), has("prod")],
    ["ec2:DeleteNatGateway", ec2("natgateway/nat"), has("prod")],
    ["ec2:DeleteRouteTable", ec2("route-table/rtb"), has("prod")],
    ["ec2:DeleteRoute", ec2("route-table/rtb"), has("prod")],
    ["ec2:DisassociateRouteTable", ec2("route-table/rtb"), has("prod")],
    ["ec2:DisassociateRouteTable", ec2("subnet/subnet"), has("prod")],
    ["ec2:DeleteVpcEndpoints", ec2("vpc-endpoint/vpce"), has("prod")],
    // The sweep of orphans
    ["ssm:DescribeParameters", "*"],
    ["ssm:DeleteParameter", parameter(`${acme.parameterPath}/tunnel-token`)],
    ["iam:ListRoles", "*"],
    ["iam:ListRoleTags", role(acme.role)],
    ["iam:ListRolePolicies", role(longest.role)],
    ["iam:ListAttachedRolePolicies", role(acme.role)],
    ["iam:DeleteRolePolicy", role(acme.role)],
    ["iam:DetachRolePolicy", role(acme.role)],
    ["iam:DeleteRole", role(acme.role)],
    ["iam:ListInstanceProfiles", "*"],
    ["iam:ListInstanceProfileTags", profile(acme.role)],
    ["iam:GetInstanceProfile", profile(acme.role)],
    ["iam:RemoveRoleFromInstanceProfile", profile(acme.role)],
    ["iam:DeleteInstanceProfile", profile(acme.role)],
  ])("may %s on %s", async (action, resource, context) => {
    expect(await allowed(policy, action, resource, context)).toBe(true);
  });

  it.each<Case>([
    // Secrets, and what it could get them with
    ["ssm:GetParameters", parameter(`${acme.parameterPath}/tunnel-token`)],
    ["ssm:GetParameters", parameter(`${acme.parameterPath}/bucket-environment`)],
    ["ssm:PutParameter", parameter(acme.reportParameter)],
    ["iam:PutRolePolicy", role(acme.role)],
    ["iam:PassRole", role(acme.role), { "iam:PassedToService": "ec2.amazonaws.com" }],
    ["ssm:StartSession", ec2("instance/i"), here],
    // Another environment's, or another's
    ["ssm:GetParameters", parameter(staging.reportParameter)],
    ["ssm:SendCommand", ec2("instance/i")],
    ["ssm:SendCommand", ec2("instance/i"), { [`ssm:resourceTag/${TAG}`]: "staging" }],
    ["ssm:SendCommand", `arn:aws:ssm:eu-west-1:${ACCOUNT}:document/anything`],
    ["ec2:TerminateInstances", ec2("instance/i"), has("staging")],
    ["ec2:DeleteSecurityGroup", ec2("security-group/sg")],
    ["ec2:DeleteVpc", ec2("vpc/vpc")],
    ["ec2:DeleteSubnet", ec2("subnet/subnet"), has("staging")],
    ["ec2:ReleaseAddress", ec2("elastic-ip/eipalloc"), has("staging")],
    ["ec2:DeleteRoute", ec2("route-table/rtb"), has("staging")],
    ["ssm:DeleteParameter", parameter(`${staging.parameterPath}/tunnel-token`)],
    ["iam:DeleteRole", role(staging.role)],
    ["iam:DetachRolePolicy", role("admin")],
    ["iam:DeleteInstanceProfile", profile(staging.role)],
    // New things
    ["ec2:RunInstances", ec2("instance/i"), asks("prod")],
  ])("may not %s on %s %o", async (action, resource, context) => {
    expect(await allowed(policy, action, resource, context)).toBe(false);
  });
});
