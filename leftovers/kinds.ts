/** What the program's resources are, by Pulumi's token. */
import { OrphanKind } from "../operations/choices.ts";

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
