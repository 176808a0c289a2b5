import { describe, expect, it } from "vitest";
import { natState, newAws, newInstance, newNetwork, refusal, until } from "./fixture.ts";

describe("a network", () => {
  it("is made in order and leaves nothing behind when it is removed in the opposite order", async () => {
    const aws = newAws();
    const network = await newNetwork(aws);
    expect(aws.inventory().map((item) => item.kind)).toEqual([
      "ec2:vpc",
      "ec2:subnet",
      "ec2:subnet",
      "ec2:internet-gateway",
      "ec2:elastic-ip",
      "ec2:natgateway",
      "ec2:route-table",
      "ec2:security-group",
    ]);

    await aws.call("ec2:DeleteSecurityGroup", { GroupId: network.groupId });
    await aws.call("ec2:DeleteSubnet", { SubnetId: network.privateSubnetId });
    await aws.call("ec2:DeleteRouteTable", { RouteTableId: network.tableId });
    await aws.call("ec2:DeleteNatGateway", { NatGatewayId: network.natId });
    await until(async () => (await natState(aws, network.natId)) === "deleted");
    await aws.call("ec2:ReleaseAddress", { AllocationId: network.allocationId });
    const { vpcId, gatewayId } = network;
    await aws.call("ec2:DetachInternetGateway", { InternetGatewayId: gatewayId, VpcId: vpcId });
    await aws.call("ec2:DeleteInternetGateway", { InternetGatewayId: gatewayId });
    await aws.call("ec2:DeleteSubnet", { SubnetId: network.publicSubnetId });
    await aws.call("ec2:DeleteVpc", { VpcId: vpcId });
    expect(aws.inventory()).toEqual([]);
  });

  it("is kept from being removed by what is in it", async () => {
    const aws = newAws();
    const network = await newNetwork(aws);
    await newInstance(aws, network);
    const { vpcId, privateSubnetId, publicSubnetId, gatewayId, groupId, tableId, allocationId } = network;
    const vpc = `DependencyViolation: The vpc '${vpcId}' has dependencies and cannot be deleted.`;
    expect(await refusal(aws.call("ec2:DeleteVpc", { VpcId: vpcId }))).toBe(vpc);
    for (const id of [privateSubnetId, publicSubnetId]) {
      const subnet = `DependencyViolation: The subnet '${id}' has dependencies and cannot be deleted.`;
      expect(await refusal(aws.call("ec2:DeleteSubnet", { SubnetId: id }))).toBe(subnet);
    }
    const group = `DependencyViolation: resource ${groupId} has a dependent object`;
    expect(await refusal(aws.call("ec2:DeleteSecurityGroup", { GroupId: groupId }))).toBe(group);
    const detach = { InternetGatewayId: gatewayId, VpcId: vpcId };
    expect(await refusal(aws.call("ec2:DetachInternetGateway", detach))).toBe(
      `DependencyViolation: Network ${vpcId} has some mapped public address(es). ` +
        "Please unmap those public address(es) before detaching the gateway.",
    );
    expect(await refusal(aws.call("ec2:DeleteInternetGateway", detach))).toMatch(/^DependencyViolation/);
    expect(await refusal(aws.call("ec2:DeleteRouteTable", { RouteTableId: tableId }))).toMatch(
      /^DependencyViolation/,
    );
    expect(await refusal(aws.call("ec2:ReleaseAddress", { AllocationId: allocationId }))).toMatch(
      /^InvalidIPAddress.InUse/,
    );
    const associated = (await aws.call("ec2:DescribeAddresses", {})).Addresses?.[0]?.AssociationId;
    expect(await refusal(aws.call("ec2:DisassociateAddress", { AssociationId: associated }))).toMatch(
      /^AuthFailure/,
    );
  });
});

