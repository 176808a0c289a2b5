import { describe, expect, it } from "vitest";
import type { Aws } from "../../../sandbox/aws/cloud.ts";
import { awsFunctions, awsProvider, awsTypes } from "../../../sandbox/providers/aws/awsProvider.ts";
import type { AwsProviderClient } from "../../../sandbox/providers/aws/client.ts";
import schema from "../../../sandbox/providers/generated/aws.json" with { type: "json" };
import type { PackageSchema } from "../../../sandbox/providers/packageSchema.ts";
import { reveal } from "../../../sandbox/providers/propertyValue.ts";
import { ResourceHandler } from "../../../sandbox/providers/resourceHandler.ts";
import {
  type OperationContext,
  PartiallyCreatedError,
  type Properties,
} from "../../../sandbox/providers/resourceType.ts";
import { ARM_IMAGE, newAws, newNetwork, newProfile, REGION, type TestNetwork, TRUST_EC2 } from "./fixture.ts";
import { resourceCases, tags } from "./resourceCases.ts";

const context: OperationContext = {
  urn: "urn:pulumi:staging::p::t::main",
  name: "main",
  warn() {},
  signal: new AbortController().signal,
};

function clientOf(aws: Aws): AwsProviderClient {
  return { aws, region: REGION, defaultTags: { environment: "staging" } };
}

function typeOf(token: string) {
  const type = awsTypes.find((one) => one.token === token);
  if (type === undefined) throw new Error(`no type ${token}`);
  return type;
}

/** Inputs as Check leaves them; throws with what it refuses. */
function checked(token: string, inputs: Properties): Properties {
  const handler = new ResourceHandler(typeOf(token), schema as PackageSchema);
  const randomSeed = new Uint8Array([1, 2, 3]);
  const result = handler.check({}, inputs, { name: "main", urn: context.urn, randomSeed });
  if (result.failures.length > 0) throw new Error(JSON.stringify(result.failures));
  return result.inputs;
}

/** Arguments whose change the engine would carry out. */
function differing(token: string, state: Properties, oldInputs: Properties, inputs: Properties): string[] {
  const handler = new ResourceHandler(typeOf(token), schema as PackageSchema);
  return handler.diff({ state, oldInputs, inputs, ignoreChanges: [] }).differing;
}

describe("every resource type", () => {
  const tokens = resourceCases({} as TestNetwork).map(({ token }) => token);

  it("is tried here", () => {
    expect(awsTypes.map((type) => type.token).sort()).toEqual([...tokens].sort());
  });

  it.each(tokens)("%s is created, unchanged, refreshed, updated and deleted", async (token) => {
    const aws = newAws();
    const client = clientOf(aws);
    const network = await newNetwork(aws);
    await newProfile(aws, "host", [{ Effect: "Allow", Action: "ssm:GetParameter", Resource: "*" }]);
    const before = aws.inventory();
    const found = resourceCases(network).find((one) => one.token === token);
    if (found === undefined) throw new Error(token);
    const handler = new ResourceHandler(typeOf(token), schema as PackageSchema);
    const inputs = checked(token, found.inputs);

    const created = await handler.create(client, inputs, context);
    expect(created.id).toMatch(found.id);
    expect(reveal(created.outputs)).toMatchObject(found.outputs ?? {});
    if (found.inputs.tags !== undefined) {
      expect(created.outputs.tags).toEqual(tags);
      expect(created.outputs.tagsAll).toEqual({ environment: "staging", tenant: "a" });
    }
    expect(differing(token, created.outputs, inputs, inputs)).toEqual([]);

    const refreshed = await handler.read(client, created.id, created.outputs, inputs, context);
    expect(refreshed?.inputs).toEqual(inputs);
    expect(differing(token, refreshed?.outputs ?? {}, inputs, inputs)).toEqual([]);

    let state = created.outputs;
    if (found.change !== undefined) {
      const next = checked(token, { ...found.inputs, ...found.change });
      expect(differing(token, state, inputs, next).length).toBeGreaterThan(0);
      const change = { state, oldInputs: inputs, inputs: next, ignoreChanges: [] };
      expect(handler.diff(change).replaces).toEqual([]);
      state = await handler.update(client, created.id, change, context);
      expect(differing(token, state, next, next)).toEqual([]);
    }

    await handler.delete(client, created.id, state, context);
    expect(await handler.read(client, created.id, state, inputs, context)).toBeUndefined();
    expect(aws.inventory()).toEqual(before);
    await handler.delete(client, created.id, state, context);
  });
});

