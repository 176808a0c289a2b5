/** Changes of an instance: which ones replace it after all, and how the others are made in place. */
import { instanceTypeFacts } from "../../aws/ec2/instanceTypes.ts";
import type { Properties } from "../resourceType.ts";
import { differs, differsWithin } from "./awsType.ts";
import { call } from "./call.ts";
import type { AwsProviderClient } from "./client.ts";
import { metadataOptions, profileName } from "./instanceArguments.ts";
import { describeInstance } from "./instanceState.ts";
import { ec2Tags, updateTags } from "./tags.ts";
import { waitFor } from "./wait.ts";

/** `undefined` for a type that does not exist: the change itself is refused then. */
function architectureOf(instanceType: unknown): string | undefined {
  try {
    return instanceTypeFacts(String(instanceType)).architecture;
  } catch {
    return undefined;
  }
}

/**
 * New user data replaces with `userDataReplaceOnChange` only, without which it is put in place and never runs. A new
 * type replaces when the image cannot run on it.
 */
export function conditionalReplacements(
  changed: readonly string[],
  olds: Properties,
  news: Properties,
): string[] {
  const [before, after] = [architectureOf(olds.instanceType), architectureOf(news.instanceType)];
  const moves = before !== undefined && after !== undefined && before !== after;
  return [
    ...(moves ? ["instanceType"] : []),
    ...(news.userDataReplaceOnChange === true ? ["userData", "userDataBase64"] : []),
  ].filter((name) => changed.includes(name));
}

interface Change {
  client: AwsProviderClient;
  id: string;
  olds: Properties;
  news: Properties;
  signal: AbortSignal;
}

async function waitForState({ client, id, signal }: Change, state: string): Promise<void> {
  await waitFor(`waiting for EC2 Instance (${id}) ${state}`, signal, async () =>
    (await describeInstance(client, id))?.State?.Name === state ? true : undefined,
  );
}

function modify(change: Change, attribute: string, input: object): Promise<unknown> {
  const action = `modifying EC2 Instance (${change.id}) ${attribute} attribute`;
  return call(change.client, action, "ec2:ModifyInstanceAttribute", { InstanceId: change.id, ...input });
}

/** One stop and start per attribute, as the real provider does. */
async function whileStopped(change: Change, attribute: string, input: object): Promise<void> {
  const { client, id } = change;
  await call(client, `stopping EC2 Instance (${id})`, "ec2:StopInstances", { InstanceIds: [id] });
  await waitForState(change, "stopped");
  await modify(change, attribute, input);
  await call(client, `starting EC2 Instance (${id})`, "ec2:StartInstances", { InstanceIds: [id] });
  await waitForState(change, "running");
}

async function changeProfile({ client, id, news }: Change): Promise<void> {
  const action = `updating EC2 Instance (${id}) IAM Instance Profile`;
  const { IamInstanceProfileAssociations } = await call(
    client,
    action,
    "ec2:DescribeIamInstanceProfileAssociations",
    { Filters: [{ Name: "instance-id", Values: [id] }] },
  );
  const AssociationId = IamInstanceProfileAssociations?.[0]?.AssociationId;
  const Name = profileName(news);
  if (Name === undefined) {
    if (AssociationId !== undefined) {
      await call(client, action, "ec2:DisassociateIamInstanceProfile", { AssociationId });
    }
  } else if (AssociationId === undefined) {
    const input = { InstanceId: id, IamInstanceProfile: { Name } };
    await call(client, action, "ec2:AssociateIamInstanceProfile", input);
  } else {
    const input = { AssociationId, IamInstanceProfile: { Name } };
    await call(client, action, "ec2:ReplaceIamInstanceProfileAssociation", input);
  }
}

async function changeRootVolume({ client, id, olds, news }: Change): Promise<void> {
  const { volumeSize, volumeType, iops, throughput, tags } = news.rootBlockDevice;
  const { volumeId, tagsAll } = olds.rootBlockDevice;
  if (news.volumeTags === undefined) await updateTags(client, ec2Tags, volumeId, tagsAll, tags);
  await call(client, `updating EC2 Instance (${id}) volume`, "ec2:ModifyVolume", {
    VolumeId: volumeId,
    Size: volumeSize,
    VolumeType: volumeType,
    Iops: iops,
    Throughput: throughput,
  });
}

async function changeVolumeTags({ client, olds, news }: Change): Promise<void> {
  const { volumeId, tagsAll } = olds.rootBlockDevice;
  await updateTags(client, ec2Tags, volumeId, tagsAll, news.volumeTags);
}

const ATTRIBUTES = {
  sourceDestCheck: "SourceDestCheck",
  disableApiTermination: "DisableApiTermination",
  disableApiStop: "DisableApiStop",
  instanceInitiatedShutdownBehavior: "InstanceInitiatedShutdownBehavior",
} as const;

export async function changeInstance(change: Change): Promise<void> {
  const { client, id, olds, news } = change;
  const changed = (name: string) => news[name] !== undefined && differs(olds, news, name);
  if (changed("vpcSecurityGroupIds")) await modify(change, "groupSet", { Groups: news.vpcSecurityGroupIds });
  if (differs({ name: profileName(olds) }, { name: profileName(news) }, "name")) await changeProfile(change);
  for (const [argument, attribute] of Object.entries(ATTRIBUTES)) {
    if (changed(argument)) await modify(change, argument, { [attribute]: { Value: news[argument] } });
  }
  if (changed("monitoring")) {
    const name = news.monitoring === true ? "ec2:MonitorInstances" : "ec2:UnmonitorInstances";
    await call(client, `updating EC2 Instance (${id}) monitoring`, name, { InstanceIds: [id] });
  }
  if (differsWithin(olds, news, "metadataOptions")) {
    const action = `updating EC2 Instance (${id}) metadata options`;
    const input = { InstanceId: id, ...metadataOptions(news) };
    await call(client, action, "ec2:ModifyInstanceMetadataOptions", input);
  }
  if (differsWithin(olds, news, "rootBlockDevice")) await changeRootVolume(change);
  if (differs(olds, news, "volumeTags")) await changeVolumeTags(change);
  if (changed("instanceType")) {
    await whileStopped(change, "instanceType", { InstanceType: { Value: news.instanceType } });
  }
  // Taken away, it is emptied.
  if (differs(olds, news, "userData") || changed("userDataBase64")) {
    const bytes =
      news.userData === undefined
        ? Buffer.from(news.userDataBase64 ?? "", "base64")
        : Buffer.from(news.userData);
    await whileStopped(change, "userData", { UserData: { Value: bytes } });
  }
}