describe("subnets", () => {
  it.each([
    ["InvalidSubnet.Conflict", { CidrBlock: "10.0.0.128/25" }],
    ["InvalidSubnet.Range", { CidrBlock: "10.1.0.0/24" }],
    ["InvalidSubnet.Range", { CidrBlock: "10.0.9.0/29" }],
    ["InvalidParameterValue", { CidrBlock: "10.0.9.0/24", AvailabilityZone: "eu-west-1z" }],
    ["InvalidVpcID.NotFound", { CidrBlock: "10.0.9.0/24", VpcId: "vpc-00000000000000000" }],
    ["UnsupportedOperation", { CidrBlock: "10.0.9.0/24", Ipv6Native: true }],
  ])("are refused with %s", async (code, input) => {
    const aws = newAws();
    const { vpcId } = await newNetwork(aws);
    const call = aws.call("ec2:CreateSubnet", { VpcId: vpcId, ...input });
    expect(await refusal(call)).toContain(`${code}:`);
  });
});

describe("VPCs", () => {
  it("are refused with a range that is too large, and beyond the quota", async () => {
    const aws = newAws({ quotas: { vpcs: 1 } });
    expect(await refusal(aws.call("ec2:CreateVpc", { CidrBlock: "10.0.0.0/8" }))).toMatch(
      /^InvalidVpc.Range/,
    );
    await aws.call("ec2:CreateVpc", { CidrBlock: "10.0.0.0/16" });
    expect(await refusal(aws.call("ec2:CreateVpc", { CidrBlock: "10.1.0.0/16" }))).toMatch(
      /^VpcLimitExceeded/,
    );
  });
});

describe("NAT gateways", () => {
  async function failure(withGateway: boolean, allocate: boolean): Promise<string> {
    const aws = newAws();
    const VpcId = (await aws.call("ec2:CreateVpc", { CidrBlock: "10.0.0.0/16" })).Vpc?.VpcId;
    const SubnetId = (await aws.call("ec2:CreateSubnet", { VpcId, CidrBlock: "10.0.0.0/24" })).Subnet
      ?.SubnetId;
    if (withGateway) {
      const InternetGatewayId = (await aws.call("ec2:CreateInternetGateway", {})).InternetGateway
        ?.InternetGatewayId;
      await aws.call("ec2:AttachInternetGateway", { InternetGatewayId, VpcId });
    }
    const address = allocate ? await aws.call("ec2:AllocateAddress", {}) : undefined;
    const AllocationId = address?.AllocationId ?? "eipalloc-00000000000000000";
    const create = () => aws.call("ec2:CreateNatGateway", { SubnetId, AllocationId });
    if (withGateway && allocate) await create();
    const id = (await create()).NatGateway?.NatGatewayId ?? "";
    await until(async () => (await natState(aws, id)) === "failed");
    const { NatGateways } = await aws.call("ec2:DescribeNatGateways", { NatGatewayIds: [id] });
    return NatGateways?.[0]?.FailureCode ?? "";
  }

  it("fail later, not at once: without internet gateway, address, or with an address in use", async () => {
    expect(await failure(false, true)).toBe("Gateway.NotAttached");
    expect(await failure(true, false)).toBe("InvalidAllocationID.NotFound");
    expect(await failure(true, true)).toBe("Resource.AlreadyAssociated");
  });

  it("leave their routes as black holes", async () => {
    const aws = newAws();
    const { natId, tableId } = await newNetwork(aws);
    await aws.call("ec2:DeleteNatGateway", { NatGatewayId: natId });
    await until(async () => (await natState(aws, natId)) === "deleted");
    const { RouteTables } = await aws.call("ec2:DescribeRouteTables", { RouteTableIds: [tableId] });
    expect(RouteTables?.[0]?.Routes?.map((route) => route.State)).toEqual(["active", "blackhole"]);
  });
});

