/** Looks, in a preview, whether hosts can be made from their images: EC2 itself says so only when other changes are made. */
import { getStack, log, RunError, runtime } from "@pulumi/pulumi";
import { imageArchitectureOf } from "../images/imageArchitecture.ts";
import type { LoadedStack } from "./load.ts";
import { ConfigError, formatPath, type Problem } from "./problems.ts";

/** Undefined when it cannot be looked at; a warning says why. */
async function imageArchitecture(imageId: string): Promise<string | undefined> {
  const { getAmi } = await import("@pulumi/aws/ec2/getAmi.js");
  try {
    const filters = [{ name: "image-id", values: [imageId] }];
    return (await getAmi({ filters, includeDeprecated: true })).architecture;
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ");
    // Running hosts do not need it, and the role that previews may not look.
    await log.warn(`${imageId} could not be looked at; a host that needs it cannot be made: ${reason}`);
    return undefined;
  }
}

/**
 * One call to AWS per image, in previews only.
 *
 * @throws RunError with every host whose instance type is of another architecture than its image.
 */
export async function checkImages({ tenants }: LoadedStack): Promise<void> {
  if (!runtime.isDryRun()) return;
  const images = new Map<string, Promise<string | undefined>>();
  const problems: Problem[] = [];
  for (const [index, { host }] of tenants.entries()) {
    if (host?.imageId === undefined) continue;
    const { imageId, instanceType } = host;
    if (!images.has(imageId)) images.set(imageId, imageArchitecture(imageId));
    const architecture = await images.get(imageId);
    const wanted = imageArchitectureOf(instanceType);
    if (architecture === undefined || architecture === wanted) continue;
    problems.push({
      path: formatPath(["tenants", index, "host"]),
      found: `instance type ${instanceType} (${wanted}) with the image ${imageId} (${architecture})`,
      allowed: "an image of the instance type's architecture",
      action: `set host.imageId to an image of ${wanted} (npm run images prints it), or take a type of ${architecture}`,
    });
  }
  if (problems.length > 0) throw new RunError(new ConfigError(`Pulumi.${getStack()}.yaml`, problems).message);
}
