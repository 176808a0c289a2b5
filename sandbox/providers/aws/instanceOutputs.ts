/** Outputs of an instance, put together from what four EC2 operations say. */
import type { Instance, Volume } from "@aws-sdk/client-ec2";
import type { Properties } from "../resourceType.ts";
import { ec2Arn } from "./arn.ts";
import { call } from "./call.ts";
import type { AwsProviderClient } from "./client.ts";
import { sameSet } from "./json.ts";
import { tagOutputs } from "./tags.ts";

function rootBlockDevice(
  client: AwsProviderClient,
  instance: Instance,
  volume: Volume | undefined,
  given: Properties,
): Properties {
  const { tags, tagsAll } = tagOutputs(client, volume?.Tags ?? [], given.rootBlockDevice?.tags);
  return {
    deleteOnTermination: volume?.Attachments?.[0]?.DeleteOnTermination,
    deviceName: instance.RootDeviceName,
    encrypted: volume?.Encrypted,
    iops: volume?.Iops,
    kmsKeyId: volume?.KmsKeyId ?? "",
    // Where `volumeTags` manages the tags, the block device does not show them as its own.
    ...(given.volumeTags === undefined && tags !== undefined && { tags }),
    tagsAll,
    throughput: volume?.Throughput ?? 0,
    volumeId: volume?.VolumeId,
    volumeSize: volume?.Size,
    volumeType: volume?.VolumeType,
  };
}

async function attributesOf(client: AwsProviderClient, id: string) {
  const read = (
    Attribute: "disableApiTermination" | "disableApiStop" | "instanceInitiatedShutdownBehavior",
  ) =>
    call(client, `reading EC2 Instance (${id}) ${Attribute}`, "ec2:DescribeInstanceAttribute", {
      InstanceId: id,
      Attribute,
    });
  const behaviour = await read("instanceInitiatedShutdownBehavior");
  return {
    disableApiStop: (await read("disableApiStop")).DisableApiStop?.Value,
    disableApiTermination: (await read("disableApiTermination")).DisableApiTermination?.Value,
    instanceInitiatedShutdownBehavior: behaviour.InstanceInitiatedShutdownBehavior?.Value,
  };
}

/** User data as clear text, unless the program gave it in base64. */
async function userDataOf(client: AwsProviderClient, id: string, given: Properties): Promise<Properties> {
  const action = `reading EC2 Instance (${id}) userData`;
  const input = { InstanceId: id, Attribute: "userData" } as const;
  const encoded = (await call(client, action, "ec2:DescribeInstanceAttribute", input)).UserData?.Value;
  if (encoded === undefined || encoded === "") return {};
  if (given.userData === undefined && given.userDataBase64 !== undefined) return { userDataBase64: encoded };
  return { userData: Buffer.from(encoded, "base64").toString("utf8") };
}

function metadataOptions(instance: Instance): Properties {
  return {
    httpEndpoint: instance.MetadataOptions?.HttpEndpoint,
    httpProtocolIpv6: instance.MetadataOptions?.HttpProtocolIpv6,
    httpPutResponseHopLimit: instance.MetadataOptions?.HttpPutResponseHopLimit,
    httpTokens: instance.MetadataOptions?.HttpTokens,
    instanceMetadataTags: instance.MetadataOptions?.InstanceMetadataTags,
  };
}

export async function instanceOutputs(
  client: AwsProviderClient,
  id: string,
  instance: Instance,
  given: Properties,
): Promise<Properties> {
  const { Volumes } = await call(client, `reading EC2 Instance (${id}) volumes`, "ec2:DescribeVolumes", {
    Filters: [{ Name: "attachment.instance-id", Values: [id] }],
  });
  const own = instance.NetworkInterfaces?.[0];
  const groups = (instance.SecurityGroups ?? []).map((group) => group.GroupId ?? "");
  const kept = given.vpcSecurityGroupIds;
  const credits = given.creditSpecification;
  return {
    ami: instance.ImageId,
    arn: ec2Arn(client, "instance", id),
    associatePublicIpAddress: (instance.PublicIpAddress ?? "") !== "",
    availabilityZone: instance.Placement?.AvailabilityZone,
    capacityReservationSpecification: { capacityReservationPreference: "open" },
    cpuOptions: {
      amdSevSnp: "",
      coreCount: instance.CpuOptions?.CoreCount,
      nestedVirtualization: "",
      threadsPerCore: instance.CpuOptions?.ThreadsPerCore,
    },
    ...(credits !== undefined && { creditSpecification: credits }),
    ebsBlockDevices: [],
    ebsOptimized: instance.EbsOptimized,
    enablePrimaryIpv6: false,
    enclaveOptions: { enabled: false },
    ephemeralBlockDevices: [],
    forceDestroy: given.forceDestroy ?? false,
    getPasswordData: given.getPasswordData ?? false,
    hostId: "",
    hostResourceGroupArn: "",
    iamInstanceProfile: instance.IamInstanceProfile?.Arn?.split("/").at(-1) ?? "",
    instanceLifecycle: "",
    instanceState: instance.State?.Name,
    instanceType: instance.InstanceType,
    ipv6AddressCount: 0,
    ipv6Addresses: [],
    keyName: "",
    maintenanceOptions: { autoRecovery: "default" },
    metadataOptions: metadataOptions(instance),
    monitoring: instance.Monitoring?.State === "enabled",
    networkInterfaces: [],
    outpostArn: "",
    passwordData: "",
    placementGroup: "",
    placementGroupId: "",
    placementPartitionNumber: 0,
    primaryNetworkInterface: {
      deleteOnTermination: own?.Attachment?.DeleteOnTermination,
      networkInterfaceId: own?.NetworkInterfaceId,
    },
    primaryNetworkInterfaceId: own?.NetworkInterfaceId,
    privateDns: instance.PrivateDnsName,
    privateDnsNameOptions: {
      enableResourceNameDnsARecord: false,
      enableResourceNameDnsAaaaRecord: false,
      hostnameType: "ip-name",
    },
    privateIp: instance.PrivateIpAddress,
    publicDns: instance.PublicDnsName,
    publicIp: instance.PublicIpAddress ?? "",
    rootBlockDevice: rootBlockDevice(client, instance, Volumes?.[0], given),
    secondaryNetworkInterfaces: [],
    secondaryPrivateIps: [],
    securityGroups: [],
    sourceDestCheck: instance.SourceDestCheck,
    spotInstanceRequestId: "",
    subnetId: instance.SubnetId,
    tenancy: instance.Placement?.Tenancy,
    userDataReplaceOnChange: given.userDataReplaceOnChange ?? false,
    vpcSecurityGroupIds: sameSet(kept, groups) ? kept : groups,
    ...(given.volumeTags !== undefined && { volumeTags: given.volumeTags }),
    ...(await attributesOf(client, id)),
    ...(await userDataOf(client, id, given)),
  };
}
