import { output, runtime } from "@pulumi/pulumi";
import { beforeEach, describe, expect, it } from "vitest";
import { Network, type NetworkArgs } from "../../components/network.ts";
import { NatGateways, NetworkEndpoint } from "../../network/choices.ts";
import { idOf, only, type Registered, recordResources, resolved } from "./mocks.ts";

const SUBNET = "aws:ec2/subnet:Subnet";
const ROUTE = "aws:ec2/route:Route";
const NAT = "aws:ec2/natGateway:NatGateway";
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
    ["eu-west-1a", "10.20.128.0/20", false],
    ["eu-west-1b", "10.20.144.0/20", false],
    ["eu-west-1a", "10.20.0.0/20", false],
  ]);
  const nat = only(registered, NAT);
  expect(nat.inputs["subnetId"]).toBe(idOf(SUBNET, "network-public"));
  const privateRoute = only(registered, ROUTE, "network-private-default-route").inputs;
  expect(privateRoute).toMatchObject({
    destinationCidrBlock: "0.0.0.0/0",
    natGatewayId: idOf(nat.type, nat.name),
  });
  expect(only(registered, ROUTE, "network-public-default-route").inputs).toMatchObject({
    gatewayId: idOf("aws:ec2/internetGateway:InternetGateway", "network-igw"),
  });
  // A gateway without a way out of its own subnet fails, and takes minutes for it.
  expect(nat.options.dependencies).toContain(`${ROUTE} network-public-default-route`);
  expect(nat.options.deleteBeforeReplace).toBe(true);
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

it.each(
  Object.values(NatGateways),
)("another zone touches no resource of those that are there (%s)", async (natGateways) => {
  new Network("network", { networkName: "n", natGateways, availabilityZones: ["eu-west-1a"] });
  await runtime.disconnect();
  const before = registered;
  registered = await recordResources();
  new Network("network", { networkName: "n", natGateways, availabilityZones: ["eu-west-1a", "eu-west-1b"] });
  await runtime.disconnect();
  for (const resource of before) expect(registered).toContainEqual(resource);
});

it("the names of a network with one NAT gateway are those that running stacks have", async () => {
  new Network("network", { networkName: "n", availabilityZones: ["eu-west-1a", "eu-west-1b"] });
  await runtime.disconnect();
  const names = registered.filter(({ type }) => type.startsWith("aws:"));
  expect(names.map(({ type, name }) => `${type.split(":").at(-1)} ${name}`).sort()).toEqual([
    "Eip network-nat",
    "InternetGateway network-igw",
    "NatGateway network-nat",
    "Route network-private-default-route",
    "Route network-public-default-route",
    "RouteTable network-private-routes",
    "RouteTable network-public-routes",
    "RouteTableAssociation network-private-eu-west-1a",
    "RouteTableAssociation network-private-eu-west-1b",
    "RouteTableAssociation network-public",
    "Subnet network-private-eu-west-1a",
    "Subnet network-private-eu-west-1b",
    "Subnet network-public",
    "Vpc network-vpc",
  ]);
});

it("with a NAT gateway per zone nothing on a zone's way out is in another zone", async () => {
  const availabilityZones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"];
  new Network("network", { networkName: "n", availabilityZones, natGateways: NatGateways.perZone });
  await runtime.disconnect();

  for (const zone of availabilityZones) {
    const privateSubnet = only(registered, SUBNET, `network-private-${zone}`);
    const association = registered.find(
      ({ type, inputs }) => type === ASSOCIATION && inputs["subnetId"] === idOf(SUBNET, privateSubnet.name),
    );
    const route = registered.find(
      ({ type, inputs }) => type === ROUTE && inputs["routeTableId"] === association?.inputs["routeTableId"],
    );
    const nat = registered.find(
      ({ type, name }) => type === NAT && idOf(type, name) === route?.inputs["natGatewayId"],
    );
    const natSubnet = registered.find(
      ({ type, name }) => type === SUBNET && idOf(type, name) === nat?.inputs["subnetId"],
    );
    expect(natSubnet?.inputs["availabilityZone"]).toBe(zone);
    // A subnet moves to the table only when there is a way out.
    expect(association?.options.dependencies).toContain(`${ROUTE} ${route?.name}`);
  }
  const addresses = registered.filter(({ type }) => type === NAT).map(({ inputs }) => inputs["allocationId"]);
  expect(new Set(addresses).size).toBe(3);
});

describe("endpoints", () => {
  const ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint";
  const GROUP = "aws:ec2/securityGroup:SecurityGroup";
  const availabilityZones = ["eu-west-1a", "eu-west-1b"];
  const base = { networkName: "n", region: "eu-west-1", cidrBlock: "10.20.0.0/16", availabilityZones };

  it("of SSM stand in each private subnet, under the service's own name, for this VPC alone", async () => {
    const endpoints = [NetworkEndpoint.ssm, NetworkEndpoint.ssmmessages];
    const network = new Network("network", { ...base, endpoints });
    await runtime.disconnect();
    const subnetIds = await Promise.all(network.privateSubnetIds.map(resolved));
    const group = only(registered, GROUP);
    for (const service of endpoints) {
      expect(only(registered, ENDPOINT, `network-endpoint-${service}`).inputs).toMatchObject({
        serviceName: `com.amazonaws.eu-west-1.${service}`,
        vpcEndpointType: "Interface",
        privateDnsEnabled: true,
        subnetIds,
        securityGroupIds: [idOf(group.type, group.name)],
      });
    }
    expect(group.inputs["ingress"]).toEqual([
      expect.objectContaining({ protocol: "tcp", fromPort: 443, toPort: 443, cidrBlocks: ["10.20.0.0/16"] }),
    ]);
    expect(group.inputs).not.toHaveProperty("egress");
  });

  it.each([
    [NatGateways.one, ["network-private-routes"]],
    [NatGateways.perZone, ["network-private-eu-west-1a-routes", "network-private-eu-west-1b-routes"]],
  ])("of S3 are in every private route table (%s)", async (natGateways, tables) => {
    new Network("network", { ...base, natGateways, endpoints: [NetworkEndpoint.s3] });
    await runtime.disconnect();
    expect(only(registered, ENDPOINT).inputs).toMatchObject({
      serviceName: "com.amazonaws.eu-west-1.s3",
      vpcEndpointType: "Gateway",
      routeTableIds: tables.map((name) => idOf("aws:ec2/routeTable:RouteTable", name)),
    });
    expect(registered.filter(({ type }) => type === GROUP)).toEqual([]);
  });
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
    [
      "an existing network with what only a new one can have",
      { ...VPC, ...SUBNETS, natGateways: NatGateways.perZone, endpoints: [NetworkEndpoint.s3] },
      ["natGateways: is for a new network", "endpoints: is for a new network"],
    ],
    [
      "choices that do not exist, as another language may give them",
      { availabilityZones: ["a"], natGateways: "two" as NatGateways, endpoints: ["sqs" as NetworkEndpoint] },
      [
        "natGateways: give one or per-zone, not two",
        "endpoints: sqs is none of",
        "region: endpoints needs it",
      ],
    ],
    [
      "an endpoint twice",
      { availabilityZones: ["a"], region: "r", endpoints: [NetworkEndpoint.s3, NetworkEndpoint.s3] },
      ["endpoints: s3 is there twice"],
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
