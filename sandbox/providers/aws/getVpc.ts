/** Data sources about VPCs. Terraform AWS Provider documentation, "aws_vpc" and "aws_vpcs". */
import type { FunctionType } from "../resourceType.ts";
import { ec2Arn } from "./arn.ts";
import { call, unless } from "./call.ts";
import type { AwsProviderClient } from "./client.ts";
import { argumentFilters, listFilters, listOutputs, single, tagFilters, tagMap } from "./dataSource.ts";
import { toFilters } from "./functions.ts";

export const getVpcsFunction: FunctionType<AwsProviderClient> = {
  token: "aws:ec2/getVpcs:getVpcs",
  async invoke(client, args) {
    const { Vpcs = [] } = await call(client, "reading EC2 VPCs", "ec2:DescribeVpcs", {
      Filters: listFilters(args),
    });
    return listOutputs(
      client,
      args,
      Vpcs.map((vpc) => vpc.VpcId),
    );
  },
};

export const getVpcFunction: FunctionType<AwsProviderClient> = {
  token: "aws:ec2/getVpc:getVpc",
  async invoke(client, args) {
    const Filters = [
      ...argumentFilters({ cidr: args.cidrBlock, "dhcp-options-id": args.dhcpOptionsId, state: args.state }),
      ...(args.default === true ? [{ Name: "is-default", Values: ["true"] }] : []),
      ...toFilters(args.filters),
      ...tagFilters(args.tags),
    ];
    const reading = call(client, "reading EC2 VPC", "ec2:DescribeVpcs", {
      ...(args.id !== undefined && { VpcIds: [args.id] }),
      Filters,
    });
    const vpc = single("EC2 VPC", (await unless(["InvalidVpcID.NotFound"], reading))?.Vpcs ?? []);
    const id = vpc.VpcId ?? "";
    const attribute = (
      Attribute: "enableDnsSupport" | "enableDnsHostnames" | "enableNetworkAddressUsageMetrics",
    ) =>
      call(client, `reading EC2 VPC (${id}) Attribute (${Attribute})`, "ec2:DescribeVpcAttribute", {
        VpcId: id,
        Attribute,
      });
    const main = await call(client, `reading EC2 VPC (${id})`, "ec2:DescribeRouteTables", {
      Filters: [
        { Name: "association.main", Values: ["true"] },
        { Name: "vpc-id", Values: [id] },
      ],
    });
    return {
      ...args,
      arn: ec2Arn(client, "vpc", id),
      cidrBlock: vpc.CidrBlock,
      cidrBlockAssociations: [
        {
          associationId: id.replace("vpc-", "vpc-cidr-assoc-"),
          cidrBlock: vpc.CidrBlock,
          state: "associated",
        },
      ],
      default: vpc.IsDefault,
      dhcpOptionsId: vpc.DhcpOptionsId,
      enableDnsHostnames: (await attribute("enableDnsHostnames")).EnableDnsHostnames?.Value,
      enableDnsSupport: (await attribute("enableDnsSupport")).EnableDnsSupport?.Value,
      enableNetworkAddressUsageMetrics: (await attribute("enableNetworkAddressUsageMetrics"))
        .EnableNetworkAddressUsageMetrics?.Value,
      id,
      instanceTenancy: vpc.InstanceTenancy,
      ipv6AssociationId: "",
      ipv6CidrBlock: "",
      ipv6CidrBlockAssociations: [],
      mainRouteTableId: main.RouteTables?.[0]?.RouteTableId,
      ownerId: vpc.OwnerId,
      region: client.region,
      state: vpc.State,
      tags: tagMap(vpc.Tags),
    };
  },
};
