/** Tags of EC2 resources: the same operations for every kind. */
import type {
  CreateTagsCommand,
  DeleteTagsCommand,
  DescribeTagsCommand,
  ResourceType,
  Tag,
  TagSpecification,
} from "@aws-sdk/client-ec2";
import { AwsError, type Handlers, type OperationOf } from "../operation.ts";
import { pageOf } from "../page.ts";
import { existing, invalidParameterValue, required } from "../refusals.ts";
import type { AwsState, Tags } from "../state.ts";
import { applyFilters } from "./filters.ts";

export type TagOperations = {
  "ec2:CreateTags": OperationOf<CreateTagsCommand>;
  "ec2:DeleteTags": OperationOf<DeleteTagsCommand>;
  "ec2:DescribeTags": OperationOf<DescribeTagsCommand>;
};

const MAXIMUM_TAGS = 50;
/** In one answer. EC2 documentation, "DescribeTags". */
const PAGE = 1000;

/** By the beginning of the ids. */
const TYPES: Readonly<Record<string, ResourceType>> = {
  vpc: "vpc",
  subnet: "subnet",
  igw: "internet-gateway",
  eipalloc: "elastic-ip",
  nat: "natgateway",
  rtb: "route-table",
  sg: "security-group",
  sgr: "security-group-rule",
  vpce: "vpc-endpoint",
  eni: "network-interface",
  i: "instance",
  vol: "volume",
};

const prefixOf = (id: string) => id.split("-")[0] ?? "";

/** Throws AWS's refusal when a tag is not allowed. */
export function checkTags(tags: Tags): void {
  if (Object.keys(tags).length > MAXIMUM_TAGS) {
    throw new AwsError("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.");
  }
  for (const [key, value] of Object.entries(tags)) {
    if (key.toLowerCase().startsWith("aws:")) {
      throw invalidParameterValue("Tag keys starting with 'aws:' are reserved for internal use");
    }
    if (key === "" || key.length > 128) {
      throw invalidParameterValue("Tag key exceeds the maximum length of 128 characters or is empty");
    }
    if (value.length > 256) {
      throw invalidParameterValue("Tag value exceeds the maximum length of 256 characters");
    }
  }
}

export function toTags(list: readonly Tag[] | undefined): Tags {
  return Object.fromEntries((list ?? []).map((tag) => [tag.Key ?? "", tag.Value ?? ""]));
}

export function fromTags(tags: Tags | undefined): { Key: string; Value: string }[] {
  return Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
}

/** Tags that a create call gives to one kind of resource, checked. */
export function tagsOnCreate(
  specifications: readonly TagSpecification[] | undefined,
  kind: ResourceType,
): Tags {
  const tags = Object.assign(
    {},
    ...(specifications ?? []).filter((one) => one.ResourceType === kind).map((one) => toTags(one.Tags)),
  ) as Tags;
  checkTags(tags);
  return tags;
}

/** Tags of a resource as EC2 lists them. */
export function tagList(state: AwsState, id: string): { Key: string; Value: string }[] {
  return fromTags(state.ec2Tags.get(id));
}

export function tagsOf(state: AwsState, id: string): Tags {
  return state.ec2Tags.get(id) ?? {};
}

export function putTags(state: AwsState, id: string, tags: Tags): void {
  if (Object.keys(tags).length > 0) state.ec2Tags.put(id, tags);
  else state.ec2Tags.delete(id);
}

function checkTaggable(state: AwsState, id: string): void {
  const kinds: Record<string, { has(id: string): boolean }> = {
    vpc: state.vpcs,
    subnet: state.subnets,
    igw: state.internetGateways,
    eipalloc: state.addresses,
    nat: state.natGateways,
    rtb: state.routeTables,
    sg: state.securityGroups,
    sgr: state.securityGroupRules,
    vpce: state.vpcEndpoints,
    eni: state.networkInterfaces,
    i: state.instances,
    vol: state.volumes,
  };
  const kind = existing(kinds[prefixOf(id)], "InvalidID", `The ID '${id}' is not valid`);
  if (!kind.has(id)) throw new AwsError("InvalidID", `The ID '${id}' is not valid`);
}

export function tagHandlers(state: AwsState): Handlers<TagOperations> {
  return {
    "ec2:CreateTags"(input) {
      const resources = required(input.Resources, "ResourceId");
      for (const id of resources) checkTaggable(state, id);
      for (const id of resources) {
        const tags = { ...tagsOf(state, id), ...toTags(input.Tags) };
        checkTags(tags);
        putTags(state, id, tags);
      }
      return {};
    },
    "ec2:DeleteTags"(input) {
      for (const id of required(input.Resources, "ResourceId")) {
        checkTaggable(state, id);
        const tags = { ...tagsOf(state, id) };
        for (const { Key, Value } of input.Tags ?? []) {
          if (Key !== undefined && (Value === undefined || tags[Key] === Value)) delete tags[Key];
        }
        putTags(state, id, input.Tags === undefined ? {} : tags);
      }
      return {};
    },
    "ec2:DescribeTags"(input) {
      const all = state.ec2Tags.ids().flatMap((ResourceId) =>
        tagList(state, ResourceId).map((tag) => ({
          ...tag,
          ResourceId,
          ResourceType: TYPES[prefixOf(ResourceId)],
        })),
      );
      const filtered = applyFilters(
        all,
        input.Filters,
        {
          key: ({ Key }) => [Key],
          value: ({ Value }) => [Value],
          "resource-id": ({ ResourceId }) => [ResourceId],
          "resource-type": ({ ResourceType }) => [ResourceType ?? ""],
        },
        ({ Key, Value }) => ({ [Key]: Value }),
      );
      const { items, NextToken } = pageOf(filtered, input, PAGE);
      return { Tags: items, ...(NextToken !== undefined && { NextToken }) };
    },
  };
}
