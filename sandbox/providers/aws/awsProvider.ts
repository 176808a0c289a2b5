import type { Aws } from "../../aws/cloud.ts";
import schema from "../generated/aws.json" with { type: "json" };
import type { PackageSchema } from "../packageSchema.ts";
import type { ProviderDefinition } from "../providerDefinition.ts";
import type { FunctionType, Properties, ResourceType } from "../resourceType.ts";
import type { AwsProviderClient } from "./client.ts";
import { eipType } from "./eip.ts";
import {
  getAvailabilityZonesFunction,
  getCallerIdentityFunction,
  getParameterFunction,
  getPartitionFunction,
  getRegionFunction,
} from "./functions.ts";
import { getAmiFunction } from "./getAmi.ts";
import { getNatGatewaysFunction } from "./getNatGateways.ts";
import { getRouteTableFunction, getRouteTablesFunction } from "./getRouteTable.ts";
import { getSubnetFunction, getSubnetsFunction } from "./getSubnet.ts";
import { getVpcFunction, getVpcsFunction } from "./getVpc.ts";
import { instanceType } from "./instance.ts";
import { instanceProfileType } from "./instanceProfile.ts";
import { internetGatewayType } from "./internetGateway.ts";
import { natGatewayType } from "./natGateway.ts";
import { parameterType } from "./parameter.ts";
import { roleType } from "./role.ts";
import { rolePolicyType } from "./rolePolicy.ts";
import { rolePolicyAttachmentType } from "./rolePolicyAttachment.ts";
import { routeType } from "./route.ts";
import { routeTableType } from "./routeTable.ts";
import { routeTableAssociationType } from "./routeTableAssociation.ts";
import { securityGroupType } from "./securityGroup.ts";
import { securityGroupEgressRuleType, securityGroupIngressRuleType } from "./securityGroupRule.ts";
import { subnetType } from "./subnet.ts";
import { vpcType } from "./vpc.ts";
import { vpcEndpointType } from "./vpcEndpoint.ts";

export const awsTypes: readonly ResourceType<AwsProviderClient>[] = [
  eipType,
  instanceProfileType,
  instanceType,
  internetGatewayType,
  natGatewayType,
  parameterType,
  rolePolicyAttachmentType,
  rolePolicyType,
  roleType,
  routeTableAssociationType,
  routeTableType,
  routeType,
  securityGroupEgressRuleType,
  securityGroupIngressRuleType,
  securityGroupType,
  subnetType,
  vpcEndpointType,
  vpcType,
];

export const awsFunctions: readonly FunctionType<AwsProviderClient>[] = [
  getAmiFunction,
  getAvailabilityZonesFunction,
  getCallerIdentityFunction,
  getNatGatewaysFunction,
  getParameterFunction,
  getPartitionFunction,
  getRegionFunction,
  getRouteTableFunction,
  getRouteTablesFunction,
  getSubnetFunction,
  getSubnetsFunction,
  getVpcFunction,
  getVpcsFunction,
];

/** The AWS provider in front of an emulated account. */
export function awsProvider(aws: Aws): ProviderDefinition<AwsProviderClient> {
  return {
    name: schema.name,
    version: schema.version,
    types: awsTypes,
    functions: awsFunctions,
    arguments: schema as PackageSchema,
    configure: (config) => configuredClient(aws, config),
  };
}

/** Only strings reach a provider as they are; everything else comes as JSON. */
function decoded(value: unknown): unknown {
  return typeof value === "string" ? (JSON.parse(value) as unknown) : value;
}

function configuredClient(aws: Aws, config: Properties): AwsProviderClient {
  const region: string = config.region ?? aws.region;
  if (region !== aws.region) {
    throw new Error(`the sandbox emulates the region ${aws.region} only, not ${region}`);
  }
  const allowed = decoded(config.allowedAccountIds);
  if (Array.isArray(allowed) && !allowed.includes(aws.accountId)) {
    throw new Error(`AWS account ID not allowed: ${aws.accountId}`);
  }
  const forbidden = decoded(config.forbiddenAccountIds);
  if (Array.isArray(forbidden) && forbidden.includes(aws.accountId)) {
    throw new Error(`AWS account ID not allowed: ${aws.accountId}`);
  }
  const defaults = decoded(config.defaultTags) as { tags?: Record<string, string> } | undefined;
  return { aws, region, defaultTags: defaults?.tags ?? {} };
}
