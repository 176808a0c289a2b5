import { ec2Arn } from "./arn.ts";
import { awsType, differs } from "./awsType.ts";
import { call, unless } from "./call.ts";
import { jsonText, keepText, samePolicy, sameSet } from "./json.ts";
import { ec2Tags, tagSpecifications } from "./tags.ts";

const NOT_FOUND = ["InvalidVpcEndpointId.NotFound"];

/** Address ranges of S3 and DynamoDB stand behind a prefix list, whose id is the same for every endpoint. */
const PREFIX_LIST = { prefixListId: "pl-6da54004", cidrBlocks: ["52.218.0.0/17", "3.5.64.0/21"] };

function members(olds: unknown, news: unknown): { add: string[]; remove: string[] } {
  const before: string[] = Array.isArray(olds) ? olds : [];
  const after: string[] = Array.isArray(news) ? news : [];
  return {
    add: after.filter((id) => !before.includes(id)),
    remove: before.filter((id) => !after.includes(id)),
  };
}

export const vpcEndpointType = awsType({
  token: "aws:ec2/vpcEndpoint:VpcEndpoint",
  replaceOn: [
    "vpcId",
    "serviceName",
    "serviceRegion",
    "vpcEndpointType",
    "resourceConfigurationArn",
    "serviceNetworkArn",
  ],
  optionalComputed: [
    "dnsOptions",
    "ipAddressType",
    "policy",
    "privateDnsEnabled",
    "routeTableIds",
    "securityGroupIds",
    "serviceRegion",
    "subnetConfigurations",
    "subnetIds",
  ],
  plannedDefaults: { vpcEndpointType: "Gateway" },
  choices: {
    vpcEndpointType: ["Gateway", "Interface", "GatewayLoadBalancer", "Resource", "ServiceNetwork"],
  },
  equal: { policy: samePolicy, routeTableIds: sameSet, securityGroupIds: sameSet, subnetIds: sameSet },
  unknownOnUpdate: (changed) =>
    changed.includes("subnetIds") ? ["networkInterfaceIds", "subnetConfigurations"] : [],
  tagWriter: ec2Tags,

  async make(client, inputs) {
    const action = `creating EC2 VPC Endpoint (${inputs.serviceName})`;
    const { VpcEndpoint } = await call(client, action, "ec2:CreateVpcEndpoint", {
      VpcId: inputs.vpcId,
      ServiceName: inputs.serviceName,
      VpcEndpointType: inputs.vpcEndpointType,
      PrivateDnsEnabled: inputs.privateDnsEnabled,
      RouteTableIds: inputs.routeTableIds,
      SubnetIds: inputs.subnetIds,
      SecurityGroupIds: inputs.securityGroupIds,
      ...(inputs.policy !== undefined && { PolicyDocument: jsonText(inputs.policy) }),
      ...tagSpecifications(client, "vpc-endpoint", inputs.tags),
    });
    return VpcEndpoint?.VpcEndpointId ?? "";
  },

  async look(client, id, given) {
    const action = `reading EC2 VPC Endpoint (${id})`;
    const reading = call(client, action, "ec2:DescribeVpcEndpoints", { VpcEndpointIds: [id] });
    const endpoint = (await unless(NOT_FOUND, reading))?.VpcEndpoints?.[0];
    if (endpoint === undefined) return undefined;
    const gateway = endpoint.VpcEndpointType === "Gateway";
    const shown = (name: string, actual: string[] | undefined) =>
      sameSet(given[name], actual) ? given[name] : actual;
    return {
      outputs: {
        arn: ec2Arn(client, "vpc-endpoint", id),
        cidrBlocks: gateway ? PREFIX_LIST.cidrBlocks : [],
        dnsEntries: (endpoint.DnsEntries ?? []).map((entry) => ({
          dnsName: entry.DnsName,
          hostedZoneId: entry.HostedZoneId,
        })),
        dnsOptions: {
          dnsRecordIpType: gateway ? "service-defined" : "ipv4",
          privateDnsOnlyForInboundResolverEndpoint: false,
        },
        ipAddressType: endpoint.IpAddressType,
        networkInterfaceIds: endpoint.NetworkInterfaceIds,
        ownerId: endpoint.OwnerId,
        policy: keepText(given.policy, endpoint.PolicyDocument ?? ""),
        prefixListId: gateway ? PREFIX_LIST.prefixListId : "",
        privateDnsEnabled: endpoint.PrivateDnsEnabled,
        requesterManaged: endpoint.RequesterManaged,
        routeTableIds: shown("routeTableIds", endpoint.RouteTableIds),
        securityGroupIds: shown(
          "securityGroupIds",
          endpoint.Groups?.map((group) => group.GroupId ?? ""),
        ),
        serviceName: endpoint.ServiceName,
        serviceRegion: client.region,
        state: endpoint.State?.toLowerCase(),
        subnetConfigurations: [],
        subnetIds: shown("subnetIds", endpoint.SubnetIds),
        vpcEndpointType: endpoint.VpcEndpointType,
        vpcId: endpoint.VpcId,
      },
      tags: endpoint.Tags ?? [],
    };
  },

  async change(client, id, olds, news) {
    const tables = members(olds.routeTableIds, news.routeTableIds);
    const subnets = members(olds.subnetIds, news.subnetIds);
    const groups = members(olds.securityGroupIds, news.securityGroupIds);
    await call(client, `updating EC2 VPC Endpoint (${id})`, "ec2:ModifyVpcEndpoint", {
      VpcEndpointId: id,
      AddRouteTableIds: tables.add,
      RemoveRouteTableIds: tables.remove,
      AddSubnetIds: subnets.add,
      RemoveSubnetIds: subnets.remove,
      AddSecurityGroupIds: groups.add,
      RemoveSecurityGroupIds: groups.remove,
      ...(differs(olds, news, "policy") && { PolicyDocument: jsonText(news.policy) }),
      ...(differs(olds, news, "privateDnsEnabled") && { PrivateDnsEnabled: news.privateDnsEnabled }),
    });
  },

  async remove(client, id) {
    const action = `deleting EC2 VPC Endpoint (${id})`;
    const { Unsuccessful } = await call(client, action, "ec2:DeleteVpcEndpoints", { VpcEndpointIds: [id] });
    const error = Unsuccessful?.[0]?.Error;
    if (error !== undefined && error.Code !== "InvalidVpcEndpoint.NotFound") {
      throw new Error(`${action}: ${error.Code}: ${error.Message}`);
    }
  },
});
