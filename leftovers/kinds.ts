/** What the program's resources are, by Pulumi's token. */
import { NetworkKind, OrphanKind } from "../operations/choices.ts";

export const KIND_OF: Readonly<Record<string, OrphanKind>> = {
  "cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared": OrphanKind.Tunnel,
  "cloudflare:index/dnsRecord:DnsRecord": OrphanKind.Record,
  "cloudflare:index/r2Bucket:R2Bucket": OrphanKind.Bucket,
  "cloudflare:index/accountToken:AccountToken": OrphanKind.Token,
  "aws:ssm/parameter:Parameter": OrphanKind.Parameter,
  "aws:iam/role:Role": OrphanKind.Role,
  "aws:iam/instanceProfile:InstanceProfile": OrphanKind.InstanceProfile,
  "aws:ec2/securityGroup:SecurityGroup": OrphanKind.SecurityGroup,
  "aws:ec2/instance:Instance": OrphanKind.Instance,
};

/** Parts of a network; groups are also of hosts. */
export const NETWORK_KIND_OF: Readonly<Record<string, NetworkKind>> = {
  "aws:ec2/vpc:Vpc": NetworkKind.Vpc,
  "aws:ec2/subnet:Subnet": NetworkKind.Subnet,
  "aws:ec2/internetGateway:InternetGateway": NetworkKind.InternetGateway,
  "aws:ec2/eip:Eip": NetworkKind.ElasticIp,
  "aws:ec2/natGateway:NatGateway": NetworkKind.NatGateway,
  "aws:ec2/routeTable:RouteTable": NetworkKind.RouteTable,
  "aws:ec2/route:Route": NetworkKind.Route,
  "aws:ec2/routeTableAssociation:RouteTableAssociation": NetworkKind.RouteTableAssociation,
  "aws:ec2/vpcEndpoint:VpcEndpoint": NetworkKind.VpcEndpoint,
  "aws:ec2/securityGroup:SecurityGroup": NetworkKind.SecurityGroup,
};
