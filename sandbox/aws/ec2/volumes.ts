/** Root volumes of instances. */
import type {
  DescribeVolumesCommand,
  EbsBlockDevice,
  ModifyVolumeCommand,
  Volume,
  VolumeType,
} from "@aws-sdk/client-ec2";
import { newResourceId } from "../ids.ts";
import { AwsError, type Handlers, type OperationOf } from "../operation.ts";
import { existing, invalidParameterValue, required } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import { applyFilters } from "./filters.ts";
import { IMAGE_SIZE } from "./images.ts";
import { putTags, tagList, tagsOf } from "./tags.ts";

export interface VolumeRecord {
  volumeId: string;
  instanceId: string;
  availabilityZone: string;
  /** GiB. */
  size: number;
  volumeType: VolumeType;
  iops: number;
  /** MiB per second; gp3 only. */
  throughput?: number;
  encrypted: boolean;
  kmsKeyId?: string;
  deleteOnTermination: boolean;
  createdAt: string;
}

export type VolumeOperations = {
  "ec2:DescribeVolumes": OperationOf<DescribeVolumesCommand>;
  "ec2:ModifyVolume": OperationOf<ModifyVolumeCommand>;
};

const VOLUME_TYPES: readonly string[] = ["gp3", "gp2", "io1", "io2", "st1", "sc1", "standard"];

/** Throws AWS's refusal when the wanted root volume is not possible. */
export function checkRootVolume(ebs: EbsBlockDevice | undefined): void {
  const size = ebs?.VolumeSize ?? IMAGE_SIZE;
  if (size < IMAGE_SIZE) {
    throw new AwsError(
      "InvalidBlockDeviceMapping",
      `Volume of size ${size}GB is smaller than snapshot, expect size>= ${IMAGE_SIZE}GB`,
    );
  }
  if (ebs?.VolumeType !== undefined && !VOLUME_TYPES.includes(ebs.VolumeType)) {
    throw invalidParameterValue(
      `Value (${ebs.VolumeType}) for parameter volumeType is invalid. Unknown volume type.`,
    );
  }
  if (ebs?.KmsKeyId !== undefined && ebs.Encrypted !== true) {
    throw new AwsError(
      "InvalidParameterDependency",
      "The parameter KmsKeyId requires the parameter Encrypted to be set.",
    );
  }
}

export function createRootVolume(
  state: AwsState,
  instanceId: string,
  availabilityZone: string,
  ebs: EbsBlockDevice | undefined,
): VolumeRecord {
  const volumeId = newResourceId("vol");
  const volumeType = ebs?.VolumeType ?? "gp3";
  const throughput = ebs?.Throughput ?? (volumeType === "gp3" ? 125 : undefined);
  return state.volumes.put(volumeId, {
    volumeId,
    instanceId,
    availabilityZone,
    size: ebs?.VolumeSize ?? IMAGE_SIZE,
    volumeType,
    iops: ebs?.Iops ?? (volumeType === "gp3" ? 3000 : 100),
    encrypted: ebs?.Encrypted ?? false,
    deleteOnTermination: ebs?.DeleteOnTermination ?? true,
    createdAt: state.now().toISOString(),
    ...(throughput !== undefined && { throughput }),
    ...(ebs?.Encrypted === true && {
      kmsKeyId: ebs.KmsKeyId ?? `arn:aws:kms:${state.region}:${state.accountId}:key/aws-ebs-default`,
    }),
  });
}

function describe(state: AwsState, volume: VolumeRecord): Volume {
  return {
    VolumeId: volume.volumeId,
    AvailabilityZone: volume.availabilityZone,
    Size: volume.size,
    VolumeType: volume.volumeType,
    Iops: volume.iops,
    Throughput: volume.throughput,
    Encrypted: volume.encrypted,
    KmsKeyId: volume.kmsKeyId,
    State: "in-use",
    CreateTime: new Date(volume.createdAt),
    Attachments: [
      {
        InstanceId: volume.instanceId,
        VolumeId: volume.volumeId,
        DeleteOnTermination: volume.deleteOnTermination,
        State: "attached",
      },
    ],
    Tags: tagList(state, volume.volumeId),
  };
}

/** Removes what goes with its instance. */
export function releaseVolumes(state: AwsState, instanceId: string): void {
  for (const volume of state.volumes.filter((one) => one.instanceId === instanceId)) {
    if (!volume.deleteOnTermination) continue;
    state.volumes.delete(volume.volumeId);
    putTags(state, volume.volumeId, {});
  }
}

export function volumeHandlers(state: AwsState): Handlers<VolumeOperations> {
  const existingVolume = (id: string | undefined) =>
    existing(
      state.volumes.get(required(id, "volumeId")),
      "InvalidVolume.NotFound",
      `The volume '${id}' does not exist.`,
    );
  return {
    "ec2:DescribeVolumes"(input) {
      const volumes = input.VolumeIds?.map(existingVolume) ?? state.volumes.values();
      const filtered = applyFilters(
        volumes,
        input.Filters,
        {
          "attachment.instance-id": (volume) => [volume.instanceId],
          "volume-id": (volume) => [volume.volumeId],
        },
        (volume) => tagsOf(state, volume.volumeId),
      );
      return { Volumes: filtered.map((volume) => describe(state, volume)) };
    },

    "ec2:ModifyVolume"(input) {
      const volume = existingVolume(input.VolumeId);
      if (input.Size !== undefined && input.Size < volume.size) {
        throw invalidParameterValue("New size cannot be smaller than existing size");
      }
      state.volumes.patch(volume.volumeId, {
        ...(input.Size !== undefined && { size: input.Size }),
        ...(input.VolumeType !== undefined && { volumeType: input.VolumeType }),
        ...(input.Iops !== undefined && { iops: input.Iops }),
        ...(input.Throughput !== undefined && { throughput: input.Throughput }),
      });
      return { VolumeModification: { VolumeId: volume.volumeId, ModificationState: "completed" } };
    },
  };
}
