/** What of networks carries the environment's tag, in one listing for all kinds. */
import { TaggedKind } from "../operations/choices.ts";
import { options } from "../orphans/awsCall.ts";
import { ENVIRONMENT_TAG } from "../orphans/mark.ts";
import type { Accounts } from "../orphans/source.ts";

/** Ids by kind. Groups of tenants' hosts are among them, and what was deleted a short while ago. */
export type TaggedNetworks = ReadonlyMap<TaggedKind, readonly string[]>;

/** To be called before states are read, as the other listings. */
export async function taggedNetworks({ aws, environment, signal }: Accounts): Promise<TaggedNetworks> {
  const { paginateDescribeTags } = await import("@aws-sdk/client-ec2");
  const client = await aws.ec2();
  const kinds = Object.values(TaggedKind);
  const Filters = [
    { Name: "key", Values: [ENVIRONMENT_TAG] },
    { Name: "value", Values: [environment] },
    { Name: "resource-type", Values: kinds },
  ];
  const found = new Map<TaggedKind, string[]>();
  for await (const { Tags = [] } of paginateDescribeTags({ client }, { Filters }, options(signal))) {
    for (const { ResourceId, ResourceType } of Tags) {
      const kind = kinds.find((one) => one === ResourceType);
      if (kind !== undefined && ResourceId !== undefined) {
        found.set(kind, [...(found.get(kind) ?? []), ResourceId]);
      }
    }
  }
  return found;
}
