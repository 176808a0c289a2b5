import type { NatGateway } from "@aws-sdk/client-ec2";
import { awsType } from "./awsType.ts";
import { call, unless } from "./call.ts";
import type { AwsProviderClient } from "./client.ts";
import { ec2Tags, tagSpecifications } from "./tags.ts";
import { waitFor } from "./wait.ts";

const NOT_FOUND = ["NatGatewayNotFound"];

async function describe(client: AwsProviderClient, id: string): Promise<NatGateway | undefined> {
  const action = `reading EC2 NAT Gateway (${id})`;
  const found = await unless(
    NOT_FOUND,
    call(client, action, "ec2:DescribeNatGateways", { NatGatewayIds: [id] }),
  );
  const gateway = found?.NatGateways?.[0];
  return gateway?.State === "deleted" ? undefined : gateway;
}

export const natGatewayType = awsType({
  token: "aws:ec2/natGateway:NatGateway",
  replaceOn: [
    "subnetId",
    "allocationId",
    "availabilityMode",
    "connectivityType",
    "privateIp",
    "secondaryPrivateIpAddressCount",
    "vpcId",
  ],
  optionalComputed: [
    "availabilityMode",
    "privateIp",
    "secondaryAllocationIds",
    "secondaryPrivateIpAddressCount",
    "secondaryPrivateIpAddresses",
    "vpcId",
  ],
  plannedDefaults: { connectivityType: "public" },
  choices: { connectivityType: ["public", "private"], availabilityMode: ["zonal", "regional"] },
  unknownOnUpdate: (changed) =>
    changed.includes("secondaryAllocationIds") ? ["secondaryPrivateIpAddressCount"] : [],
  tagWriter: ec2Tags,

  async make(client, inputs) {
    if (inputs.availabilityMode === "regional") {
      throw new Error("the sandbox emulates zonal NAT gateways only");
    }
    const { NatGateway: made } = await call(client, "creating EC2 NAT Gateway", "ec2:CreateNatGateway", {
      SubnetId: inputs.subnetId,
      AllocationId: inputs.allocationId,
      ConnectivityType: inputs.connectivityType,
      ...tagSpecifications(client, "natgateway", inputs.tags),
    });
    return made?.NatGatewayId ?? "";
  },

  async settle(client, id, _inputs, { signal }) {
    const waiting = `waiting for EC2 NAT Gateway (${id}) create`;
    const gateway = await waitFor(waiting, signal, async () => {
      const current = await describe(client, id);
      return current?.State === "pending" ? undefined : current;
    });
    if (gateway.State === "available") return;
    throw new Error(
      `${waiting}: unexpected state '${gateway.State}', wanted target 'available'. ` +
        `last error: ${gateway.FailureCode}: ${gateway.FailureMessage}`,
    );
  },

  async look(client, id) {
    const gateway = await describe(client, id);
    if (gateway === undefined) return undefined;
    const address = gateway.NatGatewayAddresses?.[0];
    return {
      outputs: {
        allocationId: address?.AllocationId,
        associationId: address?.AssociationId ?? "",
        autoProvisionZones: "",
        autoScalingIps: "",
        availabilityMode: "zonal",
        connectivityType: gateway.ConnectivityType,
        networkInterfaceId: address?.NetworkInterfaceId,
        privateIp: address?.PrivateIp,
        publicIp: address?.PublicIp ?? "",
        regionalNatGatewayAddresses: [],
        regionalNatGatewayAutoMode: "",
        routeTableId: "",
        secondaryAllocationIds: [],
        secondaryPrivateIpAddressCount: 0,
        secondaryPrivateIpAddresses: [],
        subnetId: gateway.SubnetId,
        vpcId: gateway.VpcId,
      },
      tags: gateway.Tags ?? [],
    };
  },

  async remove(client, id, _state, { signal }) {
    const action = `deleting EC2 NAT Gateway (${id})`;
    await unless(NOT_FOUND, call(client, action, "ec2:DeleteNatGateway", { NatGatewayId: id }));
    await waitFor(`waiting for EC2 NAT Gateway (${id}) delete`, signal, async () =>
      (await describe(client, id)) === undefined ? true : undefined,
    );
  },
});
