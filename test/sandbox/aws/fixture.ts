import { serve } from "@hono/node-server";
import { onTestFinished, vi } from "vitest";
import { Aws, type AwsOptions } from "../../../sandbox/aws/cloud.ts";
import { AwsError } from "../../../sandbox/aws/operation.ts";
import { Store } from "../../../sandbox/store.ts";

export const REGION = "eu-west-1";
export const ACCOUNT = "123456789012";
export const ARM_IMAGE = "ami-0aaaaaaaaaaaaaaaa";
export const X86_IMAGE = "ami-0bbbbbbbbbbbbbbbb";

/** An empty account that is closed when the test is over. */
export function newAws(options: Partial<AwsOptions> = {}): Aws {
  const store = options.store ?? Store.inMemory();
  const aws = new Aws({ store, region: REGION, accountId: ACCOUNT, transitionMilliseconds: 1, ...options });
  aws.ensureImage({
    id: ARM_IMAGE,
    architecture: "arm64",
    name: "al2023-arm64",
    cloudflaredVersion: "2026.8.2",
  });
  aws.ensureImage({ id: X86_IMAGE, architecture: "x86_64", name: "al2023-x86_64" });
  onTestFinished(() => {
    aws.close();
    if (options.store === undefined) store.close();
  });
  return aws;
}

/** Serves the account on a free port. Returns the endpoint. */
export async function endpointOf(aws: Aws): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const server = serve({ fetch: aws.wire.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) =>
    resolve(port),
  );
  onTestFinished(() => new Promise<void>((done) => server.close(() => done())));
  return `http://127.0.0.1:${await promise}`;
}

/** AWS's refusal of a call, as `Code: message`. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof AwsError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "accepted";
}

/** Polls until the condition holds; fails after ten seconds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitUntil(condition, { timeout: 10_000, interval: 2 });
}

export interface TestNetwork {
  vpcId: string;
  publicSubnetId: string;
  privateSubnetId: string;
  gatewayId: string;
  allocationId: string;
  natId: string;
  tableId: string;
  groupId: string;
}

/** A VPC with a public subnet, a NAT gateway, a private subnet routed to it, and a security group. */
export async function newNetwork(aws: Aws): Promise<TestNetwork> {
  const vpcId = (await aws.call("ec2:CreateVpc", { CidrBlock: "10.0.0.0/16" })).Vpc?.VpcId ?? "";
  const subnet = async (CidrBlock: string, AvailabilityZone: string) =>
    (await aws.call("ec2:CreateSubnet", { VpcId: vpcId, CidrBlock, AvailabilityZone })).Subnet?.SubnetId ??
    "";
  const publicSubnetId = await subnet("10.0.0.0/24", "eu-west-1a");
  const privateSubnetId = await subnet("10.0.1.0/24", "eu-west-1b");
  const gateway = await aws.call("ec2:CreateInternetGateway", {});
  const gatewayId = gateway.InternetGateway?.InternetGatewayId ?? "";
  await aws.call("ec2:AttachInternetGateway", { InternetGatewayId: gatewayId, VpcId: vpcId });
  const allocationId = (await aws.call("ec2:AllocateAddress", {})).AllocationId ?? "";
  const nat = await aws.call("ec2:CreateNatGateway", {
    SubnetId: publicSubnetId,
    AllocationId: allocationId,
  });
  const natId = nat.NatGateway?.NatGatewayId ?? "";
  await until(async () => (await natState(aws, natId)) === "available");
  const table = await aws.call("ec2:CreateRouteTable", { VpcId: vpcId });
  const tableId = table.RouteTable?.RouteTableId ?? "";
  await aws.call("ec2:CreateRoute", {
    RouteTableId: tableId,
    DestinationCidrBlock: "0.0.0.0/0",
    NatGatewayId: natId,
  });
  await aws.call("ec2:AssociateRouteTable", { RouteTableId: tableId, SubnetId: privateSubnetId });
  const group = { GroupName: "hosts", Description: "hosts", VpcId: vpcId };
  const groupId = (await aws.call("ec2:CreateSecurityGroup", group)).GroupId ?? "";
  return { vpcId, publicSubnetId, privateSubnetId, gatewayId, allocationId, natId, tableId, groupId };
}

export async function natState(aws: Aws, id: string): Promise<string | undefined> {
  const { NatGateways } = await aws.call("ec2:DescribeNatGateways", { NatGatewayIds: [id] });
  return NatGateways?.[0]?.State;
}

export const TRUST_EC2 = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "ec2.amazonaws.com" } }],
});

/** A role in an instance profile, both called `name`, with one inline policy. */
export async function newProfile(aws: Aws, name: string, statements: object[]): Promise<void> {
  await aws.call("iam:CreateRole", { RoleName: name, AssumeRolePolicyDocument: TRUST_EC2 });
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: statements });
  await aws.call("iam:PutRolePolicy", { RoleName: name, PolicyName: "own", PolicyDocument });
  await aws.call("iam:CreateInstanceProfile", { InstanceProfileName: name });
  await aws.call("iam:AddRoleToInstanceProfile", { InstanceProfileName: name, RoleName: name });
}

/** A running instance in the private subnet. */
export async function newInstance(
  aws: Aws,
  network: TestNetwork,
  profile?: string,
  userData = "#cloud-config\n",
): Promise<string> {
  const { Instances } = await aws.call("ec2:RunInstances", {
    MinCount: 1,
    MaxCount: 1,
    ImageId: ARM_IMAGE,
    InstanceType: "t4g.nano",
    SubnetId: network.privateSubnetId,
    SecurityGroupIds: [network.groupId],
    UserData: Buffer.from(userData).toString("base64"),
    ...(profile !== undefined && { IamInstanceProfile: { Name: profile } }),
  });
  const id = Instances?.[0]?.InstanceId ?? "";
  await until(() => aws.instance(id)?.state === "running");
  return id;
}
