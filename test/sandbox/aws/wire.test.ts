import { DescribeInstancesCommand, EC2Client, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  DescribeParametersCommand,
  GetCommandInvocationCommand,
  GetParameterCommand,
  GetParametersCommand,
  ListTagsForResourceCommand,
  ParameterAlreadyExists,
  ParameterNotFound,
  PutParameterCommand,
  SendCommandCommand,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { beforeEach, describe, expect, it } from "vitest";
import type { Aws } from "../../../sandbox/aws/cloud.ts";
import { type AwsCredentials, deployerCredentials } from "../../../sandbox/aws/credentials.ts";
import {
  ACCOUNT,
  endpointOf,
  newAws,
  newInstance,
  newNetwork,
  newProfile,
  REGION,
  until,
} from "./fixture.ts";

let aws: Aws;
let endpoint: string;
let now: Date;

beforeEach(async () => {
  now = new Date();
  aws = newAws({ now: () => now });
  endpoint = await endpointOf(aws);
});

function configuration(credentials: AwsCredentials = deployerCredentials, region = REGION) {
  return { endpoint, region, credentials, maxAttempts: 1 };
}

async function newHost(): Promise<{ id: string; credentials: AwsCredentials }> {
  const resource = `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/t/a/*`;
  await newProfile(aws, "host-a", [{ Effect: "Allow", Action: "ssm:Get*", Resource: resource }]);
  const id = await newInstance(aws, await newNetwork(aws), "host-a");
  const credentials = aws.credentialsFor(id);
  if (credentials === undefined) throw new Error("no credentials");
  return { id, credentials };
}

describe("SSM", () => {
  it("does what the official client asks", async () => {
    const ssm = new SSMClient(configuration());
    const put = { Name: "/t/a/token", Value: "secret", Type: "SecureString" } as const;
    expect(await ssm.send(new PutParameterCommand(put))).toMatchObject({ Version: 1, Tier: "Standard" });
    const get = new GetParameterCommand({ Name: "/t/a/token", WithDecryption: true });
    const { Parameter } = await ssm.send(get);
    expect(Parameter).toMatchObject({ Value: "secret", Type: "SecureString", Version: 1, DataType: "text" });
    expect(Parameter?.LastModifiedDate).toBeInstanceOf(Date);
    const names = new GetParametersCommand({ Names: ["/t/a/token", "/missing"] });
    expect(await ssm.send(names)).toMatchObject({ InvalidParameters: ["/missing"] });
    const resource = { ResourceType: "Parameter", ResourceId: "/t/a/token" } as const;
    await ssm.send(new AddTagsToResourceCommand({ ...resource, Tags: [{ Key: "k", Value: "v" }] }));
    const tags = await ssm.send(new ListTagsForResourceCommand(resource));
    expect(tags.TagList).toEqual([{ Key: "k", Value: "v" }]);
    const { Parameters } = await ssm.send(new DescribeParametersCommand({}));
    expect(Parameters?.[0]).toMatchObject({ Name: "/t/a/token", KeyId: "alias/aws/ssm" });
    await ssm.send(new DeleteParameterCommand({ Name: "/t/a/token" }));
    await expect(ssm.send(get)).rejects.toBeInstanceOf(ParameterNotFound);
  });

  it("answers refusals that the official client knows by class", async () => {
    const ssm = new SSMClient(configuration());
    const put = new PutParameterCommand({ Name: "/a", Value: "x", Type: "String" });
    await ssm.send(put);
    const error = await ssm.send(put).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ParameterAlreadyExists);
    expect(error).toMatchObject({ $metadata: { httpStatusCode: 400 } });
  });

  it("gives a host what its role allows and no more", async () => {
    const { credentials } = await newHost();
    for (const name of ["/t/a/token", "/t/b/token"]) {
      await aws.call("ssm:PutParameter", { Name: name, Value: name, Type: "SecureString" });
    }
    const ssm = new SSMClient(configuration(credentials));
    const own = new GetParameterCommand({ Name: "/t/a/token", WithDecryption: true });
    expect((await ssm.send(own)).Parameter?.Value).toBe("/t/a/token");
    await expect(ssm.send(new GetParameterCommand({ Name: "/t/b/token" }))).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: expect.stringContaining("is not authorized to perform: ssm:GetParameter on resource"),
    });
    const write = new PutParameterCommand({ Name: "/t/a/token", Value: "x", Overwrite: true });
    await expect(ssm.send(write)).rejects.toMatchObject({ name: "AccessDeniedException" });
  });
});

describe("Run Command without a host behind the instance", () => {
  it("waits for the agent as long as the caller said, and then gives up", async () => {
    await newProfile(aws, "host-a", [
      { Effect: "Allow", Action: "ssm:UpdateInstanceInformation", Resource: "*" },
    ]);
    const InstanceId = await newInstance(aws, await newNetwork(aws), "host-a");
    const ssm = new SSMClient(configuration());
    const { Command } = await ssm.send(
      new SendCommandCommand({
        DocumentName: "AWS-RunShellScript",
        InstanceIds: [InstanceId],
        Parameters: { commands: ["true"] },
        TimeoutSeconds: 60,
      }),
    );
    const wanted = new GetCommandInvocationCommand({ CommandId: Command?.CommandId, InstanceId });
    const state = async () => {
      const { Status, StatusDetails } = await ssm.send(wanted);
      return `${Status} ${StatusDetails}`;
    };
    await until(async () => (await state().catch(() => "")) === "Pending Pending");
    now = new Date(now.getTime() + 60_000);
    expect(await state()).toBe("TimedOut DeliveryTimedOut");
  });
});

