/** Data sources about subnets. Terraform AWS Provider documentation, "aws_subnet" and "aws_subnets". */
import type { FunctionType } from "../resourceType.ts";
import { call, unless } from "./call.ts";
import type { AwsProviderClient } from "./client.ts";
import { argumentFilters, listFilters, listOutputs, single, tagFilters, tagMap } from "./dataSource.ts";
import { toFilters } from "./functions.ts";

export const getSubnetsFunction: FunctionType<AwsProviderClient> = {
  token: "aws:ec2/getSubnets:getSubnets",
  async invoke(client, args) {
    const { Subnets = [] } = await call(client, "reading EC2 Subnets", "ec2:DescribeSubnets", {
      Filters: listFilters(args),
    });
    return listOutputs(
      client,
      args,
      Subnets.map((subnet) => subnet.SubnetId),
    );
  },
};

export const getSubnetFunction: FunctionType<AwsProviderClient> = {
  token: "aws:ec2/getSubnet:getSubnet",
  async invoke(client, args) {
    const reading = call(client, "reading EC2 Subnet", "ec2:DescribeSubnets", {
      ...(args.id !== undefined && { SubnetIds: [args.id] }),
      Filters: [
        ...argumentFilters({
          "availability-zone": args.availabilityZone,
          "cidr-block": args.cidrBlock,
          state: args.state,
          "vpc-id": args.vpcId,
        }),
        ...tagFilters(args.tags),
        ...toFilters(args.filters),
      ],
    });
    const found = (await unless(["InvalidSubnetID.NotFound"], reading))?.Subnets ?? [];
    const subnet = single("EC2 Subnet", found);
    const names = subnet.PrivateDnsNameOptionsOnLaunch;
    return {
      ...args,
      arn: subnet.SubnetArn,
      assignIpv6AddressOnCreation: subnet.AssignIpv6AddressOnCreation,
      availabilityZone: subnet.AvailabilityZone,
      availabilityZoneId: subnet.AvailabilityZoneId,
      availableIpAddressCount: subnet.AvailableIpAddressCount,
      cidrBlock: subnet.CidrBlock,
      customerOwnedIpv4Pool: "",
      defaultForAz: subnet.DefaultForAz,
      enableDns64: subnet.EnableDns64,
      enableLniAtDeviceIndex: 0,
      enableResourceNameDnsARecordOnLaunch: names?.EnableResourceNameDnsARecord,
      enableResourceNameDnsAaaaRecordOnLaunch: names?.EnableResourceNameDnsAAAARecord,
      id: subnet.SubnetId,
      ipv6CidrBlock: "",
      ipv6CidrBlockAssociationId: "",
      ipv6Native: subnet.Ipv6Native,
      mapCustomerOwnedIpOnLaunch: false,
      mapPublicIpOnLaunch: subnet.MapPublicIpOnLaunch,
      outpostArn: "",
      ownerId: subnet.OwnerId,
      privateDnsHostnameTypeOnLaunch: names?.HostnameType,
      region: client.region,
      state: subnet.State,
      tags: tagMap(subnet.Tags),
      vpcId: subnet.VpcId,
    };
  },
};
