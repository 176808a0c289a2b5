/** What repair removes of a network that a killed run was making, and what it leaves alone. */
import { describe, expect, it } from "vitest";
import type { ResolvedTenant } from "../../config/tenants.ts";
import {
  type NetworkFacts,
  type NetworkThing,
  networkFactsOf,
  reasonToKeepNetworkThing,
  urnOfFailed,
} from "../../leftovers/network.ts";
import { isPlaceTaken } from "../../leftovers/placeTaken.ts";
import { NetworkKind } from "../../operations/choices.ts";
import { look, settleLeftovers } from "../../operations/leftovers.ts";
import type { PendingOperation, StackContents } from "../../orphans/known.ts";
import { startAccounts, type TestAccounts } from "../orphans/accounts.ts";
import { configurationOf, ENVIRONMENT, fakeContext, listedTenant, STACK } from "../orphans/fakeContext.ts";
import { natState, newInstance, until } from "../sandbox/aws/fixture.ts";
import { refuseCalls } from "./refusedCalls.ts";

const TYPES = {
  vpc: "aws:ec2/vpc:Vpc",
  subnet: "aws:ec2/subnet:Subnet",
  gateway: "aws:ec2/internetGateway:InternetGateway",
  address: "aws:ec2/eip:Eip",
  nat: "aws:ec2/natGateway:NatGateway",
  table: "aws:ec2/routeTable:RouteTable",
  endpoint: "aws:ec2/vpcEndpoint:VpcEndpoint",
  group: "aws:ec2/securityGroup:SecurityGroup",
  route: "aws:ec2/route:Route",
  association: "aws:ec2/routeTableAssociation:RouteTableAssociation",
} as const;

const creating = (type: string, changes: Partial<PendingOperation> = {}): PendingOperation => ({
  ...{ urn: `urn:${type}`, type, name: "network", tenant: "", action: "creating" },
  ...changes,
});

const contentsOf = (changes: Partial<StackContents> = {}): StackContents => ({
  stack: STACK,
  root: "urn",
  deployed: { tenants: new Map(), unreadable: [] },
  resourceIds: new Set(),
  held: [],
  pending: [],
  ...changes,
});

describe("a part of a network that no state has", () => {
  const subnet: NetworkThing = {
    kind: NetworkKind.Subnet,
    id: "subnet-1",
    name: "te",
    vpcId: "vpc-1",
    users: [],
  };
  const facts: NetworkFacts = {
    own: new Set(["vpc-1"]),
    known: new Set(["vpc-1"]),
    interrupted: new Set([NetworkKind.Subnet]),
    endpoints: new Set(),
    elsewhere: new Map(),
  };

  it("goes when this stack was creating one, in its own VPC, and nobody uses it", () => {
    expect(reasonToKeepNetworkThing(subnet, facts)).toBeUndefined();
    expect(reasonToKeepNetworkThing({ ...subnet, vpcId: undefined }, facts)).toBeUndefined();
  });

  it.each<[string, Partial<NetworkThing>, Partial<NetworkFacts>, RegExp]>([
    ["that no killed update explains", {}, { interrupted: new Set([NetworkKind.Vpc]) }, /state may be older/],
    ["in a VPC of others", { vpcId: "vpc-2" }, {}, /VPC vpc-2, which this stack does not have/],
    ["that something uses", { users: ["rtb-1"] }, {}, /in use by rtb-1/],
    [
      "of a kind that another stack is just creating",
      {},
      { elsewhere: new Map([[NetworkKind.Subnet, "prod"]]) },
      /stack prod is creating/,
    ],
    [
      "that is an endpoint, while another was being created",
      { kind: NetworkKind.VpcEndpoint, service: "ssm" },
      { interrupted: new Set([NetworkKind.VpcEndpoint]), endpoints: new Set(["ssmmessages"]) },
      /state may be older/,
    ],
  ])("stays: one %s", (_, changes, others, reason) => {
    expect(reasonToKeepNetworkThing({ ...subnet, ...changes }, { ...facts, ...others })).toMatch(reason);
  });
});

it("knows what this stack and others were creating; a host's group explains no group of endpoints", () => {
  const others = contentsOf({
    stack: "other",
    resourceIds: new Set(["vpc-2"]),
    pending: [creating(TYPES.nat)],
  });
  const interrupted = [
    creating(TYPES.vpc),
    creating(TYPES.endpoint, { name: "network-endpoint-ssm" }),
    creating(TYPES.group, { tenant: "acme" }),
    creating(TYPES.subnet, { action: "deleting" }),
  ];
  expect(
    networkFactsOf(STACK, [contentsOf({ resourceIds: new Set(["vpc-1"]) }), others], interrupted),
  ).toEqual({
    own: new Set(["vpc-1"]),
    known: new Set(["vpc-1", "vpc-2"]),
    interrupted: new Set([NetworkKind.Vpc, NetworkKind.VpcEndpoint]),
    endpoints: new Set(["ssm"]),
    elsewhere: new Map([[NetworkKind.NatGateway, "other"]]),
  });
});