describe("routes and associations", () => {
  it("are refused when they clash or lead nowhere", async () => {
    const aws = newAws();
    const { tableId, natId, publicSubnetId, privateSubnetId } = await newNetwork(aws);
    const create = (DestinationCidrBlock: string, target: object) =>
      refusal(aws.call("ec2:CreateRoute", { RouteTableId: tableId, DestinationCidrBlock, ...target }));
    expect(await create("0.0.0.0/0", { NatGatewayId: natId })).toBe(
      "RouteAlreadyExists: The route identified by 0.0.0.0/0 already exists.",
    );
    expect(await create("10.0.0.0/16", { NatGatewayId: natId })).toMatch(/^RouteAlreadyExists/);
    expect(await create("1.0.0.0/8", { GatewayId: "igw-00000000000000000" })).toMatch(
      /^InvalidGatewayID.NotFound/,
    );
    expect(await create("1.0.0.0/8", { NatGatewayId: "nat-00000000000000000" })).toMatch(
      /^InvalidNatGatewayID.NotFound/,
    );
    const local = { RouteTableId: tableId, DestinationCidrBlock: "10.0.0.0/16" };
    expect(await refusal(aws.call("ec2:DeleteRoute", local))).toMatch(/cannot remove local route/);
    const other = await aws.call("ec2:CreateVpc", { CidrBlock: "10.9.0.0/16" });
    const foreign = await aws.call("ec2:CreateRouteTable", { VpcId: other.Vpc?.VpcId });
    const RouteTableId = foreign.RouteTable?.RouteTableId;
    expect(
      await refusal(aws.call("ec2:AssociateRouteTable", { RouteTableId, SubnetId: publicSubnetId })),
    ).toMatch(/belong to different networks/);
    const again = { RouteTableId: tableId, SubnetId: privateSubnetId };
    expect(await refusal(aws.call("ec2:AssociateRouteTable", again))).toMatch(/^Resource.AlreadyAssociated/);
  });
});

