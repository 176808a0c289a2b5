import type {
  AddTagsToResourceCommand,
  ListTagsForResourceCommand,
  RemoveTagsFromResourceCommand,
} from "@aws-sdk/client-ssm";
import { checkTags, fromTags, toTags } from "../ec2/tags.ts";
import { AwsError, type Handlers, type OperationOf } from "../operation.ts";
import { existing } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import type { ParameterRecord } from "./parameterRecord.ts";

export type ParameterTagOperations = {
  "ssm:AddTagsToResource": OperationOf<AddTagsToResourceCommand>;
  "ssm:RemoveTagsFromResource": OperationOf<RemoveTagsFromResourceCommand>;
  "ssm:ListTagsForResource": OperationOf<ListTagsForResourceCommand>;
};

function tagged(
  state: AwsState,
  {
    ResourceType: type,
    ResourceId: id,
  }: { ResourceType?: string | undefined; ResourceId?: string | undefined },
): ParameterRecord {
  if (type !== "Parameter") {
    throw new AwsError("InvalidResourceType", `The resource type ${type} is not valid.`);
  }
  return existing(state.parameters.get(id ?? ""), "InvalidResourceId", `The resource ID ${id} is not valid.`);
}

export function parameterTagHandlers(state: AwsState): Handlers<ParameterTagOperations> {
  return {
    "ssm:AddTagsToResource"(input) {
      const { name, tags } = tagged(state, input);
      const next = { ...tags, ...toTags(input.Tags) };
      checkTags(next);
      state.parameters.patch(name, { tags: next });
      return {};
    },

    "ssm:RemoveTagsFromResource"(input) {
      const { name, tags } = tagged(state, input);
      const kept = Object.entries(tags).filter(([key]) => !input.TagKeys?.includes(key));
      state.parameters.patch(name, { tags: Object.fromEntries(kept) });
      return {};
    },

    "ssm:ListTagsForResource": (input) => ({ TagList: fromTags(tagged(state, input).tags) }),
  };
}
