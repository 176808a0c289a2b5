/** What is in the emulated account: one store collection per kind of resource. */
import type { Collection, Store } from "../store.ts";
import type { AddressRecord } from "./ec2/addresses.ts";
import type { ImageRecord } from "./ec2/images.ts";
import type { InstanceRecord } from "./ec2/instanceRecord.ts";
import type { InternetGatewayRecord } from "./ec2/internetGateways.ts";
import type { NatGatewayRecord } from "./ec2/natGateways.ts";
import type { NetworkInterfaceRecord } from "./ec2/networkInterfaces.ts";
import type { RouteTableRecord } from "./ec2/routeTableRecord.ts";
import type { SecurityGroupRuleRecord } from "./ec2/securityGroupRuleRecord.ts";
import type { SecurityGroupRecord } from "./ec2/securityGroups.ts";
import type { SubnetRecord } from "./ec2/subnets.ts";
import type { VolumeRecord } from "./ec2/volumes.ts";
import type { VpcEndpointRecord } from "./ec2/vpcEndpointRecord.ts";
import type { VpcRecord } from "./ec2/vpcs.ts";
import type { InstanceProfileRecord } from "./iam/instanceProfiles.ts";
import type { RoleRecord } from "./iam/roles.ts";
import type { KeyRecord } from "./kms.ts";
import type { Quotas } from "./quotas.ts";
import type { SsmAgents } from "./ssm/agents.ts";
import type { ParameterRecord } from "./ssm/parameterRecord.ts";
import type { Transitions } from "./transitions.ts";

export type Tags = Record<string, string>;

/** An instance came up, was rebooted, was stopped, or is gone. `running` also follows a start after a stop. */
export interface InstanceEvent {
  kind: "running" | "rebooted" | "stopped" | "terminated";
  instanceId: string;
}

export interface AccountFacts {
  region: string;
  accountId: string;
  quotas: Quotas;
  transitions: Transitions;
  now: () => Date;
  emit: (event: InstanceEvent) => void;
  /** Undefined while nothing plays the instances' software. */
  agents: () => SsmAgents | undefined;
}

export interface AwsState extends AccountFacts {
  vpcs: Collection<VpcRecord>;
  subnets: Collection<SubnetRecord>;
  internetGateways: Collection<InternetGatewayRecord>;
  addresses: Collection<AddressRecord>;
  natGateways: Collection<NatGatewayRecord>;
  routeTables: Collection<RouteTableRecord>;
  securityGroups: Collection<SecurityGroupRecord>;
  securityGroupRules: Collection<SecurityGroupRuleRecord>;
  vpcEndpoints: Collection<VpcEndpointRecord>;
  networkInterfaces: Collection<NetworkInterfaceRecord>;
  instances: Collection<InstanceRecord>;
  volumes: Collection<VolumeRecord>;
  images: Collection<ImageRecord>;
  /** Tags of EC2 resources by resource id. */
  ec2Tags: Collection<Tags>;
  /** Ids of what was there before any stack: not counted as something left behind. */
  preexisting: Collection<{ id: string }>;
  roles: Collection<RoleRecord>;
  instanceProfiles: Collection<InstanceProfileRecord>;
  parameters: Collection<ParameterRecord>;
  keys: Collection<KeyRecord>;
}

export function openState(store: Store, facts: AccountFacts): AwsState {
  return {
    ...facts,
    vpcs: store.collection("aws.ec2.vpcs"),
    subnets: store.collection("aws.ec2.subnets"),
    internetGateways: store.collection("aws.ec2.internet-gateways"),
    addresses: store.collection("aws.ec2.addresses"),
    natGateways: store.collection("aws.ec2.nat-gateways"),
    routeTables: store.collection("aws.ec2.route-tables"),
    securityGroups: store.collection("aws.ec2.security-groups"),
    securityGroupRules: store.collection("aws.ec2.security-group-rules"),
    vpcEndpoints: store.collection("aws.ec2.vpc-endpoints"),
    networkInterfaces: store.collection("aws.ec2.network-interfaces"),
    instances: store.collection("aws.ec2.instances"),
    volumes: store.collection("aws.ec2.volumes"),
    images: store.collection("aws.ec2.images"),
    ec2Tags: store.collection("aws.ec2.tags"),
    preexisting: store.collection("aws.preexisting"),
    roles: store.collection("aws.iam.roles"),
    instanceProfiles: store.collection("aws.iam.instance-profiles"),
    parameters: store.collection("aws.ssm.parameters"),
    keys: store.collection("aws.kms.keys"),
  };
}
