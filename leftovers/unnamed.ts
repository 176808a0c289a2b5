/** Hosts and their groups, of which there may be any number: what a creation made whose answer was lost. */
import { ABSENT, type Clouds, type Finding, removed } from "./finding.ts";
import { isOwn, type Tags } from "./ownTags.ts";

/** Times of launches are in whole seconds. Milliseconds. */
const MARGIN = 1_000;

const filtersOf = (tags: Tags) =>
  Object.entries(tags)
    .filter(([key]) => key === "Name" || key.startsWith("tenant-edge:"))
    .map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] }));

/** When a response was sent, by the clock of whoever sent it. */
function dateOf(response: unknown): number {
  const { headers = {} } = response as { headers?: Record<string, string> };
  return Date.parse(headers["date"] ?? "");
}

/**
 * Terminates hosts of the very same name and tags that this creation launched, by AWS's time. The host that a new one
 * replaces is older.
 *
 * @param elapsed since the creation began, in milliseconds.
 */
export async function settleInstances({ aws }: Clouds, tags: Tags, elapsed: number): Promise<Finding> {
  const { DescribeInstancesCommand, TerminateInstancesCommand } = await import("@aws-sdk/client-ec2");
  const client = await aws.ec2();
  const Filters = [...filtersOf(tags), { Name: "instance-state-name", Values: ["pending", "running"] }];
  const look = new DescribeInstancesCommand({ Filters });
  let now = Number.NaN;
  look.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      now = dateOf(result.response);
      return result;
    },
    { step: "deserialize" },
  );
  const { Reservations = [] } = await client.send(look);
  const InstanceIds = Reservations.flatMap((one) => one.Instances ?? []).flatMap(
    ({ InstanceId = "", LaunchTime, Tags: own }) =>
      isOwn(own, tags) && (LaunchTime?.getTime() ?? 0) >= now - elapsed - MARGIN ? [InstanceId] : [],
  );
  if (InstanceIds.length === 0) return ABSENT;
  await client.send(new TerminateInstancesCommand({ InstanceIds }));
  return removed(`the host ${InstanceIds.join(", ")}`);
}

/** Deletes groups of the very same name and tags that no host has. */
export async function settleSecurityGroups({ aws }: Clouds, tags: Tags): Promise<Finding> {
  const { DescribeSecurityGroupsCommand, DeleteSecurityGroupCommand } = await import("@aws-sdk/client-ec2");
  const client = await aws.ec2();
  const look = new DescribeSecurityGroupsCommand({ Filters: filtersOf(tags) });
  const { SecurityGroups = [] } = await client.send(look);
  const gone: string[] = [];
  for (const { GroupId = "", Tags: own } of SecurityGroups) {
    if (!isOwn(own, tags)) continue;
    try {
      await client.send(new DeleteSecurityGroupCommand({ GroupId }));
      gone.push(GroupId);
    } catch (error) {
      if (!(error instanceof Error && error.name === "DependencyViolation")) throw error;
    }
  }
  return gone.length === 0 ? ABSENT : removed(`the security group ${gone.join(", ")}`);
}
