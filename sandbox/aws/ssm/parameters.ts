/** Writing, deleting and listing parameters. */
import type {
  DeleteParameterCommand,
  DeleteParametersCommand,
  DescribeParametersCommand,
  ParameterMetadata,
  ParameterStringFilter,
  PutParameterCommand,
  PutParameterCommandInput,
} from "@aws-sdk/client-ssm";
import { noteSecret, SecretKind } from "../../canaries/secrets.ts";
import { checkTags, toTags } from "../ec2/tags.ts";
import { DEFAULT_SSM_KEY, findKey } from "../kms.ts";
import { AwsError, type Handlers, type OperationOf } from "../operation.ts";
import { pageOf } from "../page.ts";
import type { AwsState } from "../state.ts";
import {
  checkNameCount,
  checkParameterName,
  checkParameterValue,
  currentVersion,
  isBelow,
  MAXIMUM_VERSIONS,
  type ParameterRecord,
  parameterArn,
  parameterName,
} from "./parameterRecord.ts";

export type ParameterOperations = {
  "ssm:PutParameter": OperationOf<PutParameterCommand>;
  "ssm:DeleteParameter": OperationOf<DeleteParameterCommand>;
  "ssm:DeleteParameters": OperationOf<DeleteParametersCommand>;
  "ssm:DescribeParameters": OperationOf<DescribeParametersCommand>;
};

const MOST_RESULTS = 50;

function invalid(message: string): AwsError {
  return new AwsError("ValidationException", message);
}

/** Tier of a put: never down, and up only when asked for or when Intelligent-Tiering needs it. */
function tierOf(input: PutParameterCommandInput, old: ParameterRecord | undefined): ParameterRecord["tier"] {
  const large = Buffer.byteLength(input.Value ?? "") > 4096;
  const wanted =
    input.Tier === "Advanced" || (input.Tier === "Intelligent-Tiering" && large) ? "Advanced" : "Standard";
  if (old?.tier !== "Advanced") return wanted;
  if (input.Tier === "Standard") {
    throw invalid(
      "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the " +
        "advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced " +
        "parameter and recreate it as a standard parameter.",
    );
  }
  return "Advanced";
}

function typeOf(input: PutParameterCommandInput, old: ParameterRecord | undefined): ParameterRecord["type"] {
  const type = input.Type ?? old?.type;
  if (type === undefined) throw invalid("A parameter type is required when you create a parameter.");
  if (type === "String" || type === "StringList" || type === "SecureString") return type;
  throw new AwsError("UnsupportedParameterType", `The parameter type ${type} is not supported.`);
}

function keyOf(
  state: AwsState,
  input: PutParameterCommandInput,
  type: ParameterRecord["type"],
  old: ParameterRecord | undefined,
): { keyId?: string } {
  if (type !== "SecureString") {
    if (input.KeyId !== undefined) throw invalid("KeyId is supported for SecureString parameters only.");
    return {};
  }
  const keyId = input.KeyId ?? old?.keyId ?? DEFAULT_SSM_KEY;
  findKey(state, keyId);
  return { keyId };
}

function checkOverwrite(input: PutParameterCommandInput, old: ParameterRecord | undefined): void {
  if (input.Overwrite === true && (input.Tags ?? []).length > 0) {
    throw invalid(
      "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please " +
        "remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or " +
        "RemoveTagsFromResource.",
    );
  }
  if (old !== undefined && input.Overwrite !== true) {
    throw new AwsError(
      "ParameterAlreadyExists",
      "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
    );
  }
}

