import { describe, expect, it } from "vitest";
import type { PulumiResult } from "../../sandbox/engine/runPulumi.ts";
import { changes, expectAnswer, leftBehind, type TestStack, testStack } from "./testStack.ts";

const VPC = "vpc-0123456789abcdef0";
const SUBNETS = ["subnet-0000000000000000a", "subnet-0000000000000000b", "subnet-0000000000000000c"] as const;
const GHOST = "subnet-0000000000000000f";

const network = (settings: object) => ({ "tenant-edge:network": settings });

const hostIds = (stack: TestStack) =>
  stack.sandbox.aws
    .runningInstances()
    .map(({ instanceId }) => instanceId)
    .sort();

const natGateways = (stack: TestStack) =>
  stack.sandbox.aws
    .inventory()
    .filter(({ kind }) => kind === "ec2:natgateway")
    .map(({ id }) => id);

/** For each zone with a private subnet: the zone of the NAT gateway that its default route leads to. */
async function zonesOfWaysOut({ sandbox: { aws } }: TestStack): Promise<Record<string, string | undefined>> {
  const { Subnets = [] } = await aws.call("ec2:DescribeSubnets", {});
  const { NatGateways = [] } = await aws.call("ec2:DescribeNatGateways", {});
  const { RouteTables = [] } = await aws.call("ec2:DescribeRouteTables", {});
  const zoneOf = (id: string | undefined) =>
    Subnets.find(({ SubnetId }) => SubnetId === id)?.AvailabilityZone ?? "none";
  const ways = RouteTables.flatMap(({ Routes = [], Associations = [] }) => {
    const route = Routes.find(({ NatGatewayId }) => NatGatewayId !== undefined);
    const nat = NatGateways.find(({ NatGatewayId }) => NatGatewayId === route?.NatGatewayId);
    if (nat === undefined) return [];
    expect(route?.State).toBe("active");
    return Associations.map(({ SubnetId }): [string, string] => [zoneOf(SubnetId), zoneOf(nat.SubnetId)]);
  });
  return Object.fromEntries(ways);
}

