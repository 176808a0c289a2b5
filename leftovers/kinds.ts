/** What the program's resources are, by Pulumi's token. */
import { ResourceType } from "../naming/resourceTypes.ts";
import { NetworkKind, OrphanKind } from "../operations/choices.ts";

export const KIND_OF: Readonly<Record<string, OrphanKind>> = {
  [ResourceType.tunnel]: OrphanKind.Tunnel,
  [ResourceType.record]: OrphanKind.Record,
  [ResourceType.bucket]: OrphanKind.Bucket,
  [ResourceType.token]: OrphanKind.Token,
  [ResourceType.parameter]: OrphanKind.Parameter,
  [ResourceType.role]: OrphanKind.Role,
  [ResourceType.instanceProfile]: OrphanKind.InstanceProfile,
  [ResourceType.securityGroup]: OrphanKind.SecurityGroup,
  [ResourceType.instance]: OrphanKind.Instance,
};

/** Parts of a network; groups are also of hosts. */
export const NETWORK_KIND_OF: Readonly<Record<string, NetworkKind>> = {
  [ResourceType.vpc]: NetworkKind.Vpc,
  [ResourceType.subnet]: NetworkKind.Subnet,
  [ResourceType.internetGateway]: NetworkKind.InternetGateway,
  [ResourceType.address]: NetworkKind.ElasticIp,
  [ResourceType.natGateway]: NetworkKind.NatGateway,
  [ResourceType.routeTable]: NetworkKind.RouteTable,
  [ResourceType.route]: NetworkKind.Route,
  [ResourceType.routeTableAssociation]: NetworkKind.RouteTableAssociation,
  [ResourceType.vpcEndpoint]: NetworkKind.VpcEndpoint,
  [ResourceType.securityGroup]: NetworkKind.SecurityGroup,
};
