import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Store } from "../../../sandbox/store.ts";
import {
  ARM_IMAGE,
  newAws,
  newInstance,
  newNetwork,
  newProfile,
  refusal,
  TRUST_EC2,
  until,
  X86_IMAGE,
} from "./fixture.ts";

describe("an instance", () => {
  it("goes from pending to running to terminated, tells so, and gives subnet and group free at its end", async () => {
    const aws = newAws();
    const network = await newNetwork(aws);
    const events: string[] = [];
    aws.onInstance(({ kind }) => events.push(kind));
    const id = await newInstance(aws, network, undefined, "#cloud-config\nhostname: a\n");
    expect(aws.instance(id)).toMatchObject({
      state: "running",
      userData: "#cloud-config\nhostname: a\n",
      architecture: "arm64",
      privateIp: "10.0.1.4",
      cloudflaredVersion: "2026.8.2",
      metadataOptions: { httpTokens: "required" },
    });
    expect(aws.instance(id)).not.toHaveProperty("publicIp");
    await aws.call("ec2:TerminateInstances", { InstanceIds: [id] });
    expect(aws.instance(id)?.state).toBe("shutting-down");
    await until(() => aws.instance(id)?.state === "terminated");
    expect(events).toEqual(["running", "terminated"]);
    expect(aws.runningInstances()).toEqual([]);
    await aws.call("ec2:DeleteSecurityGroup", { GroupId: network.groupId });
    await aws.call("ec2:DeleteSubnet", { SubnetId: network.privateSubnetId });
    const { Reservations } = await aws.call("ec2:DescribeInstances", { InstanceIds: [id] });
    expect(Reservations?.[0]?.Instances?.[0]?.State?.Name).toBe("terminated");
    expect((await aws.call("ec2:DescribeVolumes", {})).Volumes).toEqual([]);
  });

  it("is no longer listed an hour after its end", async () => {
    let now = new Date("2026-01-01T00:00:00Z");
    const aws = newAws({ now: () => now });
    const id = await newInstance(aws, await newNetwork(aws));
    await aws.call("ec2:TerminateInstances", { InstanceIds: [id] });
    await until(() => aws.instance(id)?.state === "terminated");
    now = new Date("2026-01-01T01:00:01Z");
    expect((await aws.call("ec2:DescribeInstances", {})).Reservations).toEqual([]);
  });

  it("keeps what cloud-init ran at its first boot when its user data changes while it is stopped", async () => {
    const aws = newAws();
    const id = await newInstance(aws, await newNetwork(aws), undefined, "first");
    const change = { InstanceId: id, UserData: { Value: Buffer.from("second") } };
    expect(await refusal(aws.call("ec2:ModifyInstanceAttribute", change))).toMatch(/^IncorrectInstanceState/);
    await aws.call("ec2:StopInstances", { InstanceIds: [id] });
    await until(() => aws.instance(id)?.state === "stopped");
    await aws.call("ec2:ModifyInstanceAttribute", change);
    await aws.call("ec2:StartInstances", { InstanceIds: [id] });
    await until(() => aws.instance(id)?.state === "running");
    expect(aws.instance(id)).toMatchObject({ userData: "second", firstBootUserData: "first" });
  });

  it("goes on with its transition when the sandbox was killed in the middle of it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "aws-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const first = Store.open(folder);
    const before = newAws({ store: first, transitionMilliseconds: 60_000 });
    before.ensureExistingNetwork({ vpcId: "vpc-0123456789abcdef0", subnetIds: ["subnet-0123456789abcdef0"] });
    const input = { MinCount: 1, MaxCount: 1, ImageId: ARM_IMAGE, SubnetId: "subnet-0123456789abcdef0" };
    const { Instances } = await before.call("ec2:RunInstances", { ...input, InstanceType: "t4g.nano" });
    before.close();
    first.close();
    const second = Store.open(folder);
    onTestFinished(() => second.close());
    const after = newAws({ store: second });
    await until(() => after.instance(Instances?.[0]?.InstanceId ?? "")?.state === "running");
  });

  it("is started once when a launch is repeated with the same token", async () => {
    const aws = newAws();
    const { privateSubnetId: SubnetId } = await newNetwork(aws);
    const launch = () =>
      aws.call("ec2:RunInstances", {
        MinCount: 1,
        MaxCount: 1,
        ImageId: ARM_IMAGE,
        InstanceType: "t4g.nano",
        SubnetId,
        ClientToken: "once",
      });
    const ids = [await launch(), await launch()].map((answer) => answer.Instances?.[0]?.InstanceId);
    expect(new Set(ids).size).toBe(1);
  });

  it("cannot get a root volume that could not have been launched", async () => {
    const aws = newAws();
    await newInstance(aws, await newNetwork(aws));
    const VolumeId = (await aws.call("ec2:DescribeVolumes", {})).Volumes?.[0]?.VolumeId;
    const modify = (input: object) => refusal(aws.call("ec2:ModifyVolume", { VolumeId, ...input }));
    expect(await modify({ Iops: 20_000 })).toMatch(/^InvalidParameterValue/);
    expect(await modify({ VolumeType: "gp2", Throughput: 125 })).toMatch(/^InvalidParameterCombination/);
    expect(await modify({ Iops: 4000, Throughput: 250 })).toBe("accepted");
  });

  it("cannot be terminated while it is protected", async () => {
    const aws = newAws();
    const id = await newInstance(aws, await newNetwork(aws));
    await aws.call("ec2:ModifyInstanceAttribute", { InstanceId: id, DisableApiTermination: { Value: true } });
    expect(await refusal(aws.call("ec2:TerminateInstances", { InstanceIds: [id] }))).toBe(
      `OperationNotPermitted: The instance '${id}' may not be terminated. ` +
        "Modify its 'disableApiTermination' instance attribute and try again.",
    );
  });
});