function put(state: AwsState, input: PutParameterCommandInput): ParameterRecord {
  const name = parameterName(state, input.Name ?? "");
  checkParameterName(name);
  const old = state.parameters.get(name);
  checkOverwrite(input, old);
  const type = typeOf(input, old);
  const tier = tierOf(input, old);
  const allowedPattern = input.AllowedPattern ?? old?.allowedPattern;
  const description = input.Description ?? old?.description;
  const value = input.Value ?? "";
  checkParameterValue(value, tier, allowedPattern);
  const key = keyOf(state, input, type, old);
  const tags = toTags(input.Tags);
  checkTags(tags);
  const own = state.parameters.size - state.parameters.filter((one) => one.name.startsWith("/aws/")).length;
  if (old === undefined && tier === "Standard" && own >= state.quotas.standardParameters) {
    throw new AwsError(
      "ParameterLimitExceeded",
      `You have exceeded the number of parameters (${state.quotas.standardParameters}) for this Amazon Web Services account.`,
    );
  }
  const version = old === undefined ? 1 : currentVersion(old).version + 1;
  if (type === "SecureString") noteSecret(SecretKind.Parameter, value);
  const versions = [...(old?.versions ?? []), { version, value, modifiedAt: state.now().toISOString() }];
  return state.parameters.put(name, {
    name,
    type,
    tier,
    dataType: input.DataType ?? old?.dataType ?? "text",
    versions: versions.slice(-MAXIMUM_VERSIONS),
    tags: old?.tags ?? tags,
    ...key,
    ...(description !== undefined && { description }),
    ...(allowedPattern !== undefined && { allowedPattern }),
  });
}

function describe(state: AwsState, parameter: ParameterRecord): ParameterMetadata {
  const { version, modifiedAt } = currentVersion(parameter);
  return {
    Name: parameter.name,
    ARN: parameterArn(state, parameter.name),
    Type: parameter.type,
    Tier: parameter.tier,
    DataType: parameter.dataType,
    Version: version,
    LastModifiedDate: new Date(modifiedAt),
    Policies: [],
    KeyId: parameter.keyId,
    Description: parameter.description,
    AllowedPattern: parameter.allowedPattern,
  };
}

function passes(
  parameter: ParameterRecord,
  { Key: key, Option: option, Values: values = [] }: ParameterStringFilter,
) {
  if (key === "Path") {
    if (option !== undefined && option !== "Recursive" && option !== "OneLevel") {
      throw new AwsError("InvalidFilterOption", `The filter option ${option} is not valid.`);
    }
    return values.some((path) => isBelow(parameter.name, path, option === "Recursive"));
  }
  const tag = key?.startsWith("tag:") ? parameter.tags[key.slice("tag:".length)] : undefined;
  const actual = key === "Name" ? parameter.name : key === "Type" ? parameter.type : tag;
  if (key !== "Name" && key !== "Type" && key?.startsWith("tag:") !== true) {
    throw new AwsError("InvalidFilterKey", `The filter key ${key} is not valid.`);
  }
  if (actual === undefined) return false;
  switch (option ?? "Equals") {
    case "Equals":
      return values.includes(actual);
    case "BeginsWith":
      return values.some((value) => actual.startsWith(value));
    case "Contains":
      return values.some((value) => actual.includes(value));
    default:
      throw new AwsError("InvalidFilterOption", `The filter option ${option} is not valid.`);
  }
}

export function parameterHandlers(state: AwsState): Handlers<ParameterOperations> {
  return {
    "ssm:PutParameter"(input) {
      const parameter = put(state, input);
      return { Version: currentVersion(parameter).version, Tier: parameter.tier };
    },

    "ssm:DeleteParameter"(input) {
      const name = parameterName(state, input.Name ?? "");
      if (name.startsWith("/aws/") || !state.parameters.delete(name)) {
        throw new AwsError("ParameterNotFound", "");
      }
      return {};
    },

    "ssm:DeleteParameters"(input) {
      const names = [...new Set(input.Names ?? [])];
      checkNameCount(names);
      const isDeleted = (name: string) => {
        return !name.startsWith("/aws/") && state.parameters.delete(parameterName(state, name));
      };
      const DeletedParameters = names.filter(isDeleted);
      return {
        DeletedParameters,
        InvalidParameters: names.filter((name) => !DeletedParameters.includes(name)),
      };
    },

    "ssm:DescribeParameters"(input) {
      const filters = input.ParameterFilters ?? [];
      const own = state.parameters.filter((one) => !one.name.startsWith("/aws/"));
      const found = own.filter((parameter) => filters.every((filter) => passes(parameter, filter)));
      const { items, NextToken } = pageOf(found, input, MOST_RESULTS);
      return {
        Parameters: items.map((parameter) => describe(state, parameter)),
        ...(NextToken !== undefined && { NextToken }),
      };
    },
  };
}