describe("security groups", () => {
  const https = [{ IpProtocol: "tcp", FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];

  it("let everything out until that rule is revoked", async () => {
    const aws = newAws();
    const { groupId } = await newNetwork(aws);
    const { SecurityGroups } = await aws.call("ec2:DescribeSecurityGroups", { GroupIds: [groupId] });
    expect(SecurityGroups?.[0]?.IpPermissionsEgress).toMatchObject([{ IpProtocol: "-1" }]);
    expect(SecurityGroups?.[0]?.IpPermissions).toEqual([]);
    const everything = { IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] };
    const revoke = { GroupId: groupId, IpPermissions: [everything] };
    await aws.call("ec2:RevokeSecurityGroupEgress", revoke);
    expect(await refusal(aws.call("ec2:RevokeSecurityGroupEgress", revoke))).toMatch(
      /^InvalidPermission.NotFound/,
    );
  });

  it("refuse a rule that is there, ports that do not exist and more rules than allowed", async () => {
    const aws = newAws({ quotas: { rulesPerSecurityGroup: 2 } });
    const { groupId: GroupId } = await newNetwork(aws);
    const allow = (IpPermissions: typeof https) =>
      refusal(aws.call("ec2:AuthorizeSecurityGroupEgress", { GroupId, IpPermissions }));
    expect(await allow(https)).toBe("accepted");
    expect(await allow(https)).toBe(
      'InvalidPermission.Duplicate: the specified rule "peer: 0.0.0.0/0, TCP, from port: 443, to port: 443, ALLOW" already exists',
    );
    const [rule] = https;
    expect(await allow(rule ? [{ ...rule, ToPort: 70_000 }] : [])).toMatch(/^InvalidParameterValue/);
    expect(await allow(rule ? [{ ...rule, IpRanges: [{ CidrIp: "10.0.0.300/8" }] }] : [])).toMatch(
      /malformed/,
    );
    expect(await allow(rule ? [{ ...rule, FromPort: 80, ToPort: 80 }] : [])).toMatch(
      /^RulesPerSecurityGroupLimitExceeded/,
    );
  });

  it("refuse descriptions of rules that are too long or of other characters, and a rule given twice", async () => {
    const aws = newAws();
    const { groupId: GroupId } = await newNetwork(aws);
    const rule = (Description: string) => ({
      IpProtocol: "tcp",
      FromPort: 443,
      ToPort: 443,
      IpRanges: [{ CidrIp: "0.0.0.0/0", Description }],
    });
    const allow = (...IpPermissions: ReturnType<typeof rule>[]) =>
      refusal(aws.call("ec2:AuthorizeSecurityGroupEgress", { GroupId, IpPermissions }));
    const invalid = /^InvalidParameterValue: Invalid rule description/;
    expect(await allow(rule("Cloudflare’s edge"))).toMatch(invalid);
    expect(await allow(rule("a".repeat(256)))).toMatch(invalid);
    expect(await allow(rule("one"), rule("two"))).toMatch(/must not appear multiple times$/);
    const description = "a-Z 0_9.:/()#,@[]+=&;{}!$*".padEnd(255, "a");
    const made = await aws.call("ec2:AuthorizeSecurityGroupEgress", {
      GroupId,
      IpPermissions: [rule(description)],
    });
    const SecurityGroupRuleId = made.SecurityGroupRules?.[0]?.SecurityGroupRuleId;
    const SecurityGroupRule = {
      IpProtocol: "tcp",
      FromPort: 443,
      ToPort: 443,
      CidrIpv4: "0.0.0.0/0",
      Description: "ü",
    };
    const change = { GroupId, SecurityGroupRules: [{ SecurityGroupRuleId, SecurityGroupRule }] };
    expect(await refusal(aws.call("ec2:ModifySecurityGroupRules", change))).toMatch(invalid);
  });

  it("refuse a name that is taken in the VPC, and removal of the default group or of one that is referred to", async () => {
    const aws = newAws();
    const { vpcId: VpcId, groupId } = await newNetwork(aws);
    const taken = { GroupName: "hosts", Description: "x", VpcId };
    expect(await refusal(aws.call("ec2:CreateSecurityGroup", taken))).toMatch(/^InvalidGroup.Duplicate/);
    const { GroupId } = await aws.call("ec2:CreateSecurityGroup", { ...taken, GroupName: "other" });
    await aws.call("ec2:AuthorizeSecurityGroupIngress", {
      GroupId,
      IpPermissions: [{ IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: groupId }] }],
    });
    expect(await refusal(aws.call("ec2:DeleteSecurityGroup", { GroupId: groupId }))).toMatch(
      /^DependencyViolation/,
    );
    const Filters = [{ Name: "group-name", Values: ["default"] }];
    const { SecurityGroups } = await aws.call("ec2:DescribeSecurityGroups", { Filters });
    expect(
      await refusal(aws.call("ec2:DeleteSecurityGroup", { GroupId: SecurityGroups?.[0]?.GroupId })),
    ).toMatch(/^CannotDelete/);
  });
});

describe("an existing network", () => {
  it("counts against the quotas", async () => {
    const aws = newAws({ quotas: { vpcs: 1 } });
    aws.ensureExistingNetwork({ vpcId: "vpc-0123456789abcdef0", subnetIds: [] });
    expect(await refusal(aws.call("ec2:CreateVpc", { CidrBlock: "10.0.0.0/16" }))).toMatch(
      /^VpcLimitExceeded/,
    );
  });

  it("can be used by id, works through a NAT gateway, and does not count as left behind", async () => {
    const aws = newAws();
    const network = { vpcId: "vpc-0123456789abcdef0", subnetIds: ["subnet-0123456789abcdef0"] };
    aws.ensureExistingNetwork(network);
    aws.ensureExistingNetwork(network);
    expect(aws.inventory()).toEqual([]);
    const { RouteTables } = await aws.call("ec2:DescribeRouteTables", {
      Filters: [{ Name: "association.subnet-id", Values: network.subnetIds }],
    });
    expect(RouteTables?.[0]?.Routes).toContainEqual(
      expect.objectContaining({ DestinationCidrBlock: "0.0.0.0/0", State: "active" }),
    );
  });
});