describe("an optional argument that the program takes away", () => {
  it.each([
    ["aws:iam/role:Role", { assumeRolePolicy: TRUST_EC2, description: "x" }],
    ["aws:ssm/parameter:Parameter", { name: "/a", type: "String", value: "x", description: "x" }],
  ])("is gone from %s and makes no difference any more", async (token, given) => {
    const client = clientOf(newAws());
    const handler = new ResourceHandler(typeOf(token), schema as PackageSchema);
    const oldInputs = checked(token, given);
    const inputs = checked(token, { ...given, description: undefined });
    const { id, outputs: state } = await handler.create(client, oldInputs, context);
    const updated = await handler.update(
      client,
      id,
      { state, oldInputs, inputs, ignoreChanges: [] },
      context,
    );
    expect(differing(token, updated, inputs, inputs)).toEqual([]);
  });
});

describe("names", () => {
  const role = "aws:iam/role:Role";

  it("that the program gives make a replacement delete first, others do not", () => {
    const given = checked(role, { name: "fixed", assumeRolePolicy: TRUST_EC2 });
    const generated = checked(role, { assumeRolePolicy: TRUST_EC2 });
    expect(typeOf(role).deleteBeforeReplace?.({}, given)).toBe(true);
    expect(typeOf(role).deleteBeforeReplace?.({}, generated)).toBe(false);
  });

  it("that are too long are refused before any call", () => {
    expect(() => checked(role, { name: "a".repeat(65), assumeRolePolicy: TRUST_EC2 })).toThrow(
      /range \(1 - 64\)/,
    );
  });

  it("are completed from a prefix", async () => {
    const aws = newAws();
    const inputs = checked(role, { namePrefix: "host-", assumeRolePolicy: TRUST_EC2 });
    const { id } = await typeOf(role).create(clientOf(aws), inputs, context);
    expect(id).toMatch(/^host-\w{26}$/);
  });
});

describe("policies", () => {
  it("that mean the same are no difference", () => {
    const token = "aws:iam/rolePolicy:RolePolicy";
    const policy = (Action: unknown, space?: number) =>
      JSON.stringify(
        { Version: "2012-10-17", Statement: [{ Resource: "*", Effect: "Allow", Action }] },
        null,
        space,
      );
    const inputs = { role: "host", name: "p", policy: policy("ssm:GetParameter") };
    const same = { ...inputs, policy: policy(["ssm:GetParameter"], 2) };
    expect(differing(token, inputs, inputs, same)).toEqual([]);
    expect(differing(token, inputs, inputs, { ...inputs, policy: policy("ssm:*") })).toEqual(["policy"]);
  });
});

const HTTPS = { protocol: "tcp", fromPort: 443, toPort: 443, cidrBlocks: ["0.0.0.0/0"] };

