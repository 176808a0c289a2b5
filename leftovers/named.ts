/** Parameters, roles and instance profiles: things at AWS that have the name of one that should be created. */
import { isGone } from "../orphans/awsCall.ts";
import { TUNNEL_TAG } from "../orphans/mark.ts";
import { ABSENT, type Clouds, type Finding, kept, removed } from "./finding.ts";
import { isOwn, type ListedTags, NOT_OURS, type Tags, tagOf } from "./ownTags.ts";
import { isDeletedTunnel } from "./tunnel.ts";

export interface WantedThing {
  name: string;
  tags: Tags;
  /** Of the tunnels. Undefined: what was made for another one stays. */
  accountId?: string | undefined;
}

/** What IAM says of a role that has policies or profiles, and of a profile that has a role. */
const IN_USE = new Set(["DeleteConflict", "DeleteConflictException"]);

/**
 * By its tags; also when it was made for an earlier tunnel of the same tenant that this very account has deleted: nobody
 * uses anything of that. A tunnel that is not known there may be another account's.
 */
async function isOurs(
  clouds: Clouds,
  listed: ListedTags,
  { tags, accountId }: WantedThing,
): Promise<boolean> {
  if (isOwn(listed, tags)) return true;
  const tunnelId = tagOf(listed, TUNNEL_TAG);
  return (
    accountId !== undefined &&
    isOwn(listed, { ...tags, [TUNNEL_TAG]: tunnelId }) &&
    (await isDeletedTunnel(clouds, accountId, tunnelId))
  );
}

async function settled(
  what: string,
  name: string,
  settle: () => Promise<string | undefined>,
): Promise<Finding> {
  try {
    const reason = await settle();
    return reason === undefined ? removed(what) : kept(`${what} is there already: ${reason}`, name);
  } catch (error) {
    if (isGone(error)) return ABSENT;
    if (error instanceof Error && IN_USE.has(error.name))
      return kept(`${what} is there already: it is in use`, name);
    throw error;
  }
}

/** Removes it when it is a leftover. Its value is not read. */
export async function settleParameter(clouds: Clouds, wanted: WantedThing): Promise<Finding> {
  const { name } = wanted;
  return await settled(`the parameter ${name}`, name, async () => {
    const { DeleteParameterCommand, ListTagsForResourceCommand } = await import("@aws-sdk/client-ssm");
    const client = await clouds.aws.ssm();
    const { TagList } = await client.send(
      new ListTagsForResourceCommand({ ResourceType: "Parameter", ResourceId: name }),
    );
    if (!(await isOurs(clouds, TagList, wanted))) return NOT_OURS;
    await client.send(new DeleteParameterCommand({ Name: name }));
    return undefined;
  });
}

/** For which tunnel a parameter was made, by its tags. */
export async function parameterTunnel({ aws }: Clouds, name: string): Promise<string | undefined> {
  const { ListTagsForResourceCommand } = await import("@aws-sdk/client-ssm");
  const client = await aws.ssm();
  const list = new ListTagsForResourceCommand({ ResourceType: "Parameter", ResourceId: name });
  return tagOf((await client.send(list)).TagList, TUNNEL_TAG) || undefined;
}

/** Removes it when it is a leftover: without policies, and in no profile. */
export async function settleRole(clouds: Clouds, wanted: WantedThing): Promise<Finding> {
  const { name } = wanted;
  return await settled(`the role ${name}`, name, async () => {
    const { DeleteRoleCommand, GetRoleCommand } = await import("@aws-sdk/client-iam");
    const client = await clouds.aws.iam();
    const { Role } = await client.send(new GetRoleCommand({ RoleName: name }));
    if (!(await isOurs(clouds, Role?.Tags, wanted))) return NOT_OURS;
    await client.send(new DeleteRoleCommand({ RoleName: name }));
    return undefined;
  });
}

/** Removes it when it is a leftover: when it has no role, or our own one, and no host has it. */
export async function settleInstanceProfile(clouds: Clouds, wanted: WantedThing): Promise<Finding> {
  const { name } = wanted;
  return await settled(`the instance profile ${name}`, name, async () => {
    const iam = await import("@aws-sdk/client-iam");
    const client = await clouds.aws.iam();
    const InstanceProfileName = name;
    const { InstanceProfile } = await client.send(new iam.GetInstanceProfileCommand({ InstanceProfileName }));
    if (!(await isOurs(clouds, InstanceProfile?.Tags, wanted))) return NOT_OURS;
    if (await hasHost(clouds, InstanceProfile?.Arn ?? "")) return "a host has it";
    for (const { RoleName } of InstanceProfile?.Roles ?? []) {
      await client.send(new iam.RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName }));
    }
    await client.send(new iam.DeleteInstanceProfileCommand({ InstanceProfileName }));
    return undefined;
  });
}

async function hasHost({ aws }: Clouds, profileArn: string): Promise<boolean> {
  const { paginateDescribeInstances } = await import("@aws-sdk/client-ec2");
  const client = await aws.ec2();
  const Filters = [{ Name: "instance-state-name", Values: ["pending", "running", "stopping", "stopped"] }];
  for await (const { Reservations = [] } of paginateDescribeInstances({ client }, { Filters })) {
    const instances = Reservations.flatMap((one) => one.Instances ?? []);
    if (instances.some(({ IamInstanceProfile }) => IamInstanceProfile?.Arn === profileArn)) return true;
  }
  return false;
}
