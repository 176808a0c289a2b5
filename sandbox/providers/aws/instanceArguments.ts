/** Arguments of an instance in the words of EC2. */
import type { RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import { VOLUME_TYPES } from "../../aws/ec2/volumes.ts";
import type { CheckFailure, Properties } from "../resourceType.ts";
import { conflict } from "./naming.ts";

/** Bytes, before base64. */
const MAXIMUM_USER_DATA = 16_384;

/** What the sandbox cannot give an instance. Silently leaving it out would let a wrong program pass. */
const NOT_EMULATED = [
  "capacityReservationSpecification",
  "ebsBlockDevices",
  "enclaveOptions",
  "ephemeralBlockDevices",
  "hibernation",
  "hostId",
  "instanceMarketOptions",
  "ipv6AddressCount",
  "ipv6Addresses",
  "launchTemplate",
  "networkInterfaces",
  "placementGroup",
  "primaryNetworkInterface",
  "secondaryNetworkInterfaces",
  "secondaryPrivateIps",
  "securityGroups",
];

/** Arguments with a fixed choice, in the words of the program and of the real provider. */
const CHOICES: readonly (readonly [string, string, readonly string[]])[] = [
  ["metadataOptions.httpEndpoint", "metadata_options.0.http_endpoint", ["enabled", "disabled"]],
  ["metadataOptions.httpTokens", "metadata_options.0.http_tokens", ["optional", "required"]],
  ["metadataOptions.httpProtocolIpv6", "metadata_options.0.http_protocol_ipv6", ["enabled", "disabled"]],
  [
    "metadataOptions.instanceMetadataTags",
    "metadata_options.0.instance_metadata_tags",
    ["enabled", "disabled"],
  ],
  ["instanceInitiatedShutdownBehavior", "instance_initiated_shutdown_behavior", ["stop", "terminate"]],
  ["tenancy", "tenancy", ["default", "dedicated", "host"]],
  ["creditSpecification.cpuCredits", "credit_specification.0.cpu_credits", ["standard", "unlimited"]],
  ["rootBlockDevice.volumeType", "root_block_device.0.volume_type", VOLUME_TYPES],
];

function choiceFailures(inputs: Properties): CheckFailure[] {
  return CHOICES.flatMap(([property, name, choices]) => {
    const [argument = "", part] = property.split(".");
    const value: unknown = part === undefined ? inputs[argument] : inputs[argument]?.[part];
    if (typeof value !== "string" || choices.includes(value)) return [];
    const reason = `expected ${name} to be one of [${choices.map((one) => `"${one}"`).join(" ")}], got ${value}`;
    return [{ property, reason }];
  });
}

export function instanceFailures(inputs: Properties): CheckFailure[] {
  const { userData, metadataOptions: imds } = inputs;
  const failures = conflict(inputs, "userData", "userDataBase64");
  if (typeof userData === "string" && Buffer.byteLength(userData) > MAXIMUM_USER_DATA) {
    const reason = `expected length of user_data to be in the range (0 - ${MAXIMUM_USER_DATA}), got ${Buffer.byteLength(userData)} bytes`;
    failures.push({ property: "userData", reason });
  }
  const hops: unknown = imds?.httpPutResponseHopLimit;
  if (typeof hops === "number" && (hops < 1 || hops > 64)) {
    const reason = `expected metadata_options.0.http_put_response_hop_limit to be in the range (1 - 64), got ${hops}`;
    failures.push({ property: "metadataOptions.httpPutResponseHopLimit", reason });
  }
  failures.push(...choiceFailures(inputs));
  if (inputs.volumeTags !== undefined && inputs.rootBlockDevice?.tags !== undefined) {
    failures.push({
      property: "volumeTags",
      reason: `"volume_tags": conflicts with root_block_device.0.tags`,
    });
  }
  for (const name of NOT_EMULATED.filter((one) => inputs[one] !== undefined)) {
    failures.push({ property: name, reason: `the sandbox does not emulate '${name}' of an instance` });
  }
  return failures;
}

/** Name of the instance profile, which may be given as a resource's ARN too. */
export function profileName(values: Properties): string | undefined {
  const profile: unknown = values.iamInstanceProfile;
  return typeof profile === "string" && profile !== "" ? profile : undefined;
}

export function metadataOptions(inputs: Properties) {
  const options: Properties = inputs.metadataOptions ?? {};
  return {
    HttpEndpoint: options.httpEndpoint,
    HttpTokens: options.httpTokens,
    HttpPutResponseHopLimit: options.httpPutResponseHopLimit,
    HttpProtocolIpv6: options.httpProtocolIpv6,
    InstanceMetadataTags: options.instanceMetadataTags,
  };
}

function encodedUserData(inputs: Properties): string | undefined {
  if (inputs.userData === undefined) return inputs.userDataBase64;
  return Buffer.from(inputs.userData).toString("base64");
}

function rootVolume(inputs: Properties): Pick<RunInstancesCommandInput, "BlockDeviceMappings"> {
  const root: Properties | undefined = inputs.rootBlockDevice;
  if (root === undefined) return {};
  return {
    BlockDeviceMappings: [
      {
        DeviceName: "/dev/xvda",
        Ebs: {
          DeleteOnTermination: root.deleteOnTermination,
          Encrypted: root.encrypted,
          Iops: root.iops,
          KmsKeyId: root.kmsKeyId || undefined,
          Throughput: root.throughput,
          VolumeSize: root.volumeSize,
          VolumeType: root.volumeType,
        },
      },
    ],
  };
}

/** As the real provider does: whoever wants to decide on a public address must describe the interface. */
function network(inputs: Properties): Partial<RunInstancesCommandInput> {
  const { subnetId, vpcSecurityGroupIds, associatePublicIpAddress, privateIp } = inputs;
  if (associatePublicIpAddress === undefined) {
    return { SubnetId: subnetId, SecurityGroupIds: vpcSecurityGroupIds, PrivateIpAddress: privateIp };
  }
  return {
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        AssociatePublicIpAddress: associatePublicIpAddress,
        SubnetId: subnetId,
        Groups: vpcSecurityGroupIds,
        PrivateIpAddress: privateIp,
      },
    ],
  };
}

export function runInstancesInput(inputs: Properties): RunInstancesCommandInput {
  const profile = profileName(inputs);
  const { availabilityZone: AvailabilityZone, tenancy: Tenancy } = inputs;
  const placed = AvailabilityZone !== undefined || Tenancy !== undefined;
  const credits = inputs.creditSpecification?.cpuCredits;
  return {
    MinCount: 1,
    MaxCount: 1,
    ImageId: inputs.ami,
    InstanceType: inputs.instanceType,
    UserData: encodedUserData(inputs),
    EbsOptimized: inputs.ebsOptimized,
    DisableApiStop: inputs.disableApiStop,
    DisableApiTermination: inputs.disableApiTermination,
    InstanceInitiatedShutdownBehavior: inputs.instanceInitiatedShutdownBehavior,
    KeyName: inputs.keyName,
    ...(placed && { Placement: { AvailabilityZone, Tenancy } }),
    ...network(inputs),
    ...rootVolume(inputs),
    ...(profile !== undefined && { IamInstanceProfile: { Name: profile } }),
    ...(inputs.metadataOptions !== undefined && { MetadataOptions: metadataOptions(inputs) }),
    ...(inputs.monitoring !== undefined && { Monitoring: { Enabled: inputs.monitoring } }),
    ...(credits !== undefined && { CreditSpecification: { CpuCredits: credits } }),
  };
}
