import type { Properties } from "../resourceType.ts";
import { awsType, differs } from "./awsType.ts";
import { call, unless } from "./call.ts";
import { cidrFailures } from "./cidrCheck.ts";
import type { AwsProviderClient } from "./client.ts";
import { conflict } from "./naming.ts";
import { ec2Tags, tagSpecifications } from "./tags.ts";

const NOT_FOUND = ["InvalidSubnetID.NotFound"];

const FLAGS = {
  mapPublicIpOnLaunch: "MapPublicIpOnLaunch",
  enableDns64: "EnableDns64",
  enableResourceNameDnsARecordOnLaunch: "EnableResourceNameDnsARecordOnLaunch",
  enableResourceNameDnsAaaaRecordOnLaunch: "EnableResourceNameDnsAAAARecordOnLaunch",
} as const;

/** EC2 takes one attribute per call. */
async function setAttributes(
  client: AwsProviderClient,
  id: string,
  olds: Properties,
  news: Properties,
): Promise<void> {
  const action = `setting EC2 Subnet (${id})`;
  for (const [argument, attribute] of Object.entries(FLAGS)) {
    if (news[argument] === undefined || (olds[argument] ?? false) === news[argument]) continue;
    await call(client, `${action} ${attribute}`, "ec2:ModifySubnetAttribute", {
      SubnetId: id,
      [attribute]: { Value: news[argument] },
    });
  }
  const hostnameType = news.privateDnsHostnameTypeOnLaunch;
  if (hostnameType !== undefined && differs(olds, news, "privateDnsHostnameTypeOnLaunch")) {
    await call(client, `${action} PrivateDnsHostnameTypeOnLaunch`, "ec2:ModifySubnetAttribute", {
      SubnetId: id,
      PrivateDnsHostnameTypeOnLaunch: hostnameType,
    });
  }
}

export const subnetType = awsType({
  token: "aws:ec2/subnet:Subnet",
  replaceOn: [
    "vpcId",
    "cidrBlock",
    "availabilityZone",
    "availabilityZoneId",
    "ipv4IpamPoolId",
    "ipv4NetmaskLength",
    "ipv6IpamPoolId",
    "ipv6NetmaskLength",
    "ipv6Native",
    "outpostArn",
  ],
  optionalComputed: [
    "availabilityZone",
    "availabilityZoneId",
    "cidrBlock",
    "ipv6CidrBlock",
    "privateDnsHostnameTypeOnLaunch",
  ],
  plannedDefaults: {
    assignIpv6AddressOnCreation: false,
    enableDns64: false,
    enableResourceNameDnsARecordOnLaunch: false,
    enableResourceNameDnsAaaaRecordOnLaunch: false,
    ipv6Native: false,
    mapPublicIpOnLaunch: false,
  },
  choices: { privateDnsHostnameTypeOnLaunch: ["ip-name", "resource-name"] },
  check: (inputs) => [
    ...cidrFailures(inputs, "cidrBlock"),
    ...conflict(inputs, "availabilityZone", "availabilityZoneId"),
  ],
  tagWriter: ec2Tags,

  async make(client, inputs) {
    const { Subnet } = await call(client, "creating EC2 Subnet", "ec2:CreateSubnet", {
      VpcId: inputs.vpcId,
      CidrBlock: inputs.cidrBlock,
      AvailabilityZone: inputs.availabilityZone,
      AvailabilityZoneId: inputs.availabilityZoneId,
      ...tagSpecifications(client, "subnet", inputs.tags),
    });
    return Subnet?.SubnetId ?? "";
  },

  settle: (client, id, inputs) =>
    setAttributes(client, id, { privateDnsHostnameTypeOnLaunch: "ip-name" }, inputs),

  async look(client, id) {
    const reading = call(client, `reading EC2 Subnet (${id})`, "ec2:DescribeSubnets", { SubnetIds: [id] });
    const subnet = (await unless(NOT_FOUND, reading))?.Subnets?.[0];
    if (subnet === undefined) return undefined;
    const names = subnet.PrivateDnsNameOptionsOnLaunch;
    return {
      outputs: {
        arn: subnet.SubnetArn,
        assignIpv6AddressOnCreation: false,
        availabilityZone: subnet.AvailabilityZone,
        availabilityZoneId: subnet.AvailabilityZoneId,
        cidrBlock: subnet.CidrBlock,
        enableDns64: subnet.EnableDns64,
        enableResourceNameDnsARecordOnLaunch: names?.EnableResourceNameDnsARecord,
        enableResourceNameDnsAaaaRecordOnLaunch: names?.EnableResourceNameDnsAAAARecord,
        ipv6CidrBlock: "",
        ipv6CidrBlockAssociationId: "",
        ipv6Native: false,
        mapPublicIpOnLaunch: subnet.MapPublicIpOnLaunch,
        ownerId: subnet.OwnerId,
        privateDnsHostnameTypeOnLaunch: names?.HostnameType,
        vpcId: subnet.VpcId,
      },
      tags: subnet.Tags ?? [],
    };
  },

  change: (client, id, olds, news) => setAttributes(client, id, olds, news),

  async remove(client, id) {
    const deleting = call(client, `deleting EC2 Subnet (${id})`, "ec2:DeleteSubnet", { SubnetId: id });
    await unless(NOT_FOUND, deleting);
  },
});
