/** What an instance is, and how its state changes. */
import type { Instance } from "@aws-sdk/client-ec2";
import { AwsError } from "../operation.ts";
import { existing, required } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import { addressOfInterface, disassociateAddress, freePublicIp } from "./addresses.ts";
import { ROOT_DEVICE_NAME } from "./images.ts";
import { instanceTypeFacts } from "./instanceTypes.ts";
import { putTags, tagList } from "./tags.ts";
import { releaseVolumes } from "./volumes.ts";

export type InstanceState = "pending" | "running" | "shutting-down" | "terminated" | "stopping" | "stopped";

export const STATE_CODES: Record<InstanceState, number> = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

export interface InstanceMetadataOptions {
  httpEndpoint: "enabled" | "disabled";
  /** `required`: IMDSv2 only. */
  httpTokens: "optional" | "required";
  httpPutResponseHopLimit: number;
  httpProtocolIpv6: "enabled" | "disabled";
  instanceMetadataTags: "enabled" | "disabled";
}

export interface InstanceRecord {
  instanceId: string;
  reservationId: string;
  clientToken?: string;
  state: InstanceState;
  stateReason?: { code: string; message: string };
  imageId: string;
  architecture: "x86_64" | "arm64";
  instanceType: string;
  launchedAt: string;
  terminatedAt?: string;
  vpcId: string;
  subnetId: string;
  availabilityZone: string;
  networkInterfaceId: string;
  privateIp: string;
  /** Gets a public address at every start. */
  wantsPublicIp: boolean;
  profile?: { associationId: string; profileName: string };
  /** Base64, as it was sent. */
  userData?: string;
  /** The user data of the launch, base64. cloud-init runs it at the first boot and no later change of it. */
  firstBootUserData?: string;
  metadataOptions: InstanceMetadataOptions;
  monitoring: boolean;
  ebsOptimized: boolean;
  sourceDestCheck: boolean;
  disableApiTermination: boolean;
  disableApiStop: boolean;
  shutdownBehaviour: "stop" | "terminate";
  cpuCredits?: string;
  tenancy: "default" | "dedicated";
}

/** Terminated instances stay listed for an hour. */
const LISTED_AFTER_TERMINATION = 3_600_000;

export function existingInstance(state: AwsState, id: string | undefined): InstanceRecord {
  const instanceId = required(id, "instanceId");
  if (!/^i-[0-9a-f]{8,17}$/.test(instanceId)) {
    throw new AwsError("InvalidInstanceID.Malformed", `Invalid id: "${instanceId}" (expecting "i-...")`);
  }
  return existing(
    state.instances.get(instanceId),
    "InvalidInstanceID.NotFound",
    `The instance ID '${instanceId}' does not exist`,
  );
}

/** Forgets instances that were terminated more than an hour ago. */
export function forgetTerminated(state: AwsState): void {
  const before = state.now().getTime() - LISTED_AFTER_TERMINATION;
  for (const instance of state.instances.values()) {
    if (instance.terminatedAt !== undefined && Date.parse(instance.terminatedAt) < before) {
      state.instances.delete(instance.instanceId);
      putTags(state, instance.instanceId, {});
    }
  }
}

/** vCPUs of instances that count against the quota. */
export function vcpusInUse(state: AwsState): number {
  return state.instances
    .filter((one) => one.state === "pending" || one.state === "running")
    .reduce((sum, one) => sum + instanceTypeFacts(one.instanceType).vcpus, 0);
}

type Finish = (state: AwsState, instance: InstanceRecord) => void;

const TRANSITIONS: Partial<Record<InstanceState, Finish>> = {
  pending: run,
  stopping: stop,
  "shutting-down": terminate,
};

/** Starts (or after a restart of the sandbox resumes) the transition that an instance is in. */
export function resumeInstance(state: AwsState, instance: InstanceRecord): void {
  const { instanceId } = instance;
  const from = instance.state;
  const finish = TRANSITIONS[from];
  if (finish === undefined) return;
  state.transitions.after(() => {
    const current = state.instances.get(instanceId);
    if (current?.state === from) finish(state, current);
  });
}

function run(state: AwsState, instance: InstanceRecord): void {
  state.instances.patch(instance.instanceId, { state: "running" });
  state.emit({ kind: "running", instanceId: instance.instanceId });
}

function stop(state: AwsState, instance: InstanceRecord): void {
  dropPublicIp(state, instance);
  state.instances.patch(instance.instanceId, { state: "stopped" });
  state.emit({ kind: "stopped", instanceId: instance.instanceId });
}

function terminate(state: AwsState, instance: InstanceRecord): void {
  const { profile: _, ...rest } = instance;
  const address = addressOfInterface(state, instance.networkInterfaceId);
  if (address !== undefined) disassociateAddress(state, address);
  state.networkInterfaces.delete(instance.networkInterfaceId);
  releaseVolumes(state, instance.instanceId);
  state.instances.put(instance.instanceId, {
    ...rest,
    state: "terminated",
    terminatedAt: state.now().toISOString(),
  });
  state.emit({ kind: "terminated", instanceId: instance.instanceId });
}