describe("authentication", () => {
  const get = () => new GetParameterCommand({ Name: "/a" });

  it("refuses unknown keys, wrong secrets, foreign tokens and other regions", async () => {
    const { credentials } = await newHost();
    const refused = (given: AwsCredentials, region?: string) =>
      new SSMClient(configuration(given, region)).send(get()).catch((error: Error) => error.name);
    const unknown = { accessKeyId: "AKIAUNKNOWN", secretAccessKey: "x" };
    expect(await refused(unknown)).toBe("UnrecognizedClientException");
    expect(await refused({ ...credentials, secretAccessKey: "x" })).toBe("InvalidSignatureException");
    expect(await refused({ ...credentials, sessionToken: "x" })).toBe("UnrecognizedClientException");
    expect(await refused(deployerCredentials, "us-east-1")).toBe("InvalidSignatureException");
    const unsigned = await fetch(endpoint, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonSSM.GetParameter" },
      body: '{"Name":"/a"}',
    });
    expect(await unsigned.text()).toContain("MissingAuthenticationTokenException");
  });

  it("outlives the instance, but neither its own six hours nor the role", async () => {
    const { id, credentials } = await newHost();
    const sts = new STSClient(configuration(credentials));
    const identity = () => sts.send(new GetCallerIdentityCommand({}));
    await aws.call("ec2:TerminateInstances", { InstanceIds: [id] });
    await until(() => aws.instance(id)?.state === "terminated");
    expect((await identity()).Arn).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/host-a/${id}`);
    now = new Date(now.getTime() + 6 * 3_600_000);
    await expect(identity()).rejects.toMatchObject({ name: "ExpiredToken" });
    now = new Date(now.getTime() - 6 * 3_600_000);
    await aws.call("iam:RemoveRoleFromInstanceProfile", {
      InstanceProfileName: "host-a",
      RoleName: "host-a",
    });
    await aws.call("iam:DeleteRolePolicy", { RoleName: "host-a", PolicyName: "own" });
    await aws.call("iam:DeleteRole", { RoleName: "host-a" });
    await expect(identity()).rejects.toMatchObject({
      name: "InvalidClientTokenId",
      $metadata: { httpStatusCode: 403 },
    });
  });
});

describe("STS and EC2", () => {
  it("tell the deployer who it is", async () => {
    const identity = await new STSClient(configuration()).send(new GetCallerIdentityCommand({}));
    expect(identity).toMatchObject({ Account: ACCOUNT, Arn: `arn:aws:iam::${ACCOUNT}:user/deployer` });
  });

  it("list instances by filter and page, and terminate them", async () => {
    const network = await newNetwork(aws);
    const ids = [await newInstance(aws, network), await newInstance(aws, network)];
    await aws.call("ec2:CreateTags", { Resources: ids.slice(1), Tags: [{ Key: "tenant", Value: "a&b" }] });
    const ec2 = new EC2Client(configuration());
    const Filters = [{ Name: "tag:tenant", Values: ["a&b"] }];
    const tagged = await ec2.send(new DescribeInstancesCommand({ Filters }));
    expect(tagged.Reservations?.[0]?.Instances?.[0]).toMatchObject({
      InstanceId: ids[1],
      State: { Name: "running", Code: 16 },
      PrivateIpAddress: "10.0.1.5",
      Tags: [{ Key: "tenant", Value: "a&b" }],
      SecurityGroups: [{ GroupId: network.groupId, GroupName: "hosts" }],
    });
    const page = await ec2.send(new DescribeInstancesCommand({ MaxResults: 1 }));
    expect(page.Reservations).toHaveLength(1);
    const rest = await ec2.send(new DescribeInstancesCommand({ MaxResults: 1, NextToken: page.NextToken }));
    expect(rest.Reservations?.[0]?.Instances?.[0]?.InstanceId).toBe(ids[1]);
    const terminated = await ec2.send(new TerminateInstancesCommand({ InstanceIds: ids.slice(0, 1) }));
    expect(terminated.TerminatingInstances?.[0]).toMatchObject({
      PreviousState: { Name: "running" },
      CurrentState: { Name: "shutting-down", Code: 32 },
    });
    const unknown = new DescribeInstancesCommand({ InstanceIds: ["i-00000000000000000"] });
    await expect(ec2.send(unknown)).rejects.toMatchObject({ name: "InvalidInstanceID.NotFound" });
  });

  it("refuse a host that may not", async () => {
    const { credentials } = await newHost();
    const list = new EC2Client(configuration(credentials)).send(new DescribeInstancesCommand({}));
    await expect(list).rejects.toMatchObject({
      name: "UnauthorizedOperation",
      $metadata: { httpStatusCode: 403 },
    });
  });
});