describe("refusals", () => {
  it("have the words of the real provider", async () => {
    const aws = newAws();
    const network = await newNetwork(aws);
    const type = typeOf("aws:ec2/vpc:Vpc");
    await expect(type.delete?.(clientOf(aws), network.vpcId, {}, context)).rejects.toThrow(
      new RegExp(
        `^deleting EC2 VPC \\(${network.vpcId}\\): operation error EC2: DeleteVpc, https response error StatusCode: 400, ` +
          `RequestID: [0-9a-f-]{36}, api error DependencyViolation: The vpc '${network.vpcId}' has dependencies and cannot be deleted\\.$`,
      ),
    );
    const parameter = typeOf("aws:ssm/parameter:Parameter");
    const inputs = { name: "/a", type: "String", value: "x" };
    await parameter.create(clientOf(aws), inputs, context);
    await expect(parameter.create(clientOf(aws), inputs, context)).rejects.toThrow(
      /^creating SSM Parameter \(\/a\): operation error SSM: PutParameter, .*, ParameterAlreadyExists: The parameter/,
    );
  });

  it("of a NAT gateway come after it exists, and leave it in the state", async () => {
    const aws = newAws();
    const network = await newNetwork(aws);
    const inputs = {
      subnetId: network.publicSubnetId,
      allocationId: network.allocationId,
      connectivityType: "public",
    };
    const creating = typeOf("aws:ec2/natGateway:NatGateway").create(clientOf(aws), inputs, context);
    const error = await creating.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(PartiallyCreatedError);
    expect(error).toMatchObject({
      resource: { id: expect.stringMatching(/^nat-/) },
      message: expect.stringMatching(
        /unexpected state 'failed', wanted target 'available'. last error: Resource.AlreadyAssociated: Elastic IP/,
      ),
    });
  });

  it.each([
    ["aws:ec2/instance:Instance", { userData: "a".repeat(16_385) }],
    ["aws:ec2/instance:Instance", { launchTemplate: { name: "x" } }],
    ["aws:ec2/instance:Instance", { metadataOptions: { httpEndpoint: "on" } }],
    ["aws:ec2/instance:Instance", { metadataOptions: { httpTokens: "v2" } }],
    ["aws:ec2/instance:Instance", { metadataOptions: { instanceMetadataTags: "on" } }],
    ["aws:ec2/instance:Instance", { metadataOptions: { httpPutResponseHopLimit: 0 } }],
    ["aws:ec2/instance:Instance", { instanceInitiatedShutdownBehavior: "halt" }],
    ["aws:ec2/instance:Instance", { tenancy: "own" }],
    ["aws:ec2/instance:Instance", { creditSpecification: { cpuCredits: "free" } }],
    ["aws:ec2/instance:Instance", { rootBlockDevice: { volumeType: "gp9" } }],
    ["aws:ec2/instance:Instance", { volumeTags: { a: "b" }, rootBlockDevice: { tags: { a: "b" } } }],
    ["aws:ec2/securityGroup:SecurityGroup", { ingress: [{ ...HTTPS, description: "Cloudflare’s" }] }],
    ["aws:ec2/securityGroup:SecurityGroup", { egress: [{ ...HTTPS, description: "a".repeat(256) }] }],
    ["aws:ec2/vpc:Vpc", { cidrBlock: "10.0.0.1/16" }],
    ["aws:ec2/vpc:Vpc", { cidrBlock: "10.0.0.0/8" }],
    ["aws:ec2/route:Route", { routeTableId: "rtb-1", natGatewayId: "nat-1", gatewayId: "igw-1" }],
    ["aws:ssm/parameter:Parameter", { type: "SecureString", insecureValue: "x" }],
    ["aws:ssm/parameter:Parameter", { type: "Secret", value: "x" }],
    [
      "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
      { securityGroupId: "sg-1", ipProtocol: "-1", fromPort: 0, cidrIpv4: "0.0.0.0/0" },
    ],
    ["aws:ec2/securityGroup:SecurityGroup", { name: "sg-mine" }],
  ])("of %s come before any call: %j", (token, inputs) => {
    expect(() => checked(token, inputs)).toThrow();
  });
});

describe("a security group", () => {
  const token = "aws:ec2/securityGroup:SecurityGroup";

  it("is updated when only the description of a rule changes", async () => {
    const aws = newAws();
    const client = clientOf(aws);
    const { vpcId } = await newNetwork(aws);
    const handler = new ResourceHandler(typeOf(token), schema as PackageSchema);
    const oldInputs = checked(token, { vpcId, egress: [{ ...HTTPS, description: "old" }] });
    const inputs = checked(token, { vpcId, egress: [{ ...HTTPS, description: "new" }] });
    const { id, outputs: state } = await handler.create(client, oldInputs, context);
    expect(differing(token, state, oldInputs, inputs)).toEqual(["egress"]);
    await handler.update(client, id, { state, oldInputs, inputs, ignoreChanges: [] }, context);
    const Filters = [{ Name: "group-id", Values: [id] }];
    const { SecurityGroupRules } = await aws.call("ec2:DescribeSecurityGroupRules", { Filters });
    expect(SecurityGroupRules?.map((rule) => rule.Description)).toEqual(["new"]);
  });

  it("takes no ports in a rule for all protocols", async () => {
    const aws = newAws();
    const { vpcId } = await newNetwork(aws);
    const description = "closed";
    const inputs = checked(token, { vpcId, description, egress: [{ ...HTTPS, protocol: "-1" }] });
    await expect(typeOf(token).create(clientOf(aws), inputs, context)).rejects.toThrow(
      /from_port \(443\) and to_port \(443\) must both be 0/,
    );
  });

  it("may send nothing unless it is told so", async () => {
    const aws = newAws();
    const { vpcId } = await newNetwork(aws);
    const inputs = { name: "closed", vpcId, description: "x" };
    const { outputs } = await typeOf("aws:ec2/securityGroup:SecurityGroup").create(
      clientOf(aws),
      inputs,
      context,
    );
    expect(outputs.egress).toEqual([]);
  });
});

