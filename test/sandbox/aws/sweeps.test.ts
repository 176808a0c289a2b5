import {
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
  RebootInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
  DeleteInstanceProfileCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListInstanceProfilesCommand,
  ListInstanceProfileTagsCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  ListRoleTagsCommand,
  paginateListRoles,
  RemoveRoleFromInstanceProfileCommand,
} from "@aws-sdk/client-iam";
import {
  DeleteParametersCommand,
  DescribeParametersCommand,
  GetParametersByPathCommand,
  paginateDescribeParameters,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { beforeEach, describe, expect, it } from "vitest";
import type { Aws } from "../../../sandbox/aws/cloud.ts";
import { type AwsCredentials, deployerCredentials } from "../../../sandbox/aws/credentials.ts";
import {
  endpointOf,
  newAws,
  newInstance,
  newNetwork,
  newProfile,
  REGION,
  TRUST_EC2,
  until,
} from "./fixture.ts";

const CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";

let aws: Aws;
let endpoint: string;

beforeEach(async () => {
  aws = newAws();
  endpoint = await endpointOf(aws);
});

function configuration(credentials: AwsCredentials = deployerCredentials) {
  return { endpoint, region: REGION, credentials, maxAttempts: 1 };
}

async function role(RoleName: string, Path = "/", tenant = RoleName): Promise<void> {
  const Tags = [{ Key: "tenant", Value: tenant }];
  await aws.call("iam:CreateRole", { RoleName, Path, AssumeRolePolicyDocument: TRUST_EC2, Tags });
}

describe("roles and instance profiles over the wire", () => {
  it("are listed by path, without tags, which are asked for one by one", async () => {
    const iam = new IAMClient(configuration());
    await role("host-b", "/tenant-edge/");
    await role("host-a", "/tenant-edge/", "<a & b>");
    await role("other");
    const { Roles, IsTruncated } = await iam.send(new ListRolesCommand({ PathPrefix: "/tenant-edge/" }));
    expect(Roles?.map(({ RoleName }) => RoleName)).toEqual(["host-a", "host-b"]);
    expect(Roles?.[0]?.Tags).toBeUndefined();
    expect(Roles?.[0]?.CreateDate).toBeInstanceOf(Date);
    expect(IsTruncated).toBe(false);
    const { Tags } = await iam.send(new ListRoleTagsCommand({ RoleName: "host-a" }));
    expect(Tags).toEqual([{ Key: "tenant", Value: "<a & b>" }]);
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: "host-a" }));
    expect(Role).toMatchObject({ Path: "/tenant-edge/", Tags: [{ Key: "tenant", Value: "<a & b>" }] });
    expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? "")).toBe(TRUST_EC2);
  });

  it("are nowhere in particular: requests may be signed for the region of IAM itself", async () => {
    await role("host-a");
    const iam = new IAMClient({ ...configuration(), region: "us-east-1" });
    expect((await iam.send(new ListRolesCommand({}))).Roles).toHaveLength(1);
  });

  it("come in pages", async () => {
    for (const name of ["a", "b", "c"]) await role(name);
    const names: (string | undefined)[][] = [];
    for await (const { Roles } of paginateListRoles(
      { client: new IAMClient(configuration()), pageSize: 2 },
      {},
    ))
      names.push((Roles ?? []).map(({ RoleName }) => RoleName));
    expect(names).toEqual([["a", "b"], ["c"]]);
  });

  it("are taken apart and deleted in the order that IAM wants", async () => {
    const iam = new IAMClient(configuration());
    const RoleName = "host-a";
    const InstanceProfileName = "host-a";
    await newProfile(aws, RoleName, [{ Effect: "Allow", Action: "ssm:GetParameter", Resource: "*" }]);
    await aws.call("iam:AttachRolePolicy", { RoleName, PolicyArn: CORE });
    await aws.call("iam:TagInstanceProfile", { InstanceProfileName, Tags: [{ Key: "k", Value: "v" }] });
    await expect(iam.send(new DeleteRoleCommand({ RoleName }))).rejects.toMatchObject({
      name: "DeleteConflictException",
      $metadata: { httpStatusCode: 409 },
    });

    const { InstanceProfiles } = await iam.send(new ListInstanceProfilesCommand({}));
    expect(InstanceProfiles?.[0]).toMatchObject({ InstanceProfileName, Roles: [{ RoleName }] });
    const { Tags } = await iam.send(new ListInstanceProfileTagsCommand({ InstanceProfileName }));
    expect(Tags).toEqual([{ Key: "k", Value: "v" }]);
    await iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName }));
    await iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName }));
    const { AttachedPolicies } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }));
    expect(AttachedPolicies).toEqual([{ PolicyArn: CORE, PolicyName: "AmazonSSMManagedInstanceCore" }]);
    await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn: CORE }));
    const { PolicyNames } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
    expect(PolicyNames).toEqual(["own"]);
    await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: "own" }));
    await iam.send(new DeleteRoleCommand({ RoleName }));
    await expect(iam.send(new GetRoleCommand({ RoleName }))).rejects.toMatchObject({
      name: "NoSuchEntityException",
    });
    expect(aws.inventory()).toEqual([]);
  });

  it("are not a host's business", async () => {
    await newProfile(aws, "host-a", [{ Effect: "Allow", Action: "*", Resource: "*" }]);
    const id = await newInstance(aws, await newNetwork(aws), "host-a");
    const credentials = aws.credentialsFor(id);
    const list = new IAMClient(configuration(credentials)).send(new ListRolesCommand({}));
    await expect(list).rejects.toMatchObject({ name: "AccessDenied", $metadata: { httpStatusCode: 403 } });
  });
});

