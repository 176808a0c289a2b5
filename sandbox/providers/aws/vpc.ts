import type { Properties } from "../resourceType.ts";
import { ec2Arn } from "./arn.ts";
import { awsType, differs } from "./awsType.ts";
import { call, unless } from "./call.ts";
import { cidrFailures } from "./cidrCheck.ts";
import type { AwsProviderClient } from "./client.ts";
import { ec2Tags, tagSpecifications } from "./tags.ts";

const NOT_FOUND = ["InvalidVpcID.NotFound"];

const ATTRIBUTES = {
  enableDnsSupport: "EnableDnsSupport",
  enableDnsHostnames: "EnableDnsHostnames",
  enableNetworkAddressUsageMetrics: "EnableNetworkAddressUsageMetrics",
} as const;

/** Sets the attributes that differ from what the VPC has, one call each. */
async function setAttributes(
  client: AwsProviderClient,
  id: string,
  olds: Properties,
  news: Properties,
): Promise<void> {
  for (const [argument, attribute] of Object.entries(ATTRIBUTES)) {
    if (news[argument] === undefined || !differs(olds, news, argument)) continue;
    await call(client, `modifying EC2 VPC (${id}) ${attribute}`, "ec2:ModifyVpcAttribute", {
      VpcId: id,
      [attribute]: { Value: news[argument] },
    });
  }
}

export const vpcType = awsType({
  token: "aws:ec2/vpc:Vpc",
  replaceOn: ["cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength"],
  optionalComputed: [
    "cidrBlock",
    "enableDnsHostnames",
    "enableNetworkAddressUsageMetrics",
    "ipv6CidrBlock",
    "ipv6CidrBlockNetworkBorderGroup",
  ],
  plannedDefaults: {
    assignGeneratedIpv6CidrBlock: false,
    enableDnsSupport: true,
    instanceTenancy: "default",
  },
  check: (inputs) => cidrFailures(inputs, "cidrBlock", 16, 28),
  tagWriter: ec2Tags,

  async make(client, inputs) {
    if (inputs.assignGeneratedIpv6CidrBlock === true || inputs.ipv4IpamPoolId !== undefined) {
      throw new Error("the sandbox emulates neither IPv6 in VPCs nor IPAM");
    }
    const { Vpc } = await call(client, "creating EC2 VPC", "ec2:CreateVpc", {
      CidrBlock: inputs.cidrBlock,
      InstanceTenancy: inputs.instanceTenancy,
      ...tagSpecifications(client, "vpc", inputs.tags),
    });
    return Vpc?.VpcId ?? "";
  },

  settle: (client, id, inputs) =>
    setAttributes(client, id, { enableDnsSupport: true, enableDnsHostnames: false }, inputs),

  async look(client, id) {
    const reading = `reading EC2 VPC (${id})`;
    const found = await unless(NOT_FOUND, call(client, reading, "ec2:DescribeVpcs", { VpcIds: [id] }));
    const vpc = found?.Vpcs?.[0];
    if (vpc === undefined) return undefined;
    const Filters = [{ Name: "vpc-id", Values: [id] }];
    const attribute = async (
      Attribute: "enableDnsSupport" | "enableDnsHostnames" | "enableNetworkAddressUsageMetrics",
    ) => call(client, reading, "ec2:DescribeVpcAttribute", { VpcId: id, Attribute });
    const mainTable = await call(client, reading, "ec2:DescribeRouteTables", {
      Filters: [...Filters, { Name: "association.main", Values: ["true"] }],
    });
    const defaultGroup = await call(client, reading, "ec2:DescribeSecurityGroups", {
      Filters: [...Filters, { Name: "group-name", Values: ["default"] }],
    });
    const acls = await call(client, reading, "ec2:DescribeNetworkAcls", {
      Filters: [...Filters, { Name: "default", Values: ["true"] }],
    });
    const routeTableId = mainTable.RouteTables?.[0]?.RouteTableId;
    return {
      outputs: {
        arn: ec2Arn(client, "vpc", id),
        assignGeneratedIpv6CidrBlock: false,
        cidrBlock: vpc.CidrBlock,
        defaultNetworkAclId: acls.NetworkAcls?.[0]?.NetworkAclId,
        defaultRouteTableId: routeTableId,
        defaultSecurityGroupId: defaultGroup.SecurityGroups?.[0]?.GroupId,
        dhcpOptionsId: vpc.DhcpOptionsId,
        enableDnsHostnames: (await attribute("enableDnsHostnames")).EnableDnsHostnames?.Value,
        enableDnsSupport: (await attribute("enableDnsSupport")).EnableDnsSupport?.Value,
        enableNetworkAddressUsageMetrics: (await attribute("enableNetworkAddressUsageMetrics"))
          .EnableNetworkAddressUsageMetrics?.Value,
        instanceTenancy: vpc.InstanceTenancy,
        ipv6AssociationId: "",
        ipv6CidrBlock: "",
        ipv6CidrBlockNetworkBorderGroup: "",
        mainRouteTableId: routeTableId,
        ownerId: vpc.OwnerId,
      },
      tags: vpc.Tags ?? [],
    };
  },

  async change(client, id, olds, news) {
    if (differs(olds, news, "instanceTenancy")) {
      throw new Error(`modifying EC2 VPC (${id}) tenancy: the sandbox does not emulate a change of tenancy`);
    }
    await setAttributes(client, id, olds, news);
  },

  async remove(client, id) {
    await unless(NOT_FOUND, call(client, `deleting EC2 VPC (${id})`, "ec2:DeleteVpc", { VpcId: id }));
  },
});
