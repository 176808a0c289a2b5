/** Tags of resources: `tags` are the resource's own, `tagsAll` also has the provider's default tags. */
import type { ResourceType as Ec2ResourceType, TagSpecification } from "@aws-sdk/client-ec2";
import type { Properties } from "../resourceType.ts";
import { call } from "./call.ts";
import type { AwsProviderClient } from "./client.ts";

export interface KeyValue {
  Key?: string | undefined;
  Value?: string | undefined;
}

/** How the tags of one kind of resource are written. */
export interface TagWriter {
  set(client: AwsProviderClient, id: string, tags: { Key: string; Value: string }[]): Promise<unknown>;
  remove(client: AwsProviderClient, id: string, keys: string[]): Promise<unknown>;
}

export const ec2Tags: TagWriter = {
  set: (client, id, Tags) =>
    call(client, `updating tags for EC2 resource (${id})`, "ec2:CreateTags", { Resources: [id], Tags }),
  remove: (client, id, keys) =>
    call(client, `updating tags for EC2 resource (${id})`, "ec2:DeleteTags", {
      Resources: [id],
      Tags: keys.map((Key) => ({ Key })),
    }),
};

/** The default tags with the resource's own over them. */
export function allTags(client: AwsProviderClient, tags: unknown): Record<string, string> {
  return { ...client.defaultTags, ...(tags as Record<string, string> | undefined) };
}

/** All tags as the SDKs want them. */
export function tagList(client: AwsProviderClient, tags: unknown): { Key: string; Value: string }[] {
  return Object.entries(allTags(client, tags)).map(([Key, Value]) => ({ Key, Value }));
}

/** All tags for a create call of EC2. */
export function tagSpecifications(
  client: AwsProviderClient,
  kind: Ec2ResourceType,
  tags: unknown,
): { TagSpecifications?: TagSpecification[] } {
  const Tags = tagList(client, tags);
  return Tags.length === 0 ? {} : { TagSpecifications: [{ ResourceType: kind, Tags }] };
}

/** The two outputs. Default tags are left out of `tags` unless the program gave them there too. */
export function tagOutputs(
  client: AwsProviderClient,
  actual: readonly KeyValue[],
  given: Record<string, string> | undefined,
): Properties {
  const tagsAll = Object.fromEntries(actual.map(({ Key = "", Value = "" }) => [Key, Value]));
  const own = Object.entries(tagsAll).filter(
    ([key, value]) => client.defaultTags[key] !== value || given?.[key] !== undefined,
  );
  return { tagsAll, ...((own.length > 0 || given !== undefined) && { tags: Object.fromEntries(own) }) };
}

/** Brings the tags of a resource from what they are to what they shall be. */
export async function updateTags(
  client: AwsProviderClient,
  writer: TagWriter,
  id: string,
  before: Record<string, string> | undefined,
  tags: unknown,
): Promise<void> {
  const old = before ?? {};
  const next = allTags(client, tags);
  const gone = Object.keys(old).filter((key) => !(key in next));
  const changed = Object.entries(next).filter(([key, value]) => old[key] !== value);
  if (gone.length > 0) await writer.remove(client, id, gone);
  if (changed.length > 0) {
    await writer.set(
      client,
      id,
      changed.map(([Key, Value]) => ({ Key, Value })),
    );
  }
}