describe("security groups over the wire", () => {
  it("are found by tag and deleted when nothing uses them", async () => {
    const ec2 = new EC2Client(configuration());
    const { vpcId, groupId } = await newNetwork(aws);
    await aws.call("ec2:CreateTags", { Resources: [groupId], Tags: [{ Key: "tenant", Value: "a" }] });
    const tagged = new DescribeSecurityGroupsCommand({ Filters: [{ Name: "tag-key", Values: ["tenant"] }] });
    const { SecurityGroups } = await ec2.send(tagged);
    expect(SecurityGroups).toHaveLength(1);
    expect(SecurityGroups?.[0]).toMatchObject({
      GroupId: groupId,
      GroupName: "hosts",
      VpcId: vpcId,
      Tags: [{ Key: "tenant", Value: "a" }],
      IpPermissions: [],
      IpPermissionsEgress: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
    });
    await ec2.send(new DeleteSecurityGroupCommand({ GroupId: groupId }));
    expect((await ec2.send(tagged)).SecurityGroups).toEqual([]);
    await expect(ec2.send(new DeleteSecurityGroupCommand({ GroupId: groupId }))).rejects.toMatchObject({
      name: "InvalidGroup.NotFound",
    });
  });

  it("stay while an instance has them", async () => {
    const network = await newNetwork(aws);
    await newInstance(aws, network);
    const call = new EC2Client(configuration()).send(
      new DeleteSecurityGroupCommand({ GroupId: network.groupId }),
    );
    await expect(call).rejects.toMatchObject({ name: "DependencyViolation" });
  });
});

describe("parameters over the wire", () => {
  beforeEach(async () => {
    for (const name of ["/t/a/one", "/t/a/two", "/t/a/b/three", "/t/ab", "/other"]) {
      await aws.call("ssm:PutParameter", { Name: name, Value: `value of ${name}`, Type: "SecureString" });
    }
  });

  it("are described by path, at any depth or right below it, in pages", async () => {
    const client = new SSMClient(configuration());
    const below = async (Path: string, Option?: string) => {
      const ParameterFilters = [{ Key: "Path", Values: [Path], ...(Option && { Option }) }];
      const { Parameters } = await client.send(new DescribeParametersCommand({ ParameterFilters }));
      return Parameters?.map(({ Name }) => Name);
    };
    expect(await below("/t/a", "Recursive")).toEqual(["/t/a/one", "/t/a/two", "/t/a/b/three"]);
    expect(await below("/t/a/")).toEqual(["/t/a/one", "/t/a/two"]);
    expect(await below("/t", "OneLevel")).toEqual(["/t/ab"]);
    await expect(below("/t", "BeginsWith")).rejects.toMatchObject({ name: "InvalidFilterOption" });
    let pages = 0;
    for await (const { Parameters } of paginateDescribeParameters({ client, pageSize: 2 }, {})) {
      expect(Parameters?.length).toBeGreaterThan(0);
      pages += 1;
    }
    expect(pages).toBe(3);
  });

  it("are read by path, decrypted when asked, and deleted many at once", async () => {
    const client = new SSMClient(configuration());
    const wanted = { Path: "/t/a", WithDecryption: true };
    const { Parameters } = await client.send(new GetParametersByPathCommand(wanted));
    expect(Parameters?.map(({ Value }) => Value)).toEqual(["value of /t/a/one", "value of /t/a/two"]);
    const all = new GetParametersByPathCommand({ ...wanted, Recursive: true, WithDecryption: false });
    const encrypted = (await client.send(all)).Parameters;
    expect(encrypted?.map(({ Name }) => Name)).toEqual(["/t/a/b/three", "/t/a/one", "/t/a/two"]);
    expect(encrypted?.[0]?.Value).not.toContain("value of");
    const Names = ["/t/a/one", "/t/a/missing"];
    expect(await client.send(new DeleteParametersCommand({ Names }))).toMatchObject({
      DeletedParameters: ["/t/a/one"],
      InvalidParameters: ["/t/a/missing"],
    });
    expect((await client.send(new GetParametersByPathCommand(wanted))).Parameters).toHaveLength(1);
    const eleven = Array.from({ length: 11 }, (_, index) => `/t/${index}`);
    await expect(client.send(new DeleteParametersCommand({ Names: eleven }))).rejects.toMatchObject({
      name: "ValidationException",
    });
  });
});

describe("RebootInstances", () => {
  it("reboots an instance that runs, and refuses any other", async () => {
    const ec2 = new EC2Client(configuration());
    const id = await newInstance(aws, await newNetwork(aws));
    const kinds: string[] = [];
    aws.onInstance(({ kind }) => kinds.push(kind));
    await ec2.send(new RebootInstancesCommand({ InstanceIds: [id] }));
    await until(() => kinds.includes("rebooted"));
    expect(aws.instance(id)?.state).toBe("running");
    await aws.call("ec2:StopInstances", { InstanceIds: [id] });
    await until(() => aws.instance(id)?.state === "stopped");
    await expect(ec2.send(new RebootInstancesCommand({ InstanceIds: [id] }))).rejects.toMatchObject({
      name: "IncorrectInstanceState",
    });
  });
});
