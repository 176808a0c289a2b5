/** Networks over the wire: what the official client reads is what the account has. */
import {
  DeleteInternetGatewayCommand,
  DeleteNatGatewayCommand,
  DeleteRouteTableCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DeleteVpcEndpointsCommand,
  DescribeAddressesCommand,
  DescribeInternetGatewaysCommand,
  DescribeNatGatewaysCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DescribeTagsCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
  DetachInternetGatewayCommand,
  EC2Client,
  paginateDescribeTags,
  ReleaseAddressCommand,
  waitUntilNatGatewayDeleted,
} from "@aws-sdk/client-ec2";
import { beforeEach, expect, it } from "vitest";
import type { Aws } from "../../../sandbox/aws/cloud.ts";
import { deployerCredentials } from "../../../sandbox/aws/credentials.ts";
import { endpointOf, newAws, newNetwork, REGION, type TestNetwork } from "./fixture.ts";

let aws: Aws;
let ec2: EC2Client;
let network: TestNetwork;

beforeEach(async () => {
  aws = newAws();
  network = await newNetwork(aws);
  const endpoint = await endpointOf(aws);
  ec2 = new EC2Client({ endpoint, region: REGION, credentials: deployerCredentials, maxAttempts: 1 });
});

const by = (Name: string, ...Values: string[]) => ({ Filters: [{ Name, Values }] });

async function newEndpoints(): Promise<string[]> {
  const { vpcId: VpcId, tableId, privateSubnetId } = network;
  const s3 = { VpcId, ServiceName: `com.amazonaws.${REGION}.s3`, RouteTableIds: [tableId] };
  const ssm = { VpcId, ServiceName: `com.amazonaws.${REGION}.ssm`, SubnetIds: [privateSubnetId] };
  const made = [
    await aws.call("ec2:CreateVpcEndpoint", s3),
    await aws.call("ec2:CreateVpcEndpoint", { ...ssm, VpcEndpointType: "Interface" }),
  ];
  return made.map(({ VpcEndpoint }) => VpcEndpoint?.VpcEndpointId ?? "");
}

it("describes every part as the account has it", async () => {
  const { vpcId, natId, gatewayId, allocationId, publicSubnetId, tableId } = network;
  await newEndpoints();
  const Resources = [vpcId, natId, gatewayId, allocationId, publicSubnetId, tableId];
  await aws.call("ec2:CreateTags", { Resources, Tags: [{ Key: "Name", Value: "n" }] });
  const vpc = by("vpc-id", vpcId);
  expect(await ec2.send(new DescribeVpcsCommand(vpc))).toMatchObject(await aws.call("ec2:DescribeVpcs", vpc));
  expect(await ec2.send(new DescribeSubnetsCommand(vpc))).toMatchObject(
    await aws.call("ec2:DescribeSubnets", vpc),
  );
  expect(await ec2.send(new DescribeRouteTablesCommand(vpc))).toMatchObject(
    JSON.parse(JSON.stringify(await aws.call("ec2:DescribeRouteTables", vpc))),
  );
  expect(await ec2.send(new DescribeVpcEndpointsCommand(vpc))).toMatchObject(
    await aws.call("ec2:DescribeVpcEndpoints", vpc),
  );
  const gateway = by("internet-gateway-id", gatewayId);
  expect(await ec2.send(new DescribeInternetGatewaysCommand(gateway))).toMatchObject(
    await aws.call("ec2:DescribeInternetGateways", gateway),
  );
  const address = by("allocation-id", allocationId);
  expect(await ec2.send(new DescribeAddressesCommand(address))).toMatchObject(
    await aws.call("ec2:DescribeAddresses", address),
  );
  const nat = { Filter: [{ Name: "nat-gateway-id", Values: [natId] }] };
  expect(await ec2.send(new DescribeNatGatewaysCommand(nat))).toMatchObject(
    await aws.call("ec2:DescribeNatGateways", nat),
  );
});