it("tells the NAT gateways of several zones apart", () => {
  const thing = (name: string): NetworkThing => ({
    kind: NetworkKind.NatGateway,
    id: "nat-1",
    name,
    users: [],
  });
  const interrupted = ["a", "b"].map((zone) =>
    creating(TYPES.nat, { urn: `urn:${zone}`, name: `network-nat-eu-west-1${zone}` }),
  );
  expect(urnOfFailed(thing("te-prod-nat-eu-west-1b"), interrupted)).toBe("urn:b");
  expect(urnOfFailed(thing("te-prod-nat"), interrupted)).toBeUndefined();
});

it.each([
  [
    NetworkKind.Subnet,
    "api error InvalidSubnet.Conflict: The CIDR '10.0.0.0/20' conflicts with another subnet",
  ],
  [
    NetworkKind.InternetGateway,
    "api error InvalidParameterValue: Network vpc-1 already has an internet gateway attached",
  ],
  [
    NetworkKind.NatGateway,
    "last error: Resource.AlreadyAssociated: Elastic IP address eipalloc-1 is already associated",
  ],
  [
    NetworkKind.VpcEndpoint,
    "private-dns-enabled cannot be set because there is already a conflicting DNS domain for",
  ],
])("knows AWS's words for a place that is taken: %s", (kind, error) => {
  expect(isPlaceTaken(kind, error)).toBe(true);
  expect(isPlaceTaken(kind, "api error UnauthorizedOperation: You are not authorized")).toBe(false);
});

const NAME = [
  { Key: "tenant-edge:environment", Value: ENVIRONMENT },
  { Key: "Name", Value: "te-staging-nat" },
];

interface Situation {
  root?: string;
  isRemoval?: boolean;
  tenants?: readonly ResolvedTenant[];
  /** What the state says right before a removal; by default the same. */
  later?: Partial<StackContents>;
  /** After the clouds were looked into, before the states are read. */
  meanwhile?: () => Promise<unknown>;
}

/** The emulated account has a network of this stack. @param resourceIds what the state has of it. */
async function settle(
  { cloudflare, awsClients }: TestAccounts,
  resourceIds: readonly string[],
  interrupted: PendingOperation[],
  { root = "urn", isRemoval = true, tenants = [], later = {}, meanwhile }: Situation = {},
) {
  const contents = contentsOf({ root, resourceIds: new Set(resourceIds) });
  const { context } = fakeContext({
    cloudflare,
    aws: awsClients,
    configuration: async () => configurationOf(tenants),
    engine: {
      projectStacks: async () => ({ stacks: [contents], unreadable: [] }),
      contents: async () => ({ ...contents, ...later }),
    },
  });
  const looked = await look(context, contents, interrupted, undefined);
  await meanwhile?.();
  return await settleLeftovers(context, looked, interrupted, isRemoval);
}

interface Made extends TestAccounts {
  /** Ids in the state. */
  known: string[];
  /** Ids of what a killed run left. */
  left: string[];
}

/** A network with one more of everything, but a NAT gateway and an internet gateway that is attached. */
async function withLeftovers(): Promise<Made> {
  const accounts = await startAccounts();
  const { aws, network } = accounts;
  const { vpcId: VpcId } = network;
  const endpoint = { VpcId, ServiceName: "com.amazonaws.eu-west-1.s3", RouteTableIds: [network.tableId] };
  const group = { VpcId, GroupName: "endpoints", Description: "endpoints" };
  const left = [
    (await aws.call("ec2:CreateVpcEndpoint", endpoint)).VpcEndpoint?.VpcEndpointId,
    (await aws.call("ec2:AllocateAddress", {})).AllocationId,
    (await aws.call("ec2:CreateInternetGateway", {})).InternetGateway?.InternetGatewayId,
    (await aws.call("ec2:CreateSubnet", { VpcId, CidrBlock: "10.0.2.0/24" })).Subnet?.SubnetId,
    (await aws.call("ec2:CreateRouteTable", { VpcId })).RouteTable?.RouteTableId,
    (await aws.call("ec2:CreateSecurityGroup", group)).GroupId,
    (await aws.call("ec2:CreateVpc", { CidrBlock: "10.0.0.0/16" })).Vpc?.VpcId,
  ].map(String);
  const known = Object.values(network);
  await aws.call("ec2:CreateTags", { Resources: [...known, ...left], Tags: NAME });
  return { ...accounts, known, left };
}

