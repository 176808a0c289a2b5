import { output, runtime } from "@pulumi/pulumi";
import { beforeEach, describe, expect, it } from "vitest";
import { Network, type NetworkArgs } from "../../components/network.ts";
import { idOf, only, type Registered, recordResources, resolved } from "./mocks.ts";

const SUBNET = "aws:ec2/subnet:Subnet";
const ROUTE = "aws:ec2/route:Route";
const ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation";

let registered: Registered[];

beforeEach(async () => {
  registered = await recordResources();
});

it("a new network has a private subnet per zone whose only way out is one NAT gateway", async () => {
  const network = new Network("network", {
    networkName: "te-staging",
    cidrBlock: "10.20.0.0/16",
    availabilityZones: ["eu-west-1a", "eu-west-1b"],
    tags: { team: "platform" },
  });
  await runtime.disconnect();

  const subnets = registered.filter(({ type }) => type === SUBNET);
  expect(
    subnets.map(({ inputs }) => [
      inputs["availabilityZone"],
      inputs["cidrBlock"],
      inputs["mapPublicIpOnLaunch"],
    ]),
  ).toEqual([
    ["eu-west-1a", "10.20.0.0/20", false],
    ["eu-west-1a", "10.20.128.0/20", false],
    ["eu-west-1b", "10.20.144.0/20", false],
  ]);
  const nat = only(registered, "aws:ec2/natGateway:NatGateway");
  expect(nat.inputs["subnetId"]).toBe(idOf(SUBNET, "network-public"));
  const privateRoute = only(registered, ROUTE, "network-private-default-route").inputs;
  expect(privateRoute).toMatchObject({
    destinationCidrBlock: "0.0.0.0/0",
    natGatewayId: idOf(nat.type, nat.name),
  });
  expect(only(registered, ROUTE, "network-public-default-route").inputs).toMatchObject({
    gatewayId: idOf("aws:ec2/internetGateway:InternetGateway", "network-igw"),
  });
  const associated = registered
    .filter(
      ({ type, inputs }) => type === ASSOCIATION && inputs["routeTableId"] === privateRoute["routeTableId"],
    )
    .map(({ inputs }) => inputs["subnetId"]);
  const privateIds = await Promise.all(network.privateSubnetIds.map(resolved));
  expect(associated).toEqual(privateIds);
  expect(privateIds).toHaveLength(2);
  for (const { inputs } of registered.filter(({ inputs }) => "tags" in inputs)) {
    expect(inputs["tags"]).toMatchObject({ team: "platform", Name: expect.stringMatching(/^te-staging/) });
  }
});

it("another zone touches no resource of those that are there", async () => {
  new Network("network", { networkName: "n", availabilityZones: ["eu-west-1a"] });
  await runtime.disconnect();
  const before = registered;
  registered = await recordResources();
  new Network("network", { networkName: "n", availabilityZones: ["eu-west-1a", "eu-west-1b"] });
  await runtime.disconnect();
  for (const resource of before) expect(registered).toContainEqual(resource);
});

it("an existing network is used as it is, and nothing is created", async () => {
  const network = new Network("network", {
    networkName: "n",
    vpcId: "vpc-0123456789abcdef0",
    privateSubnetIds: ["subnet-0123456789abcdef0"],
  });
  await runtime.disconnect();
  expect(registered.filter(({ type }) => type.startsWith("aws:"))).toEqual([]);
  expect(await resolved(network.vpcId)).toBe("vpc-0123456789abcdef0");
  expect(await Promise.all(network.privateSubnetIds.map(resolved))).toEqual(["subnet-0123456789abcdef0"]);
});

it("the ids of a network that another resource makes can be outputs", async () => {
  const network = new Network("network", {
    networkName: "n",
    vpcId: output("vpc-1"),
    privateSubnetIds: [output("subnet-1")],
  });
  await runtime.disconnect();
  expect(await resolved(network.vpcId)).toBe("vpc-1");
  expect(await Promise.all(network.privateSubnetIds.map(resolved))).toEqual(["subnet-1"]);
});

const VPC = { vpcId: "vpc-1" };
const SUBNETS = { privateSubnetIds: ["subnet-1"] };

describe("a network with wrong arguments", () => {
  it.each<[string, Partial<NetworkArgs>, string[]]>([
    ["neither zones nor ids", {}, ["availabilityZones: give either"]],
    ["a VPC without subnets", VPC, ["privateSubnetIds: vpcId needs it"]],
    ["subnets without a VPC", SUBNETS, ["vpcId: privateSubnetIds needs it"]],
    ["a VPC with no subnet", { ...VPC, privateSubnetIds: [] }, ["privateSubnetIds: give at least one"]],
    [
      "an existing network and a new one",
      { ...VPC, ...SUBNETS, cidrBlock: "10.0.0.0/16", availabilityZones: ["a"] },
      ["cidrBlock: is for a new network", "availabilityZones: is for a new network"],
    ],
    ["no zone", { availabilityZones: [] }, ["give 1 to 4 zones, not 0"]],
    [
      "too many zones, and one of them twice",
      { availabilityZones: ["a", "b", "c", "d", "b"] },
      ["give 1 to 4 zones, not 5", "availabilityZones: b is there twice"],
    ],
  ])("%s is refused with every problem, and nothing is registered", async (_, args, problems) => {
    for (const problem of ["Network network: ", ...problems]) {
      expect(() => new Network("network", { networkName: "n", ...args })).toThrow(problem);
    }
    await runtime.disconnect();
    expect(registered).toEqual([]);
  });
});
