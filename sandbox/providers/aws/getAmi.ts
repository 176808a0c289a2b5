import type { Image } from "@aws-sdk/client-ec2";
import type { FunctionType, Properties } from "../resourceType.ts";
import { call } from "./call.ts";
import type { AwsProviderClient } from "./client.ts";
import { toFilters } from "./functions.ts";

function chosen(images: Image[], args: Properties): Image {
  const pattern = args.nameRegex === undefined ? undefined : new RegExp(args.nameRegex);
  const named = images.filter((image) => pattern === undefined || pattern.test(image.Name ?? ""));
  const newest = [...named].sort((one, other) =>
    (one.CreationDate ?? "") < (other.CreationDate ?? "") ? 1 : -1,
  );
  const [image] = newest;
  if (image === undefined) {
    throw new Error("Your query returned no results. Please change your search criteria and try again.");
  }
  if (newest.length > 1 && args.mostRecent !== true) {
    throw new Error(
      "Your query returned more than one result. Please try a more specific search criteria, or set " +
        "`most_recent` attribute to true.",
    );
  }
  return image;
}

/** Block devices with every number as text, as the data source has them. */
function blockDevices(image: Image): Properties[] {
  return (image.BlockDeviceMappings ?? []).map(({ DeviceName, Ebs }) => ({
    deviceName: DeviceName,
    ebs: {
      delete_on_termination: String(Ebs?.DeleteOnTermination),
      encrypted: String(Ebs?.Encrypted),
      iops: String(Ebs?.Iops),
      snapshot_id: Ebs?.SnapshotId,
      throughput: String(Ebs?.Throughput),
      volume_size: String(Ebs?.VolumeSize),
      volume_type: Ebs?.VolumeType,
    },
    noDevice: "",
    virtualName: "",
  }));
}

export const getAmiFunction: FunctionType<AwsProviderClient> = {
  token: "aws:ec2/getAmi:getAmi",
  async invoke(client, args) {
    const { Images = [] } = await call(client, "reading EC2 AMIs", "ec2:DescribeImages", {
      Filters: toFilters(args.filters),
      ...(args.includeDeprecated === true && { IncludeDeprecated: true }),
      ...(args.owners !== undefined && { Owners: args.owners }),
    });
    const image = chosen(Images, args);
    return {
      ...args,
      architecture: image.Architecture,
      arn: `arn:aws:ec2:${client.region}::image/${image.ImageId}`,
      blockDeviceMappings: blockDevices(image),
      bootMode: image.BootMode,
      creationDate: image.CreationDate,
      deprecationTime: "",
      description: image.Description,
      enaSupport: image.EnaSupport,
      hypervisor: image.Hypervisor,
      id: image.ImageId,
      imageId: image.ImageId,
      imageLocation: image.ImageLocation,
      imageOwnerAlias: image.ImageOwnerAlias,
      imageType: image.ImageType,
      imdsSupport: image.ImdsSupport,
      kernelId: "",
      lastLaunchedTime: "",
      name: image.Name,
      ownerId: image.OwnerId,
      platform: "",
      platformDetails: image.PlatformDetails,
      productCodes: [],
      public: image.Public,
      ramdiskId: "",
      region: client.region,
      rootDeviceName: image.RootDeviceName,
      rootDeviceType: image.RootDeviceType,
      rootSnapshotId: image.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId,
      sriovNetSupport: image.SriovNetSupport,
      state: image.State,
      stateReason: { code: "UNSET", message: "UNSET" },
      tags: {},
      tpmSupport: "",
      usageOperation: image.UsageOperation,
      virtualizationType: image.VirtualizationType,
    };
  },
};
