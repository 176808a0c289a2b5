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
import { checkChoice, existing, invalidParameterValue, required } from "../refusals.ts";
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

export const VOLUME_TYPES: readonly string[] = ["gp3", "gp2", "io1", "io2", "st1", "sc1", "standard"];

interface Performance {
  VolumeType?: VolumeType | undefined;
  /** GiB. */
  size: number;
  Iops?: number | undefined;
  /** MiB per second. */
  Throughput?: number | undefined;
}

/** Limits of gp3: GiB, operations per second, MiB per second. */
const GP3 = { size: [1, 16_384], iops: [3000, 16_000], throughput: [125, 1000] } as const;

/** Throws AWS's refusal of a type that does not exist or that has not this size and speed. */
function checkPerformance({ VolumeType: type = "gp3", size, Iops, Throughput }: Performance): void {
  checkChoice("volumeType", type, VOLUME_TYPES);
  if (type === "gp3") {
    checkRange("size", size, GP3.size);
    checkRange("iops", Iops, GP3.iops);
    checkRange("throughput", Throughput, GP3.throughput);
    return;
  }
  const hasIops = type === "io1" || type === "io2";
  const unsupported =
    Iops !== undefined && !hasIops ? "iops" : Throughput === undefined ? undefined : "throughput";
  if (unsupported === undefined) return;
  throw new AwsError(
    "InvalidParameterCombination",
    `The parameter ${unsupported} is not supported for ${type} volumes.`,
  );
}

function checkRange(name: string, value: number | undefined, [least, most]: readonly [number, number]): void {
  if (value === undefined || (value >= least && value <= most)) return;
  const bound = value < least ? `at least ${least}` : `at most ${most}`;
  throw invalidParameterValue(`Volume ${name} of ${value} is invalid; gp3 volumes have ${bound}.`);
}

/** Throws AWS's refusal when the wanted root volume is not possible. */
export function checkRootVolume(ebs: EbsBlockDevice | undefined): void {
  const size = ebs?.VolumeSize ?? IMAGE_SIZE;
  if (size < IMAGE_SIZE) {
    throw new AwsError(
      "InvalidBlockDeviceMapping",
      `Volume of size ${size}GB is smaller than snapshot, expect size>= ${IMAGE_SIZE}GB`,
    );
  }
  checkPerformance({ ...ebs, size });
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
      const { VolumeType = volume.volumeType, Size: size = volume.size, Iops, Throughput } = input;
      checkPerformance({ VolumeType, size, Iops, Throughput });
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
