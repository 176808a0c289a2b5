import type { Properties } from "../resourceType.ts";
import { ec2Arn } from "./arn.ts";
import { awsType, differs } from "./awsType.ts";
import { call, unless } from "./call.ts";
import type { AwsProviderClient } from "./client.ts";
import { ec2Tags, tagSpecifications } from "./tags.ts";

const NOT_FOUND = ["InvalidAllocationID.NotFound"];

function privateName(client: AwsProviderClient, address: string): string {
  return `ip-${address.replaceAll(".", "-")}.${client.region}.compute.internal`;
}

async function associate(client: AwsProviderClient, id: string, inputs: Properties): Promise<void> {
  const { instance, networkInterface } = inputs;
  if (!instance && !networkInterface) return;
  await call(client, `associating EC2 EIP (${id})`, "ec2:AssociateAddress", {
    AllocationId: id,
    ...(instance ? { InstanceId: instance } : { NetworkInterfaceId: networkInterface }),
  });
}

function disassociate(client: AwsProviderClient, id: string, associationId: string) {
  const input = { AssociationId: associationId };
  const action = `disassociating EC2 EIP (${id})`;
  return unless(["InvalidAssociationID.NotFound"], call(client, action, "ec2:DisassociateAddress", input));
}

export const eipType = awsType({
  token: "aws:ec2/eip:Eip",
  replaceOn: ["address", "domain", "ipamPoolId", "networkBorderGroup", "publicIpv4Pool"],
  optionalComputed: [
    "domain",
    "instance",
    "ipamPoolId",
    "networkBorderGroup",
    "networkInterface",
    "publicIpv4Pool",
  ],
  choices: { domain: ["vpc", "standard"] },
  tagWriter: ec2Tags,

  async make(client, inputs) {
    const { AllocationId } = await call(client, "creating EC2 EIP", "ec2:AllocateAddress", {
      Domain: inputs.domain,
      ...tagSpecifications(client, "elastic-ip", inputs.tags),
    });
    return AllocationId ?? "";
  },

  settle: associate,

  async look(client, id) {
    const action = `reading EC2 EIP (${id})`;
    const reading = call(client, action, "ec2:DescribeAddresses", { AllocationIds: [id] });
    const address = (await unless(NOT_FOUND, reading))?.Addresses?.[0];
    if (address === undefined) return undefined;
    const dashed = address.PublicIp?.replaceAll(".", "-");
    return {
      outputs: {
        allocationId: id,
        arn: ec2Arn(client, "elastic-ip", id),
        associationId: address.AssociationId ?? "",
        carrierIp: "",
        customerOwnedIp: "",
        domain: address.Domain,
        instance: address.InstanceId ?? "",
        ipamPoolId: "",
        networkBorderGroup: address.NetworkBorderGroup,
        networkInterface: address.NetworkInterfaceId ?? "",
        privateDns: address.PrivateIpAddress ? privateName(client, address.PrivateIpAddress) : undefined,
        privateIp: address.PrivateIpAddress ?? "",
        ptrRecord: "",
        publicDns: `ec2-${dashed}.${client.region}.compute.amazonaws.com`,
        publicIp: address.PublicIp,
        publicIpv4Pool: address.PublicIpv4Pool,
      },
      tags: address.Tags ?? [],
    };
  },

  async change(client, id, olds, news) {
    if (!differs(olds, news, "instance") && !differs(olds, news, "networkInterface")) return;
    if (olds.associationId) await disassociate(client, id, olds.associationId);
    const target = differs(olds, news, "instance")
      ? { instance: news.instance }
      : { networkInterface: news.networkInterface };
    await associate(client, id, target);
  },

  async remove(client, id, state) {
    if (state.associationId) await disassociate(client, id, state.associationId);
    const action = `releasing EC2 EIP (${id})`;
    await unless(NOT_FOUND, call(client, action, "ec2:ReleaseAddress", { AllocationId: id }));
  },
});