/** An address that is no Elastic IP goes back to the pool when the instance stops. */
function dropPublicIp(state: AwsState, instance: InstanceRecord): void {
  const own = state.networkInterfaces.get(instance.networkInterfaceId);
  if (own === undefined || addressOfInterface(state, own.networkInterfaceId) !== undefined) return;
  const { publicIp: _, ...rest } = own;
  state.networkInterfaces.put(own.networkInterfaceId, rest);
}

/** Gives an instance that starts again a new public address, when it is to have one. */
export function renewPublicIp(state: AwsState, instance: InstanceRecord): void {
  const own = state.networkInterfaces.get(instance.networkInterfaceId);
  if (own === undefined || own.publicIp !== undefined || !instance.wantsPublicIp) return;
  state.networkInterfaces.patch(own.networkInterfaceId, { publicIp: freePublicIp(state) });
}

export function describeInstance(state: AwsState, instance: InstanceRecord): Instance {
  const own = state.networkInterfaces.get(instance.networkInterfaceId);
  const vpc = state.vpcs.get(instance.vpcId);
  const profile = instance.profile && state.instanceProfiles.get(instance.profile.profileName);
  const groups = (own?.groupIds ?? []).map((id) => ({
    GroupId: id,
    GroupName: state.securityGroups.get(id)?.groupName,
  }));
  const volumes = state.volumes.filter((one) => one.instanceId === instance.instanceId);
  const privateDns = `ip-${instance.privateIp.replaceAll(".", "-")}.${state.region}.compute.internal`;
  const publicDns =
    own?.publicIp !== undefined && vpc?.enableDnsHostnames === true
      ? `ec2-${own.publicIp.replaceAll(".", "-")}.${state.region}.compute.amazonaws.com`
      : "";
  return {
    InstanceId: instance.instanceId,
    ImageId: instance.imageId,
    InstanceType: instance.instanceType as NonNullable<Instance["InstanceType"]>,
    Architecture: instance.architecture,
    State: { Name: instance.state, Code: STATE_CODES[instance.state] },
    LaunchTime: new Date(instance.launchedAt),
    Placement: { AvailabilityZone: instance.availabilityZone, GroupName: "", Tenancy: instance.tenancy },
    Monitoring: { State: instance.monitoring ? "enabled" : "disabled" },
    ClientToken: instance.clientToken ?? "",
    EbsOptimized: instance.ebsOptimized,
    EnaSupport: true,
    Hypervisor: "xen",
    VirtualizationType: "hvm",
    RootDeviceName: ROOT_DEVICE_NAME,
    RootDeviceType: "ebs",
    AmiLaunchIndex: 0,
    PlatformDetails: "Linux/UNIX",
    PublicDnsName: publicDns,
    PrivateDnsName: own === undefined ? "" : privateDns,
    MetadataOptions: {
      State: "applied",
      HttpEndpoint: instance.metadataOptions.httpEndpoint,
      HttpTokens: instance.metadataOptions.httpTokens,
      HttpPutResponseHopLimit: instance.metadataOptions.httpPutResponseHopLimit,
      HttpProtocolIpv6: instance.metadataOptions.httpProtocolIpv6,
      InstanceMetadataTags: instance.metadataOptions.instanceMetadataTags,
    },
    CpuOptions: {
      CoreCount: Math.max(1, instanceTypeFacts(instance.instanceType).vcpus / 2),
      ThreadsPerCore: instance.architecture === "arm64" ? 1 : 2,
    },
    BlockDeviceMappings: volumes.map((volume) => ({
      DeviceName: ROOT_DEVICE_NAME,
      Ebs: {
        VolumeId: volume.volumeId,
        DeleteOnTermination: volume.deleteOnTermination,
        Status: "attached",
        AttachTime: new Date(volume.createdAt),
      },
    })),
    ...(instance.stateReason !== undefined && {
      StateReason: { Code: instance.stateReason.code, Message: instance.stateReason.message },
      StateTransitionReason: instance.stateReason.message,
    }),
    ...(profile !== undefined && { IamInstanceProfile: { Arn: profile.arn, Id: profile.uniqueId } }),
    ...(own !== undefined && {
      SourceDestCheck: instance.sourceDestCheck,
      SubnetId: instance.subnetId,
      VpcId: instance.vpcId,
      PrivateIpAddress: instance.privateIp,
      PublicIpAddress: own.publicIp,
      SecurityGroups: groups,
      NetworkInterfaces: [
        {
          NetworkInterfaceId: own.networkInterfaceId,
          SubnetId: own.subnetId,
          VpcId: own.vpcId,
          PrivateIpAddress: own.privateIp,
          SourceDestCheck: instance.sourceDestCheck,
          Groups: groups,
          Status: "in-use",
          Attachment: { DeviceIndex: 0, Status: "attached", DeleteOnTermination: true },
        },
      ],
    }),
    Tags: tagList(state, instance.instanceId),
  };
}
