/** What AWS knows about images in one region: the newest of Amazon Linux 2023, and those that are asked for. */
import { DescribeImagesCommand, EC2Client, type Image } from "@aws-sdk/client-ec2";
import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { explain } from "./awsErrors.ts";
import { ImageArchitecture } from "./imageArchitecture.ts";

export interface ImageFacts {
  id: string;
  name: string | undefined;
  /** `arm64`, `x86_64`, or another that EC2 has. */
  architecture: string | undefined;
  /** RFC 3339. */
  creationDate: string | undefined;
  /** Twelve digits. */
  ownerId: string | undefined;
  /** Published by Amazon. */
  amazon: boolean;
}

export interface ImageCatalogue {
  /** The newest image of Amazon Linux 2023 by architecture. */
  newest: Readonly<Record<ImageArchitecture, string>>;
  /** Those of the images that were asked for, and of the newest, that can be launched now. */
  images: ReadonlyMap<string, ImageFacts>;
}

/** AWS Systems Manager documentation, "Calling AMI public parameters". */
const NEWEST = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-";

/** Values that the filters of one call may have together. Amazon EC2 API Reference, "DescribeImages". */
const MAXIMUM_FILTER_VALUES = 200;

async function newestImages(client: SSMClient): Promise<ImageCatalogue["newest"]> {
  const Names = Object.values(ImageArchitecture).map((architecture) => `${NEWEST}${architecture}`);
  const { Parameters = [] } = await client.send(new GetParametersCommand({ Names }));
  const read = (architecture: ImageArchitecture) => {
    const name = `${NEWEST}${architecture}`;
    const value = Parameters.find(({ Name }) => Name === name)?.Value;
    if (value === undefined) throw new Error(`AWS has no public parameter ${name} there`);
    return value;
  };
  return { arm64: read(ImageArchitecture.arm64), x86_64: read(ImageArchitecture.x86) };
}

function facts(id: string, image: Image): ImageFacts {
  return {
    id,
    name: image.Name,
    architecture: image.Architecture,
    creationDate: image.CreationDate,
    ownerId: image.OwnerId,
    amazon: image.ImageOwnerAlias === "amazon",
  };
}

/**
 * Asks by filter, since an id that does not exist makes a call by ids fail as a whole; and for deprecated images too:
 * Amazon deprecates its own after some months, and hosts can still be made from them.
 */
async function describeImages(client: EC2Client, ids: readonly string[]): Promise<ImageCatalogue["images"]> {
  const found = new Map<string, ImageFacts>();
  for (let start = 0; start < ids.length; start += MAXIMUM_FILTER_VALUES) {
    const Filters = [{ Name: "image-id", Values: ids.slice(start, start + MAXIMUM_FILTER_VALUES) }];
    const { Images = [] } = await client.send(
      new DescribeImagesCommand({ Filters, IncludeDeprecated: true }),
    );
    // One that was just deregistered is listed for a while, under another state.
    for (const image of Images) {
      if (image.ImageId !== undefined && image.State === "available")
        found.set(image.ImageId, facts(image.ImageId, image));
    }
  }
  return found;
}

/**
 * One call to SSM and one to EC2 (more for more than 200 images). Needs `ssm:GetParameters` and `ec2:DescribeImages`.
 *
 * @param profile section of the AWS configuration files with the credentials. Default: AWS's usual order of sources.
 * @throws Error that says in words why AWS did not answer.
 */
export async function readCatalogue(
  region: string,
  profile: string | undefined,
  imageIds: readonly string[],
): Promise<ImageCatalogue> {
  const configuration = { region, ...(profile !== undefined && { profile }) };
  const ssm = new SSMClient(configuration);
  const ec2 = new EC2Client(configuration);
  try {
    const newest = await newestImages(ssm);
    return {
      newest,
      images: await describeImages(ec2, [...new Set([...Object.values(newest), ...imageIds])]),
    };
  } catch (error) {
    throw explain(error, region);
  } finally {
    ssm.destroy();
    ec2.destroy();
  }
}
