/** VPC endpoints: gateway endpoints in route tables, interface endpoints in subnets. */
import type {
  CreateVpcEndpointCommand,
  DeleteVpcEndpointsCommand,
  DescribeVpcEndpointsCommand,
  ModifyVpcEndpointCommand,
  VpcEndpoint,
} from "@aws-sdk/client-ec2";
import { newResourceId } from "../ids.ts";
import type { Handlers, OperationOf } from "../operation.ts";
import { existing, refuseUnmodelled, required } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import { applyFilters } from "./filters.ts";
import { putTags, tagList, tagsOf, tagsOnCreate } from "./tags.ts";
import {
  checkMembers,
  checkPrivateDns,
  checkService,
  interfacesOf,
  placeInterfaces,
  type VpcEndpointRecord,
} from "./vpcEndpointRecord.ts";
import { existingVpc } from "./vpcs.ts";

export type VpcEndpointOperations = {
  "ec2:CreateVpcEndpoint": OperationOf<CreateVpcEndpointCommand>;
  "ec2:ModifyVpcEndpoint": OperationOf<ModifyVpcEndpointCommand>;
  "ec2:DeleteVpcEndpoints": OperationOf<DeleteVpcEndpointsCommand>;
  "ec2:DescribeVpcEndpoints": OperationOf<DescribeVpcEndpointsCommand>;
};

const FULL_ACCESS = JSON.stringify({
  Version: "2008-10-17",
  Statement: [{ Effect: "Allow", Principal: "*", Action: "*", Resource: "*" }],
});

function existingEndpoint(state: AwsState, id: string | undefined): VpcEndpointRecord {
  const endpointId = required(id, "VpcEndpointId");
  return existing(
    state.vpcEndpoints.get(endpointId),
    "InvalidVpcEndpointId.NotFound",
    `The Vpc Endpoint Id '${endpointId}' does not exist`,
  );
}

function describe(state: AwsState, endpoint: VpcEndpointRecord): VpcEndpoint {
  const { vpcEndpointId, serviceName } = endpoint;
  const service = serviceName.split(".").at(-1);
  return {
    VpcEndpointId: vpcEndpointId,
    VpcEndpointType: endpoint.type,
    VpcId: endpoint.vpcId,
    ServiceName: serviceName,
    State: "Available",
    PolicyDocument: endpoint.policy,
    RouteTableIds: endpoint.routeTableIds,
    SubnetIds: endpoint.subnetIds,
    Groups: endpoint.groupIds.map((GroupId) => ({ GroupId })),
    IpAddressType: "ipv4",
    PrivateDnsEnabled: endpoint.privateDnsEnabled,
    RequesterManaged: false,
    NetworkInterfaceIds: interfacesOf(state, vpcEndpointId).map((one) => one.networkInterfaceId),
    DnsEntries:
      endpoint.type === "Gateway"
        ? []
        : [
            {
              DnsName: `${vpcEndpointId}-${vpcEndpointId.slice(-8)}.${service}.${state.region}.vpce.amazonaws.com`,
              HostedZoneId: "Z38GZ743OKFT7T",
            },
          ],
    CreationTimestamp: new Date(endpoint.createdAt),
    OwnerId: state.accountId,
    Tags: tagList(state, vpcEndpointId),
  };
}

function defaultGroup(state: AwsState, vpcId: string): string[] {
  return state.securityGroups
    .filter((group) => group.vpcId === vpcId && group.groupName === "default")
    .map((group) => group.groupId);
}

function changedMembers(old: string[], add: string[] | undefined, remove: string[] | undefined): string[] {
  return [...new Set([...old.filter((id) => !remove?.includes(id)), ...(add ?? [])])];
}