describe("a launch", () => {
  const rootVolume = (Ebs: object) => ({ BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs }] });
  const cases: [string, object][] = [
    [
      "InvalidAMIID.NotFound: The image id '[ami-0cccccccccccccccc]' does not exist",
      { ImageId: "ami-0cccccccccccccccc" },
    ],
    ["InvalidSubnetID.NotFound", { SubnetId: "subnet-00000000000000000" }],
    ["InvalidGroup.NotFound", { SecurityGroupIds: ["sg-00000000000000000"] }],
    ["InvalidParameterValue: Invalid value 't9.huge' for InstanceType.", { InstanceType: "t9.huge" }],
    ["InvalidParameterValue: The architecture 'arm64'", { ImageId: X86_IMAGE }],
    [
      "InvalidParameterValue: Value (nobody) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
      { IamInstanceProfile: { Name: "nobody" } },
    ],
    [
      "InvalidParameterValue: User data is limited to 16384 bytes",
      { UserData: Buffer.alloc(16_385, "a").toString("base64") },
    ],
    ["InvalidParameterValue: Invalid BASE64 encoding of user data.", { UserData: "#cloud-config" }],
    ["InvalidKeyPair.NotFound", { KeyName: "mine" }],
    ["InvalidParameterValue", { PrivateIpAddress: "10.0.9.9" }],
    [
      "InvalidBlockDeviceMapping",
      { BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { VolumeSize: 1 } }] },
    ],
    ["InvalidParameterValue: Value (on) for", { MetadataOptions: { HttpEndpoint: "on" } }],
    ["InvalidParameterValue: Value (v2) for", { MetadataOptions: { HttpTokens: "v2" } }],
    ["InvalidParameterValue: Value (on) for", { MetadataOptions: { InstanceMetadataTags: "on" } }],
    ["InvalidParameterValue: A value of '65'", { MetadataOptions: { HttpPutResponseHopLimit: 65 } }],
    ["InvalidParameterValue: Value (halt) for", { InstanceInitiatedShutdownBehavior: "halt" }],
    ["InvalidParameterValue: Value (free) for", { CreditSpecification: { CpuCredits: "free" } }],
    ["InvalidParameterValue: Value (own) for", { Placement: { Tenancy: "own" } }],
    ["InvalidParameterValue: The availability zone", { Placement: { AvailabilityZone: "eu-west-1a" } }],
    ["InvalidParameterValue: Value (gp9) for", rootVolume({ VolumeType: "gp9" })],
    ["InvalidParameterValue: Volume size", rootVolume({ VolumeType: "gp3", VolumeSize: 16_385 })],
    ["InvalidParameterValue: Volume iops", rootVolume({ VolumeType: "gp3", Iops: 2999 })],
    ["InvalidParameterValue: Volume iops", rootVolume({ VolumeType: "gp3", Iops: 16_001 })],
    ["InvalidParameterValue: Volume throughput", rootVolume({ VolumeType: "gp3", Throughput: 1001 })],
    ["InvalidParameterCombination: The parameter iops", rootVolume({ VolumeType: "gp2", Iops: 3000 })],
    [
      "InvalidParameterCombination: The parameter throughput",
      rootVolume({ VolumeType: "gp2", Throughput: 125 }),
    ],
    ["UnsupportedOperation", { CpuOptions: { CoreCount: 1 } }],
  ];
  it.each(cases)("is refused with %s", async (message, input) => {
    const aws = newAws();
    const { privateSubnetId: SubnetId } = await newNetwork(aws);
    const base = {
      MinCount: 1,
      MaxCount: 1,
      ImageId: ARM_IMAGE,
      InstanceType: "t4g.nano" as const,
      SubnetId,
    };
    expect(await refusal(aws.call("ec2:RunInstances", { ...base, ...input }))).toContain(message);
    expect(aws.inventory().filter((item) => item.kind === "ec2:instance")).toEqual([]);
  });

  it("is accepted with user data of exactly 16384 bytes", async () => {
    const aws = newAws();
    await newInstance(aws, await newNetwork(aws), undefined, "a".repeat(16_384));
  });

  it("is refused when group and subnet are of different networks, and without a role in the profile", async () => {
    const aws = newAws();
    const { privateSubnetId: SubnetId } = await newNetwork(aws);
    const VpcId = (await aws.call("ec2:CreateVpc", { CidrBlock: "10.8.0.0/16" })).Vpc?.VpcId;
    const group = { GroupName: "elsewhere", Description: "x", VpcId };
    const { GroupId = "" } = await aws.call("ec2:CreateSecurityGroup", group);
    const base = {
      MinCount: 1,
      MaxCount: 1,
      ImageId: ARM_IMAGE,
      InstanceType: "t4g.nano" as const,
      SubnetId,
    };
    expect(await refusal(aws.call("ec2:RunInstances", { ...base, SecurityGroupIds: [GroupId] }))).toBe(
      `InvalidParameter: Security group ${GroupId} and subnet ${SubnetId} belong to different networks.`,
    );
    await aws.call("iam:CreateInstanceProfile", { InstanceProfileName: "empty" });
    const profile = { IamInstanceProfile: { Name: "empty" } };
    expect(await refusal(aws.call("ec2:RunInstances", { ...base, ...profile }))).toMatch(
      /has no associated IAM Roles$/,
    );
  });

  it("is refused beyond the vCPU quota", async () => {
    const aws = newAws({ quotas: { standardVcpus: 3 } });
    const network = await newNetwork(aws);
    await newInstance(aws, network);
    expect(await refusal(newInstance(aws, network))).toMatch(/^VcpuLimitExceeded/);
  });
});

