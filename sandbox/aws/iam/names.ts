/** Names and tags of IAM resources. */
import type { Tag } from "@aws-sdk/client-iam";
import { checkTags, toTags } from "../ec2/tags.ts";
import { AwsError } from "../operation.ts";
import type { Tags } from "../state.ts";

/** The name, or IAM's refusal of one that is missing, too long or has other characters. */
export function checkedName(parameter: string, value: string | undefined, maximum: number): string {
  const name = value ?? "";
  const constraint =
    name.length < 1
      ? "Member must have length greater than or equal to 1"
      : name.length > maximum
        ? `Member must have length less than or equal to ${maximum}`
        : undefined;
  if (constraint !== undefined) {
    throw new AwsError(
      "ValidationError",
      `1 validation error detected: Value at '${parameter}' failed to satisfy constraint: ${constraint}`,
    );
  }
  if (!/^[\w+=,.@-]+$/.test(name)) {
    throw new AwsError(
      "ValidationError",
      `The specified value for ${parameter} is invalid. ` +
        "It must contain only alphanumeric characters and/or the following: +=,.@_-",
    );
  }
  return name;
}

/** The path, `/` when there is none. */
export function checkedPath(path = "/"): string {
  if (/^\/([!-~]+\/)?$/.test(path)) return path;
  throw new AwsError(
    "ValidationError",
    "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric " +
      "characters and/or / characters.",
  );
}

export function checkedTags(list: readonly Tag[] | undefined): Tags {
  const tags = toTags(list);
  checkTags(tags);
  return tags;
}
