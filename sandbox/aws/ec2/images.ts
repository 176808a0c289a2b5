/** Machine images that exist. */
import type { DescribeImagesCommand, Image } from "@aws-sdk/client-ec2";
import { AwsError, type Handlers, type OperationOf } from "../operation.ts";
import { existing, required } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import { applyFilters } from "./filters.ts";

export interface ImageRecord {
  /** `ami-` and 17 hexadecimal digits. */
  id: string;
  architecture: "x86_64" | "arm64";
  name: string;
  /** Version of cloudflared that the image already carries. */
  cloudflaredVersion?: string;
  /** RFC 3339. */
  creationDate: string;
}

export type ImageOperations = { "ec2:DescribeImages": OperationOf<DescribeImagesCommand> };

/** Account that publishes Amazon's own images. */
const AMAZON_ACCOUNT = "137112412989";

export const ROOT_DEVICE_NAME = "/dev/xvda";
/** GiB. The root volume can be larger, not smaller. */
export const IMAGE_SIZE = 8;

export function existingImage(state: AwsState, id: string | undefined): ImageRecord {
  const imageId = required(id, "ImageId");
  if (!/^ami-[0-9a-f]{8,17}$/.test(imageId)) {
    throw new AwsError("InvalidAMIID.Malformed", `Invalid id: "${imageId}" (expecting "ami-...")`);
  }
  return existing(
    state.images.get(imageId),
    "InvalidAMIID.NotFound",
    `The image id '[${imageId}]' does not exist`,
  );
}

function describe(image: ImageRecord): Image {
  return {
    ImageId: image.id,
    Name: image.name,
    Description: image.name,
    Architecture: image.architecture,
    CreationDate: image.creationDate,
    ImageLocation: `amazon/${image.name}`,
    ImageOwnerAlias: "amazon",
    ImageType: "machine",
    OwnerId: AMAZON_ACCOUNT,
    State: "available",
    Public: true,
    EnaSupport: true,
    Hypervisor: "xen",
    VirtualizationType: "hvm",
    ImdsSupport: "v2.0",
    PlatformDetails: "Linux/UNIX",
    UsageOperation: "RunInstances",
    SriovNetSupport: "simple",
    BootMode: image.architecture === "arm64" ? "uefi" : "uefi-preferred",
    RootDeviceName: ROOT_DEVICE_NAME,
    RootDeviceType: "ebs",
    BlockDeviceMappings: [
      {
        DeviceName: ROOT_DEVICE_NAME,
        Ebs: {
          DeleteOnTermination: true,
          Encrypted: false,
          Iops: 3000,
          SnapshotId: image.id.replace("ami-", "snap-"),
          Throughput: 125,
          VolumeSize: IMAGE_SIZE,
          VolumeType: "gp3",
        },
      },
    ],
    Tags: [],
  };
}

export function imageHandlers(state: AwsState): Handlers<ImageOperations> {
  return {
    "ec2:DescribeImages"(input) {
      const images = input.ImageIds?.map((id) => existingImage(state, id)) ?? state.images.values();
      const owners = input.Owners;
      const owned =
        owners === undefined || owners.some((owner) => owner === "amazon" || owner === AMAZON_ACCOUNT)
          ? images
          : [];
      const filtered = applyFilters(
        owned,
        input.Filters,
        {
          name: (image) => [image.name],
          architecture: (image) => [image.architecture],
          "image-id": (image) => [image.id],
          state: () => ["available"],
          "virtualization-type": () => ["hvm"],
          "root-device-type": () => ["ebs"],
          "owner-alias": () => ["amazon"],
        },
        () => ({}),
      );
      return { Images: filtered.map(describe) };
    },
  };
}