describe("an instance", () => {
  it("cannot be put in another zone than its subnet's", async () => {
    const aws = newAws();
    const { privateSubnetId: subnetId } = await newNetwork(aws);
    const base = { ami: ARM_IMAGE, instanceType: "t4g.nano", subnetId, tenancy: "dedicated" };
    const create = (availabilityZone: string) =>
      typeOf("aws:ec2/instance:Instance").create(clientOf(aws), { ...base, availabilityZone }, context);
    await expect(create("eu-west-1a")).rejects.toThrow(/InvalidParameterValue: The availability zone/);
    expect((await create("eu-west-1b")).outputs).toMatchObject({ tenancy: "dedicated" });
  });
});

describe("a protected instance", () => {
  it("is only deleted with forceDestroy", async () => {
    const aws = newAws();
    const { privateSubnetId: subnetId } = await newNetwork(aws);
    const inputs = { ami: ARM_IMAGE, instanceType: "t4g.nano", subnetId, disableApiTermination: true };
    const type = typeOf("aws:ec2/instance:Instance");
    const { id, outputs } = await type.create(clientOf(aws), inputs, context);
    await expect(type.delete?.(clientOf(aws), id, outputs, context)).rejects.toThrow(/OperationNotPermitted/);
    await type.delete?.(clientOf(aws), id, { ...outputs, forceDestroy: true }, context);
    expect(aws.instance(id)?.state).toBe("terminated");
  });
});

describe("data sources", () => {
  function invoke(aws: Aws, name: string, args: Properties = {}): Promise<Properties> {
    const found = awsFunctions.find((one) => one.token.endsWith(`:${name}`));
    if (found === undefined) throw new Error(`no function ${name}`);
    return found.invoke(clientOf(aws), args);
  }

  it("know the place and the caller", async () => {
    const aws = newAws();
    expect(await invoke(aws, "getAvailabilityZones", { state: "available" })).toMatchObject({
      names: ["eu-west-1a", "eu-west-1b", "eu-west-1c"],
      zoneIds: ["euw1-az1", "euw1-az2", "euw1-az3"],
      groupNames: ["eu-west-1"],
    });
    expect(await invoke(aws, "getCallerIdentity")).toMatchObject({ accountId: "123456789012" });
    expect(await invoke(aws, "getRegion")).toMatchObject({ region: REGION, description: "Europe (Ireland)" });
    expect(await invoke(aws, "getPartition")).toMatchObject({ partition: "aws" });
  });

  it("find images and public parameters, and say when there is none or more than one", async () => {
    const aws = newAws();
    const owners = ["amazon"];
    const filters = [{ name: "architecture", values: ["arm64"] }];
    expect(await invoke(aws, "getAmi", { owners, filters })).toMatchObject({
      id: ARM_IMAGE,
      architecture: "arm64",
    });
    await expect(invoke(aws, "getAmi", { owners })).rejects.toThrow(/more than one result/);
    await expect(invoke(aws, "getAmi", { owners, nameRegex: "^none$" })).rejects.toThrow(/no results/);
    const name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64";
    aws.ensurePublicParameter(name, ARM_IMAGE);
    expect(await invoke(aws, "getParameter", { name })).toMatchObject({
      value: ARM_IMAGE,
      insecureValue: ARM_IMAGE,
    });
    await expect(invoke(aws, "getParameter", { name: "/missing" })).rejects.toThrow(/ParameterNotFound/);
  });
});

describe("the provider's configuration", () => {
  it("takes default tags, and refuses another account or region", async () => {
    const provider = awsProvider(newAws());
    const defaultTags = JSON.stringify({ tags: { team: "x" } });
    expect(await provider.configure({ region: REGION, defaultTags })).toMatchObject({
      defaultTags: { team: "x" },
    });
    expect(() => provider.configure({ allowedAccountIds: '["210987654321"]' })).toThrow(/not allowed/);
    expect(() => provider.configure({ region: "us-east-1" })).toThrow(/emulates the region eu-west-1 only/);
  });
});