const idsOf = ({ aws }: TestAccounts) =>
  aws
    .inventory()
    .map(({ id }) => id)
    .toSorted();

const ALL = [
  ...Object.values(TYPES).map((type) => creating(type)),
  creating(TYPES.endpoint, { name: "network-endpoint-s3" }),
];

/** The state's own names for the network's route and association. */
async function linksOf({ aws, network }: TestAccounts): Promise<string[]> {
  const { RouteTables } = await aws.call("ec2:DescribeRouteTables", { RouteTableIds: [network.tableId] });
  const associations = RouteTables?.[0]?.Associations ?? [];
  const ids = associations.map(({ RouteTableAssociationId: id = "" }) => id);
  return [...ids, `r-${network.tableId}1080289494`];
}

it("removes all that a killed run left of a network, and nothing that the state has", async () => {
  const accounts = await withLeftovers();
  const { left } = accounts;
  const known = [...accounts.known, ...(await linksOf(accounts))];
  const looked = await settle(accounts, known, ALL, { isRemoval: false });
  expect(looked.leftovers.map(({ id, outcome }) => [id, outcome])).toEqual(left.map((id) => [id, "found"]));
  expect(idsOf(accounts)).toEqual([...accounts.known, ...left].toSorted());
  const { leftovers, changed } = await settle(accounts, known, ALL);
  expect(leftovers.map(({ id, tenant, outcome }) => [id, tenant, outcome])).toEqual(
    left.map((id) => [id, "", "deleted"]),
  );
  expect(idsOf(accounts)).toEqual(accounts.known.toSorted());
  expect(changed).toEqual([]);
});

it("removes the route and the association that a killed run has made, and none that leads elsewhere", async () => {
  const accounts = await withLeftovers();
  const { aws, known, left, network } = accounts;
  const InstanceId = await newInstance(aws, network);
  const theirs = { RouteTableId: network.tableId, DestinationCidrBlock: "192.168.0.0/16", InstanceId };
  await aws.call("ec2:CreateRoute", theirs);
  const interrupted = [creating(TYPES.route), creating(TYPES.association)];
  const { leftovers } = await settle(accounts, [...known, ...left], interrupted);
  expect(leftovers.map(({ kind, name, outcome }) => [kind, name, outcome])).toEqual([
    ["route", `0.0.0.0/0 of ${network.tableId}`, "deleted"],
    ["route-table-association", `${network.privateSubnetId} with ${network.tableId}`, "deleted"],
  ]);
  const { RouteTables } = await aws.call("ec2:DescribeRouteTables", { RouteTableIds: [network.tableId] });
  expect(RouteTables?.[0]?.Associations).toEqual([]);
  expect(RouteTables?.[0]?.Routes?.map((route) => route.DestinationCidrBlock)).toEqual([
    "10.0.0.0/16",
    "192.168.0.0/16",
  ]);
});

it("leaves routes of others to an exit of this stack, and those of endpoints", async () => {
  const accounts = await withLeftovers();
  const { aws, known, left, network } = accounts;
  const theirs = { RouteTableId: network.tableId, DestinationCidrBlock: "192.168.0.0/16" };
  await aws.call("ec2:CreateRoute", { ...theirs, NatGatewayId: network.natId });
  const state = [...known, ...left, ...(await linksOf(accounts))];
  const { leftovers } = await settle(accounts, state, [creating(TYPES.route)]);
  expect(leftovers).toEqual([]);
});

it("does not take a route that an update has made meanwhile for one that was left", async () => {
  const accounts = await withLeftovers();
  const { aws, known, left, network } = accounts;
  const route = { RouteTableId: network.tableId, DestinationCidrBlock: "0.0.0.0/0" };
  await aws.call("ec2:DeleteRoute", route);
  const { leftovers } = await settle(accounts, [...known, ...left], [creating(TYPES.route)], {
    meanwhile: () => aws.call("ec2:CreateRoute", { ...route, NatGatewayId: network.natId }),
  });
  expect(leftovers).toEqual([]);
});

it.each<[string, (accounts: Made, route: string) => Partial<StackContents>]>([
  ["the state has by now", ({ left }, route) => ({ resourceIds: new Set([...left, route]) })],
  ["an update may be making", () => ({ pending: [creating(TYPES.nat)] })],
])("leaves what %s", async (_, laterOf) => {
  const accounts = await withLeftovers();
  const { network, known, left } = accounts;
  const [association = "", route = ""] = await linksOf(accounts);
  const later = laterOf(accounts, route);
  const { leftovers } = await settle(accounts, [...known, association], ALL, { later });
  expect(leftovers).toEqual([]);
  expect(idsOf(accounts)).toEqual([...known, ...left].toSorted());
  const { RouteTables } = await accounts.aws.call("ec2:DescribeRouteTables", {
    RouteTableIds: [network.tableId],
  });
  const destinations = RouteTables?.[0]?.Routes?.map((one) => one.DestinationCidrBlock);
  expect(destinations).toContain("0.0.0.0/0");
});

