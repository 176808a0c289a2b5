/** What a VPC endpoint is, where it stands, and what EC2 refuses of it. */
import { AwsError } from "../operation.ts";
import { invalidParameterValue } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import { createNetworkInterface } from "./networkInterfaces.ts";
import { existingRouteTable } from "./routeTableRecord.ts";
import { existingSecurityGroup } from "./securityGroups.ts";
import { existingSubnet } from "./subnets.ts";
import { existingVpc } from "./vpcs.ts";

export interface VpcEndpointRecord {
  vpcEndpointId: string;
  vpcId: string;
  serviceName: string;
  type: "Gateway" | "Interface";
  /** Policy document as text. */
  policy: string;
  routeTableIds: string[];
  subnetIds: string[];
  groupIds: string[];
  privateDnsEnabled: boolean;
  createdAt: string;
}

const GATEWAY_SERVICES = ["s3", "dynamodb"];
const INTERFACE_SERVICES = [
  "ssm",
  "ssmmessages",
  "ec2messages",
  "ec2",
  "kms",
  "logs",
  "monitoring",
  "sts",
  "s3",
];

export function interfacesOf(state: AwsState, endpointId: string) {
  return state.networkInterfaces.filter((one) => one.ownerResourceId === endpointId);
}

export function checkService(state: AwsState, serviceName: string, type: VpcEndpointRecord["type"]): void {
  const services = type === "Gateway" ? GATEWAY_SERVICES : INTERFACE_SERVICES;
  if (!services.some((service) => serviceName === `com.amazonaws.${state.region}.${service}`)) {
    throw new AwsError("InvalidServiceName", `The Vpc Endpoint Service '${serviceName}' does not exist`);
  }
}

export function checkPrivateDns(state: AwsState, vpcId: string, serviceName: string, ownId?: string): void {
  const vpc = existingVpc(state, vpcId);
  if (!vpc.enableDnsSupport || !vpc.enableDnsHostnames) {
    throw new AwsError(
      "InvalidParameter",
      `Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for ${vpcId}`,
    );
  }
  const clash = state.vpcEndpoints.find(
    (one) =>
      one.vpcEndpointId !== ownId &&
      one.vpcId === vpcId &&
      one.serviceName === serviceName &&
      one.privateDnsEnabled,
  );
  if (clash !== undefined) {
    const domain = `${serviceName.split(".").at(-1)}.${state.region}.amazonaws.com`;
    throw new AwsError(
      "InvalidParameter",
      `private-dns-enabled cannot be set because there is already a conflicting DNS domain for ${domain} in the VPC ${vpcId}`,
    );
  }
}

/** Gives the endpoint an interface in each subnet, and takes it out of the others. */
export function placeInterfaces(state: AwsState, endpoint: VpcEndpointRecord): void {
  for (const one of interfacesOf(state, endpoint.vpcEndpointId)) {
    if (!endpoint.subnetIds.includes(one.subnetId)) state.networkInterfaces.delete(one.networkInterfaceId);
    else state.networkInterfaces.patch(one.networkInterfaceId, { groupIds: endpoint.groupIds });
  }
  const present = interfacesOf(state, endpoint.vpcEndpointId).map((one) => one.subnetId);
  for (const subnetId of endpoint.subnetIds.filter((id) => !present.includes(id))) {
    const subnet = existingSubnet(state, subnetId);
    createNetworkInterface(state, subnet, {
      kind: "vpc_endpoint",
      ownerResourceId: endpoint.vpcEndpointId,
      groupIds: endpoint.groupIds,
    });
  }
}

export function checkMembers(state: AwsState, endpoint: VpcEndpointRecord): void {
  for (const id of endpoint.routeTableIds) {
    if (existingRouteTable(state, id).vpcId !== endpoint.vpcId) {
      throw invalidParameterValue(
        `Route table ${id} and network ${endpoint.vpcId} belong to different networks`,
      );
    }
    const served = state.vpcEndpoints.find(
      (one) =>
        one.vpcEndpointId !== endpoint.vpcEndpointId &&
        one.serviceName === endpoint.serviceName &&
        one.routeTableIds.includes(id),
    );
    if (served !== undefined) {
      const message = `route table ${id} already has a route with destination-prefix-list-id ${endpoint.serviceName}`;
      throw new AwsError("RouteAlreadyExists", message);
    }
  }
  for (const id of endpoint.subnetIds) {
    if (existingSubnet(state, id).vpcId !== endpoint.vpcId) {
      throw new AwsError("InvalidParameter", `Subnet ${id} is not in the VPC ${endpoint.vpcId}`);
    }
  }
  for (const id of endpoint.groupIds) {
    if (existingSecurityGroup(state, id).vpcId !== endpoint.vpcId) {
      throw new AwsError("InvalidParameter", `Security group ${id} is not in the VPC ${endpoint.vpcId}`);
    }
  }
}
