/** One resource of every type, with an update of it. */
import type { Properties } from "../../../sandbox/providers/resourceType.ts";
import { ARM_IMAGE, type TestNetwork, TRUST_EC2 } from "./fixture.ts";

export interface ResourceCase {
  token: string;
  inputs: Properties;
  /** What an update changes; absent: every change replaces. */
  change?: Properties;
  id: RegExp;
  outputs?: Properties;
}

export const tags = { tenant: "a" };

export function resourceCases(network: TestNetwork): ResourceCase[] {
  const { vpcId, publicSubnetId, privateSubnetId, tableId, groupId, gatewayId } = network;
  return [
    {
      token: "aws:ec2/vpc:Vpc",
      inputs: { cidrBlock: "10.50.0.0/16", enableDnsHostnames: true, tags },
      change: { enableDnsHostnames: false, tags: { tenant: "b" } },
      id: /^vpc-[0-9a-f]{17}$/,
      outputs: { enableDnsSupport: true, instanceTenancy: "default" },
    },
    {
      token: "aws:ec2/subnet:Subnet",
      inputs: { vpcId, cidrBlock: "10.0.7.0/24", availabilityZone: "eu-west-1c", tags },
      change: { mapPublicIpOnLaunch: true },
      id: /^subnet-/,
      outputs: { availabilityZoneId: "euw1-az3", mapPublicIpOnLaunch: false },
    },
    { token: "aws:ec2/internetGateway:InternetGateway", inputs: { tags }, change: { tags: {} }, id: /^igw-/ },
    { token: "aws:ec2/eip:Eip", inputs: { domain: "vpc", tags }, change: { tags: {} }, id: /^eipalloc-/ },
    {
      token: "aws:ec2/natGateway:NatGateway",
      inputs: { subnetId: privateSubnetId, connectivityType: "private", tags },
      change: { tags: {} },
      id: /^nat-/,
      outputs: { availabilityMode: "zonal", publicIp: "" },
    },
    {
      token: "aws:ec2/routeTable:RouteTable",
      inputs: { vpcId, routes: [{ cidrBlock: "0.0.0.0/0", gatewayId }], tags },
      change: { routes: [{ cidrBlock: "1.0.0.0/8", natGatewayId: network.natId }] },
      id: /^rtb-/,
    },
    {
      token: "aws:ec2/route:Route",
      inputs: { routeTableId: tableId, destinationCidrBlock: "1.0.0.0/8", gatewayId },
      change: { gatewayId: undefined, natGatewayId: network.natId },
      id: /^r-rtb-[0-9a-f]{17}\d+$/,
      outputs: { origin: "CreateRoute", state: "active" },
    },
    {
      token: "aws:ec2/routeTableAssociation:RouteTableAssociation",
      inputs: { routeTableId: tableId, subnetId: publicSubnetId },
      id: /^rtbassoc-/,
    },
    {
      token: "aws:ec2/securityGroup:SecurityGroup",
      inputs: {
        vpcId,
        egress: [{ protocol: "tcp", fromPort: 443, toPort: 443, cidrBlocks: ["0.0.0.0/0", "10.0.0.0/8"] }],
        tags,
      },
      change: { egress: [{ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] }] },
      id: /^sg-/,
      outputs: { description: "Managed by Pulumi", name: "main-039058c", ingress: [] },
    },
    {
      token: "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
      inputs: {
        securityGroupId: groupId,
        ipProtocol: "udp",
        fromPort: 7844,
        toPort: 7844,
        cidrIpv4: "198.41.192.0/24",
        tags,
      },
      change: { cidrIpv4: "198.41.200.0/24", description: "Cloudflare" },
      id: /^sgr-/,
    },
    {
      token: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
      inputs: { securityGroupId: groupId, ipProtocol: "-1", referencedSecurityGroupId: groupId },
      change: { description: "each other" },
      id: /^sgr-/,
    },
    {
      token: "aws:ec2/vpcEndpoint:VpcEndpoint",
      inputs: { vpcId, serviceName: "com.amazonaws.eu-west-1.s3", routeTableIds: [tableId], tags },
      change: { routeTableIds: [] },
      id: /^vpce-/,
      outputs: { vpcEndpointType: "Gateway", state: "available" },
    },
    {
      token: "aws:ec2/instance:Instance",
      inputs: {
        ami: ARM_IMAGE,
        instanceType: "t4g.nano",
        subnetId: privateSubnetId,
        vpcSecurityGroupIds: [groupId],
        associatePublicIpAddress: false,
        iamInstanceProfile: "host",
        userData: "#cloud-config\n",
        userDataReplaceOnChange: true,
        metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
        rootBlockDevice: { encrypted: true, volumeType: "gp3", volumeSize: 10 },
        volumeTags: { tenant: "a" },
        tags,
      },
      change: {
        instanceType: "t4g.micro",
        metadataOptions: { httpTokens: "required", httpPutResponseHopLimit: 2 },
      },
      id: /^i-[0-9a-f]{17}$/,
      outputs: { instanceState: "running", publicIp: "", userData: "#cloud-config\n" },
    },
    {
      token: "aws:iam/role:Role",
      inputs: { assumeRolePolicy: TRUST_EC2, tags },
      change: { description: "host", maxSessionDuration: 7200 },
      id: /^main-039058c$/,
      outputs: { path: "/", maxSessionDuration: 3600 },
    },
    {
      token: "aws:iam/rolePolicy:RolePolicy",
      inputs: {
        role: "host",
        name: "parameters",
        policy:
          '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ssm:GetParameter"],"Resource":"*"}]}',
      },
      change: {
        policy:
          '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ssm:PutParameter","Resource":"*"}]}',
      },
      id: /^host:parameters$/,
    },
    {
      token: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
      inputs: { role: "host", policyArn: "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy" },
      id: /^host\/arn:aws:iam::aws:policy\/CloudWatchAgentServerPolicy$/,
    },
    {
      token: "aws:iam/instanceProfile:InstanceProfile",
      inputs: { name: "other", role: "host", tags },
      change: { role: undefined },
      id: /^other$/,
      outputs: { path: "/", role: "host" },
    },
    {
      token: "aws:ssm/parameter:Parameter",
      inputs: { name: "/t/a/token", type: "SecureString", value: "one", tier: "Standard", tags },
      change: { value: "two", description: "token" },
      id: /^\/t\/a\/token$/,
      outputs: { version: 1, keyId: "alias/aws/ssm", value: "one" },
    },
  ];
}
