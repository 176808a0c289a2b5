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
  /**
   * Unit files that it carries for apps, by name (`my-app.service`). The program that such a unit starts is an app that
   * listens on every port of the loopback interface.
   */
  units?: Record<string, string>;
  /** RFC 3339. */
  creationDate: string;
  /** Twelve digits. Default: Amazon's own account. */
  ownerId?: string;
  /** RFC 3339. From then on the image is listed only for its owner and for whoever asks for deprecated ones. */
  deprecationTime?: string;
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

const ownerOf = (image: ImageRecord): string => image.ownerId ?? AMAZON_ACCOUNT;

/** Only Amazon's own and the marketplace's owners have an alias. */
function aliasOf(image: ImageRecord): string | undefined {
  return ownerOf(image) === AMAZON_ACCOUNT ? "amazon" : undefined;
}

/** An id, an alias, or `self`. */
function isOwnedBy(state: AwsState, image: ImageRecord, owners: readonly string[] | undefined): boolean {
  if (owners === undefined || owners.length === 0) return true;
  return owners.some(
    (owner) =>
      owner === ownerOf(image) ||
      owner === aliasOf(image) ||
      (owner === "self" && ownerOf(image) === state.accountId),
  );
}

/** Amazon EC2 documentation, "Deprecate an Amazon EC2 AMI": Amazon deprecates its own within months. */
function isListed(state: AwsState, image: ImageRecord, includeDeprecated: boolean): boolean {
  if (includeDeprecated || image.deprecationTime === undefined) return true;
  return ownerOf(image) === state.accountId || new Date(image.deprecationTime) > state.now();
}

function describe(image: ImageRecord): Image {
  const alias = aliasOf(image);
  return {
    ImageId: image.id,
    Name: image.name,
    Description: image.name,
    Architecture: image.architecture,
    CreationDate: image.creationDate,
    ...(image.deprecationTime !== undefined && { DeprecationTime: image.deprecationTime }),
    ImageLocation: `${alias ?? ownerOf(image)}/${image.name}`,
    ...(alias !== undefined && { ImageOwnerAlias: alias }),
    ImageType: "machine",
    OwnerId: ownerOf(image),
    State: "available",
    Public: alias !== undefined,
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
      const named = input.ImageIds ?? [];
      const all = named.length > 0 ? named.map((id) => existingImage(state, id)) : state.images.values();
      const deprecated = input.IncludeDeprecated === true || named.length > 0;
      const images = all.filter(
        (image) => isOwnedBy(state, image, input.Owners) && isListed(state, image, deprecated),
      );
      const filtered = applyFilters(
        images,
        input.Filters,
        {
          name: (image) => [image.name],
          architecture: (image) => [image.architecture],
          "image-id": (image) => [image.id],
          state: () => ["available"],
          "virtualization-type": () => ["hvm"],
          "root-device-type": () => ["ebs"],
          "owner-alias": (image) => [aliasOf(image) ?? []].flat(),
          "owner-id": (image) => [ownerOf(image)],
        },
        () => ({}),
      );
      return { Images: filtered.map(describe) };
    },
  };
}
