/** All operations, with their types and handlers. A new product's operations are added to the two lists here. */
import type { Authorisation } from "./authorisation.ts";
import { type AddressOperations, addressHandlers } from "./ec2/addresses.ts";
import { type ZoneOperations, zoneHandlers } from "./ec2/availabilityZones.ts";
import { type ImageOperations, imageHandlers } from "./ec2/images.ts";
import { type InstanceAttributeOperations, instanceAttributeHandlers } from "./ec2/instanceAttributes.ts";
import { type LaunchOperations, launchHandlers } from "./ec2/instanceLaunch.ts";
import {
  type InstanceProfileAssociationOperations,
  instanceProfileAssociationHandlers,
} from "./ec2/instanceProfileAssociations.ts";
import { type InstanceOperations, instanceHandlers } from "./ec2/instances.ts";
import { type InternetGatewayOperations, internetGatewayHandlers } from "./ec2/internetGateways.ts";
import { type NatGatewayOperations, natGatewayHandlers } from "./ec2/natGateways.ts";
import { type NetworkInterfaceOperations, networkInterfaceHandlers } from "./ec2/networkInterfaces.ts";
import { type RouteOperations, routeHandlers } from "./ec2/routes.ts";
import { type RouteTableOperations, routeTableHandlers } from "./ec2/routeTables.ts";
import { type SecurityGroupRuleOperations, securityGroupRuleHandlers } from "./ec2/securityGroupRules.ts";
import { type SecurityGroupOperations, securityGroupHandlers } from "./ec2/securityGroups.ts";
import { type SubnetOperations, subnetHandlers } from "./ec2/subnets.ts";
import { type TagOperations, tagHandlers } from "./ec2/tags.ts";
import { type VolumeOperations, volumeHandlers } from "./ec2/volumes.ts";
import { type VpcEndpointOperations, vpcEndpointHandlers } from "./ec2/vpcEndpoints.ts";
import { type VpcOperations, vpcHandlers } from "./ec2/vpcs.ts";
import { type InstanceProfileOperations, instanceProfileHandlers } from "./iam/instanceProfiles.ts";
import { type RolePolicyOperations, rolePolicyHandlers } from "./iam/rolePolicies.ts";
import { type RoleOperations, roleHandlers } from "./iam/roles.ts";
import type { Handlers } from "./operation.ts";
import { type CommandOperations, commandHandlers } from "./ssm/commands.ts";
import {
  type ManagedInstanceOperations,
  ManagedInstances,
  managedInstanceHandlers,
} from "./ssm/managedInstances.ts";
import { type ParameterReadOperations, parameterReadHandlers } from "./ssm/parameterReads.ts";
import { type ParameterOperations, parameterHandlers } from "./ssm/parameters.ts";
import { type ParameterTagOperations, parameterTagHandlers } from "./ssm/parameterTags.ts";
import type { AwsState } from "./state.ts";
import { type CallerIdentityOperations, callerIdentityHandlers } from "./sts/callerIdentity.ts";

export type AwsOperations = VpcOperations &
  SubnetOperations &
  NetworkInterfaceOperations &
  InternetGatewayOperations &
  AddressOperations &
  NatGatewayOperations &
  RouteTableOperations &
  RouteOperations &
  SecurityGroupOperations &
  SecurityGroupRuleOperations &
  VpcEndpointOperations &
  ZoneOperations &
  ImageOperations &
  VolumeOperations &
  LaunchOperations &
  InstanceOperations &
  InstanceAttributeOperations &
  InstanceProfileAssociationOperations &
  TagOperations &
  RoleOperations &
  RolePolicyOperations &
  InstanceProfileOperations &
  ParameterOperations &
  ParameterReadOperations &
  ParameterTagOperations &
  ManagedInstanceOperations &
  CommandOperations &
  CallerIdentityOperations;

export function allHandlers(state: AwsState, authorisation: Authorisation): Handlers<AwsOperations> {
  const managedInstances = new ManagedInstances(state, authorisation);
  return {
    ...vpcHandlers(state),
    ...subnetHandlers(state),
    ...networkInterfaceHandlers(state),
    ...internetGatewayHandlers(state),
    ...addressHandlers(state),
    ...natGatewayHandlers(state),
    ...routeTableHandlers(state),
    ...routeHandlers(state),
    ...securityGroupHandlers(state),
    ...securityGroupRuleHandlers(state),
    ...vpcEndpointHandlers(state),
    ...zoneHandlers(state),
    ...imageHandlers(state),
    ...volumeHandlers(state),
    ...launchHandlers(state),
    ...instanceHandlers(state),
    ...instanceAttributeHandlers(state),
    ...instanceProfileAssociationHandlers(state),
    ...tagHandlers(state),
    ...roleHandlers(state),
    ...rolePolicyHandlers(state),
    ...instanceProfileHandlers(state),
    ...parameterHandlers(state),
    ...parameterReadHandlers(state, authorisation),
    ...parameterTagHandlers(state),
    ...managedInstanceHandlers(managedInstances),
    ...commandHandlers(state, managedInstances),
    ...callerIdentityHandlers(state),
  };
}
