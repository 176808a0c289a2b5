import { describe, expect, it } from "vitest";
import type { Aws } from "../../../sandbox/aws/cloud.ts";
import { awsFunctions } from "../../../sandbox/providers/aws/awsProvider.ts";
import type { Properties } from "../../../sandbox/providers/resourceType.ts";
import { natState, newAws, newNetwork, REGION, until } from "./fixture.ts";

const NOWHERE = "vpc-00000000000000000";

function invoke(aws: Aws, name: string, args: Properties): Promise<Properties> {
  const found = awsFunctions.find((one) => one.token === `aws:ec2/${name}:${name}`);
  if (found === undefined) throw new Error(`no function ${name}`);
  return found.invoke({ aws, region: REGION, defaultTags: {} }, args);
}

const ids = async (aws: Aws, name: string, ...filters: [name: string, ...values: string[]][]) =>
  (await invoke(aws, name, { filters: filters.map(([name, ...values]) => ({ name, values })) })).ids;

describe("data sources that list", () => {
  it("find by filters, and find nothing without an error", async () => {
    const aws = newAws();
    const { vpcId, privateSubnetId, publicSubnetId, tableId, natId } = await newNetwork(aws);
    expect(await ids(aws, "getVpcs", ["vpc-id", vpcId])).toEqual([vpcId]);
    expect(await ids(aws, "getVpcs", ["vpc-id", NOWHERE])).toEqual([]);
    expect(await ids(aws, "getSubnets", ["subnet-id", privateSubnetId, "subnet-0"])).toEqual([
      privateSubnetId,
    ]);
    expect(await ids(aws, "getSubnets", ["vpc-id", vpcId])).toEqual([publicSubnetId, privateSubnetId]);
    expect(await ids(aws, "getRouteTables", ["association.subnet-id", privateSubnetId])).toEqual([tableId]);
    expect(await ids(aws, "getRouteTables", ["association.subnet-id", publicSubnetId])).toEqual([]);
    expect(await ids(aws, "getNatGateways", ["nat-gateway-id", natId], ["state", "available"])).toEqual([
      natId,
    ]);
    expect(await ids(aws, "getNatGateways", ["nat-gateway-id", natId], ["state", "deleted"])).toEqual([]);
    expect((await invoke(aws, "getRouteTables", { vpcId })).ids).toContain(tableId);
    expect((await invoke(aws, "getVpcs", { tags: { team: "none" } })).ids).toEqual([]);
  });

  it("tell of routes what the data source of a table does not", async () => {
    const aws = newAws();
    const { natId, tableId } = await newNetwork(aws);
    const blackholes = () => ids(aws, "getRouteTables", ["route.state", "blackhole"]);
    expect(await ids(aws, "getRouteTables", ["route.destination-cidr-block", "0.0.0.0/0"])).toEqual([
      tableId,
    ]);
    expect(await blackholes()).toEqual([]);
    await aws.call("ec2:DeleteNatGateway", { NatGatewayId: natId });
    await until(async () => (await natState(aws, natId)) === "deleted");
    expect(await blackholes()).toEqual([tableId]);
    const { routes } = await invoke(aws, "getRouteTable", { routeTableId: tableId });
    expect(routes).toEqual([expect.objectContaining({ natGatewayId: natId, cidrBlock: "0.0.0.0/0" })]);
    expect(routes[0]).not.toHaveProperty("state");
  });
});

describe("data sources of one resource", () => {
  it("show it", async () => {
    const aws = newAws();
    const { vpcId, privateSubnetId, tableId } = await newNetwork(aws);
    await aws.call("ec2:ModifyVpcAttribute", { VpcId: vpcId, EnableDnsSupport: { Value: false } });
    const vpc = await invoke(aws, "getVpc", { id: vpcId });
    expect(vpc).toMatchObject({
      cidrBlock: "10.0.0.0/16",
      enableDnsSupport: false,
      enableDnsHostnames: false,
    });
    expect(await invoke(aws, "getSubnet", { id: privateSubnetId })).toMatchObject({
      vpcId,
      availabilityZone: "eu-west-1b",
      mapPublicIpOnLaunch: false,
    });
    // Only an explicit association counts: the main table is not found by a subnet.
    expect(await invoke(aws, "getRouteTable", { subnetId: privateSubnetId })).toMatchObject({
      routeTableId: tableId,
      associations: [{ subnetId: privateSubnetId, main: false }],
    });
    expect(await invoke(aws, "getRouteTable", { routeTableId: vpc.mainRouteTableId })).toMatchObject({
      associations: [{ subnetId: "", main: true }],
      routes: [],
    });
  });

  it("fail in the words of the real provider when there is none, or more than one", async () => {
    const aws = newAws();
    const { vpcId, publicSubnetId } = await newNetwork(aws);
    await expect(invoke(aws, "getVpc", { id: NOWHERE })).rejects.toThrow(/^no matching EC2 VPC found$/);
    await expect(invoke(aws, "getSubnet", { id: "subnet-0" })).rejects.toThrow(
      /^no matching EC2 Subnet found$/,
    );
    await expect(invoke(aws, "getSubnet", { vpcId })).rejects.toThrow(
      /^multiple EC2 Subnets matched; use add/,
    );
    const byMain = invoke(aws, "getRouteTable", { subnetId: publicSubnetId });
    await expect(byMain).rejects.toThrow(/^query returned no results/);
    await expect(invoke(aws, "getRouteTable", { vpcId })).rejects.toThrow(/^multiple Route Tables matched/);
    await expect(invoke(aws, "getRouteTable", {})).rejects.toThrow(/^one of route_table_id, vpc_id/);
  });
});

it("a subnet that a stack file names later joins the existing network, which stays as it was", async () => {
  const aws = newAws();
  const [vpcId, first, second] = ["vpc-0123456789abcdef0", "subnet-00000001", "subnet-00000002"];
  aws.ensureExistingNetwork({ vpcId, subnetIds: [first] });
  await aws.call("ec2:ModifyVpcAttribute", { VpcId: vpcId, EnableDnsSupport: { Value: false } });
  aws.ensureExistingNetwork({ vpcId, subnetIds: [first, second] });
  expect(await invoke(aws, "getVpc", { id: vpcId })).toMatchObject({ enableDnsSupport: false });
  const [one, other] = await Promise.all([first, second].map((id) => invoke(aws, "getSubnet", { id })));
  expect([one?.availabilityZone, other?.availabilityZone]).toEqual(["eu-west-1a", "eu-west-1b"]);
  const { routes } = await invoke(aws, "getRouteTable", { subnetId: second });
  expect(routes).toEqual([expect.objectContaining({ natGatewayId: expect.stringMatching(/^nat-/) })]);
  expect(aws.inventory()).toEqual([]);
});