it("finds by its routes which table leads to a gateway", async () => {
  const { RouteTables } = await ec2.send(
    new DescribeRouteTablesCommand(by("route.nat-gateway-id", network.natId)),
  );
  expect(RouteTables).toMatchObject([{ RouteTableId: network.tableId }]);
  const none = await ec2.send(new DescribeRouteTablesCommand(by("route.gateway-id", network.gatewayId)));
  expect(none.RouteTables ?? []).toEqual([]);
});

it("lists by tag and kind, page by page", async () => {
  const { vpcId, natId, gatewayId } = network;
  const Tags = [
    { Key: "environment", Value: "prod" },
    { Key: "Name", Value: "prod" },
  ];
  await aws.call("ec2:CreateTags", { Resources: [vpcId, natId, gatewayId], Tags });
  const Filters = [
    { Name: "key", Values: ["environment"] },
    { Name: "value", Values: ["prod"] },
    { Name: "resource-type", Values: ["vpc", "natgateway"] },
  ];
  const found = [];
  for await (const page of paginateDescribeTags({ client: ec2, pageSize: 1 }, { Filters })) {
    found.push(page.Tags ?? []);
  }
  expect(found.flat()).toEqual([
    { Key: "environment", Value: "prod", ResourceId: vpcId, ResourceType: "vpc" },
    { Key: "environment", Value: "prod", ResourceId: natId, ResourceType: "natgateway" },
  ]);
  expect(found).toHaveLength(2);
  const { Tags: others } = await ec2.send(new DescribeTagsCommand(by("value", "staging")));
  expect(others ?? []).toEqual([]);
});

it("deletes a network from its end, and refuses what is in use", async () => {
  const { vpcId, natId, gatewayId, allocationId, publicSubnetId, privateSubnetId, tableId, groupId } =
    network;
  const endpoints = await newEndpoints();
  const refused = (call: Promise<unknown>) => call.then(String, (error: Error) => error.name);
  const detach = () =>
    ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId: gatewayId, VpcId: vpcId }));
  expect(await refused(ec2.send(new DeleteVpcCommand({ VpcId: vpcId })))).toBe("DependencyViolation");
  expect(await refused(ec2.send(new DeleteSubnetCommand({ SubnetId: publicSubnetId })))).toBe(
    "DependencyViolation",
  );
  expect(await refused(ec2.send(new DeleteRouteTableCommand({ RouteTableId: tableId })))).toBe(
    "DependencyViolation",
  );
  expect(await refused(ec2.send(new ReleaseAddressCommand({ AllocationId: allocationId })))).toBe(
    "InvalidIPAddress.InUse",
  );
  expect(await refused(detach())).toBe("DependencyViolation");

  const { Unsuccessful } = await ec2.send(
    new DeleteVpcEndpointsCommand({ VpcEndpointIds: [...endpoints, "vpce-1"] }),
  );
  expect(Unsuccessful).toMatchObject([
    { ResourceId: "vpce-1", Error: { Code: "InvalidVpcEndpoint.NotFound" } },
  ]);
  await ec2.send(new DeleteNatGatewayCommand({ NatGatewayId: natId }));
  const waiting = { client: ec2, maxWaitTime: 10, minDelay: 0.01, maxDelay: 0.1 };
  await waitUntilNatGatewayDeleted(waiting, { NatGatewayIds: [natId] });
  await ec2.send(new ReleaseAddressCommand({ AllocationId: allocationId }));
  await detach();
  await ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId: gatewayId }));
  for (const SubnetId of [publicSubnetId, privateSubnetId])
    await ec2.send(new DeleteSubnetCommand({ SubnetId }));
  await ec2.send(new DeleteRouteTableCommand({ RouteTableId: tableId }));
  await aws.call("ec2:DeleteSecurityGroup", { GroupId: groupId });
  await ec2.send(new DeleteVpcCommand({ VpcId: vpcId }));
  expect(aws.inventory()).toEqual([]);
});