describe("a network of the stack's own", () => {
  it("gets a NAT gateway per zone and gives it up again, while the hosts stay the same", async () => {
    const stack = await testStack({ tenants: [{ id: "acme" }, { id: "globex" }, { id: "initech" }] });
    await stack.up();
    const hosts = hostIds(stack);
    expect(hosts).toHaveLength(3);
    const [first] = natGateways(stack);
    const one = { "eu-west-1a": "eu-west-1a", "eu-west-1b": "eu-west-1a" };
    expect(await zonesOfWaysOut(stack)).toEqual(one);

    stack.configure(network({ natGateways: "per-zone" }));
    const added = await stack.up();
    expect(changes(added)).not.toHaveProperty("replaced");
    expect(changes(added)).not.toHaveProperty("deleted");
    expect(hostIds(stack)).toEqual(hosts);
    expect(await zonesOfWaysOut(stack)).toEqual({ "eu-west-1a": "eu-west-1a", "eu-west-1b": "eu-west-1b" });
    // The first zone keeps its gateway, and with it the address that others may have allowed.
    expect(natGateways(stack)).toHaveLength(2);
    expect(natGateways(stack)).toContain(first);
    await stack.up("--expect-no-changes");
    await expectAnswer(stack, "globex.example.com", 200);

    stack.configure(network({ natGateways: "one" }));
    const removed = await stack.up();
    expect(changes(removed)).not.toHaveProperty("replaced");
    expect(changes(removed)).not.toHaveProperty("created");
    expect(hostIds(stack)).toEqual(hosts);
    expect(await zonesOfWaysOut(stack)).toEqual(one);
    expect(natGateways(stack)).toEqual([first]);
    await stack.up("--expect-no-changes");
    await expectAnswer(stack, "globex.example.com", 200);
  });

  it("has endpoints that hosts use, follows its zones with them, and leaves none behind", async () => {
    const endpoints = ["ssm", "ssmmessages", "s3"];
    const settings = { endpoints, natGateways: "per-zone", availabilityZones: ["eu-west-1a"] };
    const stack = await testStack({ tenants: [{ id: "acme" }], settings: network(settings) });
    await stack.up();
    await expectAnswer(stack, "acme.example.com", 200);
    const refresh = await stack.pulumi(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
    expect(refresh.exitCode, refresh.stdout).toBe(0);

    stack.configure(network({ ...settings, availabilityZones: ["eu-west-1a", "eu-west-1b"] }));
    await stack.up();
    const { VpcEndpoints = [] } = await stack.sandbox.aws.call("ec2:DescribeVpcEndpoints", {});
    const places = VpcEndpoints.map(({ ServiceName, SubnetIds, RouteTableIds, PrivateDnsEnabled }) => [
      ServiceName,
      SubnetIds?.length,
      RouteTableIds?.length,
      PrivateDnsEnabled,
    ]);
    expect(places.sort()).toEqual([
      ["com.amazonaws.eu-west-1.s3", 0, 2, false],
      ["com.amazonaws.eu-west-1.ssm", 2, 0, true],
      ["com.amazonaws.eu-west-1.ssmmessages", 2, 0, true],
    ]);

    const destroy = await stack.pulumi(["destroy", "--yes", "--skip-preview"]);
    expect(destroy.exitCode, destroy.stdout).toBe(0);
    expect(leftBehind(stack)).toEqual([]);
  });
});

describe("an existing network", () => {
  const tenants = [{ id: "acme" }];
  const existing = (settings: object = {}) =>
    network({ vpcId: VPC, privateSubnetIds: [...SUBNETS], ...settings });

  /** Breaks the network in every way that keeps hosts from working in it. */
  async function damage({ sandbox: { aws } }: TestStack): Promise<string> {
    const [publicSubnet, rerouted, orphan] = SUBNETS;
    await aws.call("ec2:ModifyVpcAttribute", { VpcId: VPC, EnableDnsSupport: { Value: false } });
    await aws.call("ec2:ModifySubnetAttribute", {
      SubnetId: publicSubnet,
      MapPublicIpOnLaunch: { Value: true },
    });
    const { RouteTables = [] } = await aws.call("ec2:DescribeRouteTables", {
      Filters: [{ Name: "vpc-id", Values: [VPC] }],
    });
    const routes = RouteTables.flatMap((table) => table.Routes ?? []);
    const gateway = routes.find(({ GatewayId }) => GatewayId?.startsWith("igw-") === true)?.GatewayId;
    const nat = routes.find(({ NatGatewayId }) => NatGatewayId !== undefined)?.NatGatewayId;
    const move = async (SubnetId: string, RouteTableId: string | undefined) => {
      const table = RouteTables.find(({ Associations }) =>
        Associations?.some((association) => association.SubnetId === SubnetId),
      );
      const association = table?.Associations?.find((one) => one.SubnetId === SubnetId);
      const AssociationId = association?.RouteTableAssociationId;
      if (RouteTableId === undefined) await aws.call("ec2:DisassociateRouteTable", { AssociationId });
      else await aws.call("ec2:ReplaceRouteTableAssociation", { AssociationId, RouteTableId });
    };
    const open = RouteTables.find(({ Routes }) => Routes?.some((route) => route.GatewayId === gateway));
    await move(rerouted, open?.RouteTableId);
    await move(orphan, undefined);
    await aws.call("ec2:DeleteNatGateway", { NatGatewayId: nat });

    const { Vpc } = await aws.call("ec2:CreateVpc", { CidrBlock: "10.9.0.0/16" });
    const foreign = await aws.call("ec2:CreateSubnet", { VpcId: Vpc?.VpcId, CidrBlock: "10.9.0.0/24" });
    return foreign.Subnet?.SubnetId ?? "";
  }

  /** What was refused, as `path found`. */
  function refusals({ stdout, stderr }: PulumiResult): string[] {
    const text = `${stdout}\n${stderr}`.replaceAll(
      /\b(?:rtb|nat|igw|vpc)-(?!0123456789abcdef0)[0-9a-f]{17}/g,
      "…",
    );
    const list = text.matchAll(/(tenant-edge:network\.\S+)\s+found\s+(.+?)\s*\n/g);
    return [...new Set([...list].map(([, path, found]) => `${path} ${found}`))];
  }

  it("is accepted with all that hosts need, and asked about once per stack", async () => {
    const stack = await testStack({ tenants: [{ id: "acme" }, { id: "globex" }], settings: existing() });
    await stack.up();
    await expectAnswer(stack, "acme.example.com", 200);
    await stack.up("--expect-no-changes");
    const mark = stack.sandbox.aws.calls.mark();
    await stack.up("--expect-no-changes");
    const looked = stack.sandbox.aws.calls
      .since(mark)
      .filter(({ operation }) => operation === "ec2:DescribeVpcs");
    expect(looked.length).toBeLessThanOrEqual(2);
  });

  it("is refused with everything that is wrong with it, and nothing is created", async () => {
    const stack = await testStack({ tenants, settings: existing() });
    const foreign = await damage(stack);
    stack.configure(existing({ privateSubnetIds: [...SUBNETS, foreign, GHOST] }));
    const before = leftBehind(stack);
    stack.newCalls();

    for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
      const refused = await stack.pulumi(command);
      expect(refused.exitCode).not.toBe(0);
      expect(refusals(refused)).toEqual([
        `tenant-edge:network.vpcId ${VPC}, whose DNS support is off`,
        `tenant-edge:network.privateSubnetIds[0] ${SUBNETS[0]}, which gives public addresses to what starts in it`,
        `tenant-edge:network.privateSubnetIds[0] ${SUBNETS[0]}, and its route table … leads to …, which is gone (blackhole)`,
        `tenant-edge:network.privateSubnetIds[1] ${SUBNETS[1]}, and its route table … leads to …: it is a public subnet`,
        `tenant-edge:network.privateSubnetIds[2] ${SUBNETS[2]}, and the VPC's main route table … has no default route`,
        `tenant-edge:network.privateSubnetIds[3] ${foreign}, which is in …`,
        `tenant-edge:network.privateSubnetIds[4] ${GHOST}, which does not exist`,
      ]);
    }
    expect(leftBehind(stack)).toEqual(before);
    expect(stack.newCalls()).toEqual([]);
  });

  it("is refused when it is not there at all", async () => {
    const stack = await testStack({ tenants });
    stack.configure(existing());
    const refused = await stack.pulumi(["up", "--yes", "--skip-preview"]);
    expect(refused.exitCode).not.toBe(0);
    expect(refusals(refused)).toEqual([
      `tenant-edge:network.vpcId ${VPC}, which does not exist`,
      ...SUBNETS.map(
        (id, index) => `tenant-edge:network.privateSubnetIds[${index}] ${id}, which does not exist`,
      ),
    ]);
    expect(leftBehind(stack)).toEqual([]);
  });

  it("that was damaged stops a destroy until it is told to warn only, and is no matter without hosts", async () => {
    const stack = await testStack({ tenants, settings: existing() });
    await stack.up();
    const { aws } = stack.sandbox;
    await aws.call("ec2:ModifyVpcAttribute", { VpcId: VPC, EnableDnsSupport: { Value: false } });

    const refused = await stack.pulumi(["destroy", "--yes", "--skip-preview"]);
    expect(refused.exitCode).not.toBe(0);
    const advice = /pulumi (config set --path tenant-edge:network\.check warn)/.exec(refused.stdout);
    const follow = await stack.pulumi(advice?.[1]?.split(" ") ?? []);
    expect(follow.exitCode, follow.stderr).toBe(0);

    const destroy = await stack.pulumi(["destroy", "--yes", "--skip-preview"]);
    expect(destroy.exitCode, destroy.stdout).toBe(0);
    expect(destroy.stdout).toContain(`found ${VPC}, whose DNS support is off`);
    expect(leftBehind(stack)).toEqual([]);

    stack.configure(existing());
    stack.setTenants([{ id: "acme", host: { enabled: false } }]);
    await stack.up();
  });
});