export function vpcEndpointHandlers(state: AwsState): Handlers<VpcEndpointOperations> {
  return {
    "ec2:CreateVpcEndpoint"(input) {
      refuseUnmodelled(input, [
        "VpcId",
        "ServiceName",
        "VpcEndpointType",
        "PolicyDocument",
        "RouteTableIds",
        "SubnetIds",
        "SecurityGroupIds",
        "PrivateDnsEnabled",
        "TagSpecifications",
        "ClientToken",
      ]);
      const { vpcId } = existingVpc(state, input.VpcId);
      const serviceName = required(input.ServiceName, "ServiceName");
      const type = input.VpcEndpointType === "Interface" ? "Interface" : "Gateway";
      checkService(state, serviceName, type);
      if (type === "Interface" && input.PrivateDnsEnabled === true)
        checkPrivateDns(state, vpcId, serviceName);
      const tags = tagsOnCreate(input.TagSpecifications, "vpc-endpoint");
      const endpoint: VpcEndpointRecord = {
        vpcEndpointId: newResourceId("vpce"),
        vpcId,
        serviceName,
        type,
        policy: input.PolicyDocument ?? FULL_ACCESS,
        routeTableIds: input.RouteTableIds ?? [],
        subnetIds: input.SubnetIds ?? [],
        groupIds: input.SecurityGroupIds ?? (type === "Interface" ? defaultGroup(state, vpcId) : []),
        privateDnsEnabled: type === "Interface" && input.PrivateDnsEnabled === true,
        createdAt: state.now().toISOString(),
      };
      checkMembers(state, endpoint);
      state.vpcEndpoints.put(endpoint.vpcEndpointId, endpoint);
      placeInterfaces(state, endpoint);
      putTags(state, endpoint.vpcEndpointId, tags);
      return { VpcEndpoint: describe(state, endpoint) };
    },

    "ec2:ModifyVpcEndpoint"(input) {
      const old = existingEndpoint(state, input.VpcEndpointId);
      const privateDns = input.PrivateDnsEnabled ?? old.privateDnsEnabled;
      if (privateDns && !old.privateDnsEnabled) {
        checkPrivateDns(state, old.vpcId, old.serviceName, old.vpcEndpointId);
      }
      const endpoint: VpcEndpointRecord = {
        ...old,
        privateDnsEnabled: privateDns,
        policy: input.ResetPolicy === true ? FULL_ACCESS : (input.PolicyDocument ?? old.policy),
        routeTableIds: changedMembers(old.routeTableIds, input.AddRouteTableIds, input.RemoveRouteTableIds),
        subnetIds: changedMembers(old.subnetIds, input.AddSubnetIds, input.RemoveSubnetIds),
        groupIds: changedMembers(old.groupIds, input.AddSecurityGroupIds, input.RemoveSecurityGroupIds),
      };
      checkMembers(state, endpoint);
      state.vpcEndpoints.put(endpoint.vpcEndpointId, endpoint);
      placeInterfaces(state, endpoint);
      return { Return: true };
    },

    "ec2:DeleteVpcEndpoints"(input) {
      const unsuccessful = required(input.VpcEndpointIds, "VpcEndpointId").flatMap((id) => {
        if (!state.vpcEndpoints.has(id)) {
          const message = `The Vpc Endpoint Id '${id}' does not exist`;
          return [{ ResourceId: id, Error: { Code: "InvalidVpcEndpoint.NotFound", Message: message } }];
        }
        for (const one of interfacesOf(state, id)) state.networkInterfaces.delete(one.networkInterfaceId);
        state.vpcEndpoints.delete(id);
        putTags(state, id, {});
        return [];
      });
      return { Unsuccessful: unsuccessful };
    },

    "ec2:DescribeVpcEndpoints"(input) {
      const endpoints =
        input.VpcEndpointIds?.map((id) => existingEndpoint(state, id)) ?? state.vpcEndpoints.values();
      const filtered = applyFilters(
        endpoints,
        input.Filters,
        {
          "vpc-endpoint-id": (endpoint) => [endpoint.vpcEndpointId],
          "vpc-id": (endpoint) => [endpoint.vpcId],
          "service-name": (endpoint) => [endpoint.serviceName],
        },
        (endpoint) => tagsOf(state, endpoint.vpcEndpointId),
      );
      return { VpcEndpoints: filtered.map((endpoint) => describe(state, endpoint)) };
    },
  };
}