const DENIED = "UnauthorizedOperation";

it.each([
  "DescribeTagsCommand",
  "DescribeSubnetsCommand",
])("tells what AWS refuses, and goes on: %s", async (command) => {
  const accounts = await withLeftovers();
  refuseCalls(accounts.awsClients, command, DENIED);
  const { leftovers } = await settle(accounts, accounts.known, ALL);
  expect(leftovers.find(({ outcome }) => outcome === "failed")?.detail).toMatch(/the statement Look/);
  const deleted = leftovers.some(({ outcome }) => outcome === "deleted");
  expect(deleted).toBe(command === "DescribeSubnetsCommand");
});

it.each<[string, string[], PendingOperation[], string[], number]>([
  ["nothing of a network", [], [], [], 0],
  ["a network in the state", ["vpc-1"], [], [], 1],
  ["an interrupted creation of one", [], [creating(TYPES.vpc)], [], 1],
  ["hosts in the list, which need one", [], [], ["acme"], 1],
])("asks AWS about networks only for a stack with one: %s", async (_, state, interrupted, ids, failures) => {
  const accounts = await startAccounts();
  refuseCalls(accounts.awsClients, "DescribeTagsCommand", DENIED);
  const tenants = ids.map((id) => listedTenant({ id }));
  const { leftovers } = await settle(accounts, state, interrupted, { tenants });
  expect(leftovers).toHaveLength(failures);
});

it.each<[string, PendingOperation[], { root: string }, RegExp]>([
  ["what no killed update explains", [], { root: "urn" }, /may be older/],
  ["everything, for a state in which nothing was ever made", ALL, { root: "" }, /another backend/],
])("leaves %s", async (_, interrupted, situation, reason) => {
  const accounts = await withLeftovers();
  const { known, left } = accounts;
  const { leftovers } = await settle(accounts, known, interrupted, situation);
  expect(leftovers.map(({ id, outcome }) => [id, outcome])).toEqual(left.map((id) => [id, "kept"]));
  expect(leftovers[0]?.detail).toMatch(reason);
  expect(idsOf(accounts)).toEqual([...known, ...left].toSorted());
});

it("an old state costs a network in use nothing", async () => {
  const accounts = await withLeftovers();
  const { vpcId, ...parts } = accounts.network;
  await accounts.aws.call("ec2:CreateTags", { Resources: [parts.gatewayId], Tags: NAME });
  await accounts.aws.call("ec2:CreateRoute", {
    RouteTableId: accounts.left.find((id) => id.startsWith("rtb-")),
    DestinationCidrBlock: "0.0.0.0/0",
    GatewayId: parts.gatewayId,
  });
  const { leftovers } = await settle(
    accounts,
    [vpcId, ...accounts.left, parts.groupId, parts.privateSubnetId],
    ALL,
  );
  const { natId, allocationId, gatewayId, publicSubnetId, tableId } = parts;
  expect(leftovers.map(({ id, outcome }) => [id, outcome])).toEqual(
    [natId, allocationId, gatewayId, publicSubnetId, tableId].map((id) => [id, "kept"]),
  );
});

it("a NAT gateway that failed, because a leftover had its address, is removed for the next update to make anew", async () => {
  const accounts = await startAccounts();
  const { aws, network } = accounts;
  const second = await aws.call("ec2:CreateNatGateway", {
    SubnetId: network.publicSubnetId,
    AllocationId: network.allocationId,
  });
  const failedId = second.NatGateway?.NatGatewayId ?? "";
  await until(async () => (await natState(aws, failedId)) === "failed");
  // The first one has the address, and no table leads to it: an update was killed while it made it.
  const { natId, tableId } = network;
  await aws.call("ec2:DeleteRoute", { RouteTableId: tableId, DestinationCidrBlock: "0.0.0.0/0" });
  await aws.call("ec2:CreateTags", { Resources: [natId, failedId], Tags: NAME });
  const known = Object.values(network).filter((id) => id !== natId);
  const { leftovers, changed } = await settle(
    accounts,
    [...known, failedId],
    [creating(TYPES.nat, { urn: "urn:nat", name: "network-nat" })],
  );
  expect(leftovers.map(({ id, outcome }) => [id, outcome])).toEqual([
    [natId, "deleted"],
    [failedId, "deleted"],
  ]);
  expect(changed).toEqual(["urn:nat"]);
  const { Addresses } = await aws.call("ec2:DescribeAddresses", {});
  expect(Addresses).toMatchObject([{ AllocationId: network.allocationId }]);
  expect(Addresses?.[0]?.AssociationId).toBeUndefined();
});