describe("credentials of an instance", () => {
  it("are there as long as its profile and role are, and the role trusts EC2", async () => {
    const aws = newAws();
    const network = await newNetwork(aws);
    await newProfile(aws, "host", [{ Effect: "Allow", Action: "ssm:GetParameter", Resource: "*" }]);
    const id = await newInstance(aws, network, "host");
    const credentials = aws.credentialsFor(id);
    expect(credentials?.accessKeyId).toMatch(/^ASIA/);
    expect(aws.credentialsFor(id)).toEqual(credentials);
    expect(aws.instance(id)?.roleArn).toBe("arn:aws:iam::123456789012:role/host");

    const lambda = TRUST_EC2.replace("ec2.", "lambda.");
    await aws.call("iam:UpdateAssumeRolePolicy", { RoleName: "host", PolicyDocument: lambda });
    expect(aws.credentialsFor(id)).toBeUndefined();
    expect(aws.credentialsProblem(id)).toMatch(/does not name ec2.amazonaws.com/);

    await aws.call("iam:RemoveRoleFromInstanceProfile", { InstanceProfileName: "host", RoleName: "host" });
    expect(aws.credentialsProblem(id)).toMatch(/has no role/);
    await aws.call("iam:DeleteInstanceProfile", { InstanceProfileName: "host" });
    expect(aws.credentialsProblem(id)).toMatch(/does not exist/);
  });
});
