import { randomUUID } from "node:crypto";
import { awsType } from "./awsType.ts";
import { call, unless } from "./call.ts";
import { instanceFailures, runInstancesInput } from "./instanceArguments.ts";
import { changeInstance, conditionalReplacements } from "./instanceChanges.ts";
import { instanceOutputs } from "./instanceOutputs.ts";
import { describeInstance, INSTANCE_NOT_FOUND } from "./instanceState.ts";
import { sameSet } from "./json.ts";
import { ec2Tags, tagSpecifications } from "./tags.ts";
import { waitFor } from "./wait.ts";

export const instanceType = awsType({
  token: "aws:ec2/instance:Instance",
  replaceOn: [
    "ami",
    "associatePublicIpAddress",
    "availabilityZone",
    "ebsOptimized",
    "keyName",
    "privateIp",
    "privateDnsNameOptions",
    "subnetId",
    "tenancy",
  ],
  replaceWhen: conditionalReplacements,
  optionalComputed: [
    "ami",
    "associatePublicIpAddress",
    "availabilityZone",
    "capacityReservationSpecification",
    "cpuOptions",
    "disableApiStop",
    "disableApiTermination",
    "ebsBlockDevices",
    "ebsOptimized",
    "enablePrimaryIpv6",
    "enclaveOptions",
    "ephemeralBlockDevices",
    "hostId",
    "hostResourceGroupArn",
    "iamInstanceProfile",
    "instanceInitiatedShutdownBehavior",
    "instanceMarketOptions",
    "instanceType",
    "ipv6AddressCount",
    "ipv6Addresses",
    "keyName",
    "maintenanceOptions",
    "metadataOptions",
    "metadataOptions.httpEndpoint",
    "metadataOptions.httpProtocolIpv6",
    "metadataOptions.httpPutResponseHopLimit",
    "metadataOptions.httpTokens",
    "metadataOptions.instanceMetadataTags",
    "monitoring",
    "networkInterfaces",
    "placementGroup",
    "placementGroupId",
    "placementPartitionNumber",
    "primaryNetworkInterface",
    "privateDnsNameOptions",
    "privateIp",
    "rootBlockDevice",
    "rootBlockDevice.deleteOnTermination",
    "rootBlockDevice.deviceName",
    "rootBlockDevice.encrypted",
    "rootBlockDevice.iops",
    "rootBlockDevice.kmsKeyId",
    "rootBlockDevice.tagsAll",
    "rootBlockDevice.throughput",
    "rootBlockDevice.volumeId",
    "rootBlockDevice.volumeSize",
    "rootBlockDevice.volumeType",
    "secondaryNetworkInterfaces",
    "secondaryPrivateIps",
    "securityGroups",
    "subnetId",
    "tenancy",
    "userDataBase64",
    "vpcSecurityGroupIds",
  ],
  plannedDefaults: {
    forceDestroy: false,
    getPasswordData: false,
    sourceDestCheck: true,
    userDataReplaceOnChange: false,
  },
  equal: { vpcSecurityGroupIds: sameSet },
  check: instanceFailures,
  tagWriter: ec2Tags,

  async make(client, inputs) {
    const { volumeTags, rootBlockDevice } = inputs;
    const instanceTags = tagSpecifications(client, "instance", inputs.tags).TagSpecifications ?? [];
    const ofVolume = volumeTags ?? rootBlockDevice?.tags;
    const tagsOfVolume =
      ofVolume === undefined ? [] : (tagSpecifications(client, "volume", ofVolume).TagSpecifications ?? []);
    const { Instances } = await call(client, "creating EC2 Instance", "ec2:RunInstances", {
      ...runInstancesInput(inputs),
      // A call that is repeated because its answer was lost starts no second instance.
      ClientToken: randomUUID(),
      TagSpecifications: [...instanceTags, ...tagsOfVolume],
    });
    return Instances?.[0]?.InstanceId ?? "";
  },

  async settle(client, id, inputs, { signal }) {
    const waiting = `waiting for EC2 Instance (${id}) create`;
    const instance = await waitFor(waiting, signal, async () => {
      const current = await describeInstance(client, id);
      return current?.State?.Name === "pending" ? undefined : current;
    });
    if (instance.State?.Name !== "running") {
      throw new Error(
        `${waiting}: unexpected state '${instance.State?.Name}', wanted target 'running'. ` +
          `last error: ${instance.StateReason?.Message ?? ""}`,
      );
    }
    if (inputs.sourceDestCheck !== false) return;
    await call(client, `modifying EC2 Instance (${id}) sourceDestCheck`, "ec2:ModifyInstanceAttribute", {
      InstanceId: id,
      SourceDestCheck: { Value: false },
    });
  },

  async look(client, id, given) {
    const instance = await describeInstance(client, id);
    if (instance === undefined || instance.State?.Name === "terminated") return undefined;
    return { outputs: await instanceOutputs(client, id, instance, given), tags: instance.Tags ?? [] };
  },

  change: (client, id, olds, news, { signal }) => changeInstance({ client, id, olds, news, signal }),

  async remove(client, id, state, { signal }) {
    const action = `deleting EC2 Instance (${id})`;
    if (state.forceDestroy === true) {
      for (const attribute of ["DisableApiTermination", "DisableApiStop"] as const) {
        const input = { InstanceId: id, [attribute]: { Value: false } };
        await unless(INSTANCE_NOT_FOUND, call(client, action, "ec2:ModifyInstanceAttribute", input));
      }
    }
    const terminating = call(client, action, "ec2:TerminateInstances", { InstanceIds: [id] });
    if ((await unless(INSTANCE_NOT_FOUND, terminating)) === undefined) return;
    await waitFor(`waiting for EC2 Instance (${id}) delete`, signal, async () => {
      const current = await describeInstance(client, id);
      return current === undefined || current.State?.Name === "terminated" ? true : undefined;
    });
  },
});
