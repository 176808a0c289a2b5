/** RunInstances: everything AWS checks before an instance exists. */
import type { Instance, RunInstancesCommand, RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import { newResourceId } from "../ids.ts";
import { AwsError, type Handlers, type OperationOf } from "../operation.ts";
import { checkChoice, invalidParameterValue, refuseUnmodelled, required } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import { freePublicIp } from "./addresses.ts";
import { existingImage, ROOT_DEVICE_NAME } from "./images.ts";
import { checkedProfile } from "./instanceProfileAssociations.ts";
import { describeInstance, type InstanceRecord, resumeInstance, vcpusInUse } from "./instanceRecord.ts";
import { instanceTypeFacts } from "./instanceTypes.ts";
import { metadataOptionsWith } from "./metadataOptions.ts";
import { createNetworkInterface } from "./networkInterfaces.ts";
import { existingSecurityGroup } from "./securityGroups.ts";
import { existingSubnet, type SubnetRecord } from "./subnets.ts";
import { putTags, tagsOnCreate } from "./tags.ts";
import { checkUserData } from "./userData.ts";
import { checkRootVolume, createRootVolume } from "./volumes.ts";

export type LaunchOperations = { "ec2:RunInstances": OperationOf<RunInstancesCommand> };

const MODELLED = [
  "ImageId",
  "InstanceType",
  "MinCount",
  "MaxCount",
  "SubnetId",
  "SecurityGroupIds",
  "PrivateIpAddress",
  "NetworkInterfaces",
  "IamInstanceProfile",
  "UserData",
  "MetadataOptions",
  "BlockDeviceMappings",
  "Monitoring",
  "EbsOptimized",
  "DisableApiTermination",
  "DisableApiStop",
  "InstanceInitiatedShutdownBehavior",
  "CreditSpecification",
  "Placement",
  "TagSpecifications",
  "ClientToken",
  "KeyName",
];

interface Placement {
  subnet: SubnetRecord;
  groupIds: string[];
  privateIp: string | undefined;
  wantsPublicIp: boolean;
}

function placementOf(state: AwsState, input: RunInstancesCommandInput): Placement {
  const [primary, ...others] = input.NetworkInterfaces ?? [];
  if (others.length > 0 || primary?.NetworkInterfaceId !== undefined) {
    throw new AwsError("UnsupportedOperation", "The sandbox emulates one new network interface per instance");
  }
  if (primary !== undefined && (input.SubnetId !== undefined || input.SecurityGroupIds !== undefined)) {
    throw new AwsError(
      "InvalidParameterCombination",
      "Network interfaces and an instance-level subnet ID may not be specified on the same request",
    );
  }
  const subnetId = primary?.SubnetId ?? input.SubnetId;
  if (subnetId === undefined) {
    const message =
      "No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.";
    throw new AwsError("VPCIdNotSpecified", message);
  }
  const subnet = existingSubnet(state, subnetId);
  return {
    subnet,
    groupIds: groupsFor(state, subnet, primary?.Groups ?? input.SecurityGroupIds ?? []),
    privateIp: primary?.PrivateIpAddress ?? input.PrivateIpAddress,
    wantsPublicIp: primary?.AssociatePublicIpAddress ?? subnet.mapPublicIpOnLaunch,
  };
}

function groupsFor(state: AwsState, subnet: SubnetRecord, wanted: string[]): string[] {
  if (wanted.length === 0) {
    return state.securityGroups
      .filter((group) => group.vpcId === subnet.vpcId && group.groupName === "default")
      .map((group) => group.groupId);
  }
  for (const id of wanted) {
    if (existingSecurityGroup(state, id).vpcId !== subnet.vpcId) {
      throw new AwsError(
        "InvalidParameter",
        `Security group ${id} and subnet ${subnet.subnetId} belong to different networks.`,
      );
    }
  }
  return wanted;
}

function checkArchitecture(typeArchitecture: string, imageArchitecture: string): void {
  if (typeArchitecture === imageArchitecture) return;
  throw invalidParameterValue(
    `The architecture '${typeArchitecture}' of the specified instance type does not match the architecture ` +
      `'${imageArchitecture}' of the specified AMI. Specify an instance type and an AMI that have matching ` +
      "architectures, and try again. You can use 'describe-instance-types' or 'describe-images' to discover " +
      "the architecture of the instance type or AMI.",
  );
}

function checkVcpus(state: AwsState, vcpus: number): void {
  if (vcpusInUse(state) + vcpus <= state.quotas.standardVcpus) return;
  throw new AwsError(
    "VcpuLimitExceeded",
    "You have requested more vCPU capacity than your current vCPU limit of " +
      `${state.quotas.standardVcpus} allows for the instance bucket that the specified instance type belongs to. ` +
      "Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.",
  );
}

function checkKeyAndCount(input: RunInstancesCommandInput): void {
  if (input.KeyName !== undefined) {
    throw new AwsError("InvalidKeyPair.NotFound", `The key pair '${input.KeyName}' does not exist`);
  }
  if (input.MinCount !== 1 || input.MaxCount !== 1) {
    throw new AwsError("UnsupportedOperation", "The sandbox starts one instance per call");
  }
}

function checkChoices(input: RunInstancesCommandInput): void {
  const { InstanceInitiatedShutdownBehavior: behaviour, CreditSpecification, Placement: place } = input;
  checkChoice("instanceInitiatedShutdownBehavior", behaviour, ["stop", "terminate"]);
  checkChoice("creditSpecification.cpuCredits", CreditSpecification?.CpuCredits, ["standard", "unlimited"]);
  checkChoice("placement.tenancy", place?.Tenancy, ["default", "dedicated", "host"]);
  if (place?.Tenancy === "host") {
    throw new AwsError("UnsupportedOperation", "The sandbox does not emulate dedicated hosts");
  }
}

/** An instance is in the zone of its subnet; a zone that is named must be that one. */
function checkZone(zone: string | undefined, subnet: SubnetRecord): void {
  if (zone === undefined || zone === subnet.availabilityZone) return;
  throw invalidParameterValue(
    `The availability zone '${zone}' is not that of the subnet '${subnet.subnetId}', which is in ` +
      `'${subnet.availabilityZone}'`,
  );
}

function rootVolumeOf(input: RunInstancesCommandInput) {
  const mappings = input.BlockDeviceMappings ?? [];
  if (mappings.some((mapping) => mapping.DeviceName !== ROOT_DEVICE_NAME)) {
    throw new AwsError("UnsupportedOperation", "The sandbox emulates the root volume only");
  }
  return mappings[0]?.Ebs;
}

function launch(state: AwsState, input: RunInstancesCommandInput): InstanceRecord {
  const image = existingImage(state, input.ImageId);
  const instanceType = required(input.InstanceType, "InstanceType");
  const facts = instanceTypeFacts(instanceType);
  checkArchitecture(facts.architecture, image.architecture);
  checkKeyAndCount(input);
  checkChoices(input);
  const placement = placementOf(state, input);
  checkZone(input.Placement?.AvailabilityZone, placement.subnet);
  const profile = checkedProfile(state, input.IamInstanceProfile);
  if (input.UserData !== undefined) checkUserData(input.UserData);
  const rootVolume = rootVolumeOf(input);
  checkRootVolume(rootVolume);
  const metadataOptions = metadataOptionsWith(undefined, input.MetadataOptions);
  checkVcpus(state, facts.vcpus);
  const tags = tagsOnCreate(input.TagSpecifications, "instance");
  const volumeTags = tagsOnCreate(input.TagSpecifications, "volume");
  const instanceId = newResourceId("i");
  const own = createNetworkInterface(state, placement.subnet, {
    kind: "interface",
    ownerResourceId: instanceId,
    groupIds: placement.groupIds,
    privateIp: placement.privateIp,
    publicIp: placement.wantsPublicIp ? freePublicIp(state) : undefined,
  });
  const { subnet } = placement;
  const volume = createRootVolume(state, instanceId, subnet.availabilityZone, rootVolume);
  putTags(state, instanceId, tags);
  putTags(state, volume.volumeId, volumeTags);
  return state.instances.put(instanceId, {
    instanceId,
    reservationId: newResourceId("r"),
    state: "pending",
    imageId: image.id,
    architecture: image.architecture,
    instanceType,
    launchedAt: state.now().toISOString(),
    vpcId: subnet.vpcId,
    subnetId: subnet.subnetId,
    availabilityZone: subnet.availabilityZone,
    networkInterfaceId: own.networkInterfaceId,
    privateIp: own.privateIp,
    wantsPublicIp: placement.wantsPublicIp,
    metadataOptions,
    monitoring: input.Monitoring?.Enabled ?? false,
    ebsOptimized: input.EbsOptimized ?? false,
    sourceDestCheck: true,
    disableApiTermination: input.DisableApiTermination ?? false,
    disableApiStop: input.DisableApiStop ?? false,
    shutdownBehaviour: input.InstanceInitiatedShutdownBehavior ?? "stop",
    tenancy: input.Placement?.Tenancy === "dedicated" ? "dedicated" : "default",
    ...(input.ClientToken !== undefined && { clientToken: input.ClientToken }),
    ...(profile !== undefined && { profile }),
    ...(input.UserData !== undefined && { userData: input.UserData, firstBootUserData: input.UserData }),
    ...(facts.burstable && { cpuCredits: input.CreditSpecification?.CpuCredits ?? "unlimited" }),
  });
}

export function launchHandlers(state: AwsState): Handlers<LaunchOperations> {
  return {
    "ec2:RunInstances"(input) {
      const { ClientToken: token } = input;
      const repeated =
        token === undefined ? undefined : state.instances.find((one) => one.clientToken === token);
      refuseUnmodelled(input, MODELLED);
      const instance = repeated ?? launch(state, input);
      if (repeated === undefined) resumeInstance(state, instance);
      const described: Instance = describeInstance(state, instance);
      return {
        ReservationId: instance.reservationId,
        OwnerId: state.accountId,
        Groups: [],
        Instances: [described],
      };
    },
  };
}
