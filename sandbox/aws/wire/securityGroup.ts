/** A security group as the ec2 query protocol writes it. */
import type { IpPermission, SecurityGroup } from "@aws-sdk/client-ec2";

function permission(one: IpPermission) {
  return {
    ipProtocol: one.IpProtocol,
    ...(one.FromPort !== undefined && { fromPort: one.FromPort }),
    ...(one.ToPort !== undefined && { toPort: one.ToPort }),
    groups: {
      item: (one.UserIdGroupPairs ?? []).map(({ GroupId, Description }) => ({
        groupId: GroupId,
        ...(Description !== undefined && { description: Description }),
      })),
    },
    ipRanges: {
      item: (one.IpRanges ?? []).map(({ CidrIp, Description }) => ({
        cidrIp: CidrIp,
        ...(Description !== undefined && { description: Description }),
      })),
    },
    ipv6Ranges: {
      item: (one.Ipv6Ranges ?? []).map(({ CidrIpv6, Description }) => ({
        cidrIpv6: CidrIpv6,
        ...(Description !== undefined && { description: Description }),
      })),
    },
    prefixListIds: {
      item: (one.PrefixListIds ?? []).map(({ PrefixListId, Description }) => ({
        prefixListId: PrefixListId,
        ...(Description !== undefined && { description: Description }),
      })),
    },
  };
}

export function securityGroup(one: SecurityGroup) {
  return {
    ownerId: one.OwnerId,
    groupId: one.GroupId,
    groupName: one.GroupName,
    groupDescription: one.Description,
    vpcId: one.VpcId,
    securityGroupArn: one.SecurityGroupArn,
    ipPermissions: { item: (one.IpPermissions ?? []).map(permission) },
    ipPermissionsEgress: { item: (one.IpPermissionsEgress ?? []).map(permission) },
    tagSet: { item: (one.Tags ?? []).map(({ Key, Value }) => ({ key: Key, value: Value })) },
  };
}
