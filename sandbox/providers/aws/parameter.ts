import type { Properties } from "../resourceType.ts";
import { awsType, differs } from "./awsType.ts";
import { call, unless } from "./call.ts";
import { autoNamed, conflict } from "./naming.ts";
import { type TagWriter, tagList } from "./tags.ts";

const naming = autoNamed(255);

/** What a put sends; a change of any other argument needs none. */
const PUT_ARGUMENTS = [
  "allowedPattern",
  "description",
  "insecureValue",
  "keyId",
  "tier",
  "type",
  "value",
  "valueWo",
  "valueWoVersion",
];

const parameterTags: TagWriter = {
  set: (client, id, Tags) =>
    call(client, `updating tags for SSM Parameter (${id})`, "ssm:AddTagsToResource", {
      ResourceType: "Parameter",
      ResourceId: id,
      Tags,
    }),
  remove: (client, id, TagKeys) =>
    call(client, `updating tags for SSM Parameter (${id})`, "ssm:RemoveTagsFromResource", {
      ResourceType: "Parameter",
      ResourceId: id,
      TagKeys,
    }),
};

function givenValue(inputs: Properties): string {
  const value: unknown = inputs.valueWo ?? inputs.insecureValue ?? inputs.value;
  if (typeof value === "string") return value;
  throw new Error("one of `insecure_value,value,value_wo` must be specified");
}

function putInput(inputs: Properties) {
  return {
    Name: inputs.name,
    Value: givenValue(inputs),
    Type: inputs.type,
    AllowedPattern: inputs.allowedPattern,
    DataType: inputs.dataType,
    Description: inputs.description,
    Tier: inputs.tier,
    ...(inputs.type === "SecureString" && { KeyId: inputs.keyId || undefined }),
  };
}

export const parameterType = awsType({
  token: "aws:ssm/parameter:Parameter",
  replaceOn: ["name", "dataType"],
  replaceWhen: (_changed, olds, news) =>
    olds.tier === "Advanced" && news.tier === "Standard" ? ["tier"] : [],
  // It stays in the tier that it was put in.
  equal: { tier: (_old, next) => next === "Intelligent-Tiering" },
  optionalComputed: ["arn", "dataType", "insecureValue", "keyId", "name", "tier", "value"],
  secretOutputs: ["value", "valueWo"],
  choices: {
    type: ["String", "StringList", "SecureString"],
    tier: ["Standard", "Advanced", "Intelligent-Tiering"],
  },
  unknownOnUpdate: (changed) => [
    ...(changed.some((name) => ["value", "description", "insecureValue"].includes(name)) ? ["version"] : []),
    ...(changed.includes("insecureValue") ? ["value"] : []),
    ...(changed.includes("valueWoVersion") ? ["hasValueWo"] : []),
  ],
  ...naming,
  check: (inputs, context) => [
    ...naming.check(inputs, context).filter(({ property }) => property !== "name" || !inputs.name),
    ...conflict(inputs, "value", "insecureValue"),
    ...conflict(inputs, "value", "valueWo"),
    ...(inputs.insecureValue !== undefined && inputs.type === "SecureString"
      ? [
          {
            property: "insecureValue",
            reason: "invalid configuration, cannot set type = SecureString and insecure_value",
          },
        ]
      : []),
  ],
  tagWriter: parameterTags,

  async make(client, inputs) {
    const overwrite = inputs.overwrite === true;
    const tags = tagList(client, inputs.tags);
    await call(client, `creating SSM Parameter (${inputs.name})`, "ssm:PutParameter", {
      ...putInput(inputs),
      Overwrite: overwrite,
      // Tags go with the call only when it cannot overwrite.
      ...(!overwrite && tags.length > 0 && { Tags: tags }),
    });
    return inputs.name;
  },

  async settle(client, id, inputs) {
    const tags = tagList(client, inputs.tags);
    if (inputs.overwrite === true && tags.length > 0) await parameterTags.set(client, id, tags);
  },

  async look(client, id, given) {
    const action = `reading SSM Parameter (${id})`;
    const reading = call(client, action, "ssm:GetParameter", { Name: id, WithDecryption: true });
    const parameter = (await unless(["ParameterNotFound"], reading))?.Parameter;
    if (parameter === undefined) return undefined;
    const filter = { Key: "Name", Option: "Equals", Values: [id] };
    const described = await call(client, action, "ssm:DescribeParameters", { ParameterFilters: [filter] });
    const metadata = described.Parameters?.[0];
    const { TagList } = await call(client, action, "ssm:ListTagsForResource", {
      ResourceType: "Parameter",
      ResourceId: id,
    });
    const insecure = given.insecureValue !== undefined && parameter.Type !== "SecureString";
    const writeOnly = given.valueWo !== undefined || given.valueWoVersion !== undefined;
    return {
      outputs: {
        allowedPattern: metadata?.AllowedPattern || undefined,
        arn: parameter.ARN,
        dataType: parameter.DataType,
        description: metadata?.Description || undefined,
        hasValueWo: writeOnly,
        keyId: metadata?.KeyId ?? "",
        name: parameter.Name,
        overwrite: given.overwrite,
        tier: metadata?.Tier,
        type: parameter.Type,
        valueWoVersion: given.valueWoVersion,
        version: parameter.Version,
        ...(insecure ? { insecureValue: parameter.Value } : writeOnly ? {} : { value: parameter.Value }),
      },
      tags: TagList ?? [],
    };
  },

  async change(client, id, olds, news) {
    if (!PUT_ARGUMENTS.some((name) => differs(olds, news, name))) return;
    const { insecureValue, value } = news;
    // The computed one of the two is left out: it is the old value.
    const current =
      insecureValue !== undefined && differs(olds, news, "insecureValue")
        ? { ...news, value: undefined }
        : { ...news, ...(value !== undefined && { insecureValue: undefined }) };
    await call(client, `updating SSM Parameter (${id})`, "ssm:PutParameter", {
      ...putInput(current),
      // What is left out of a put stays as it is; what the program took away is cleared.
      AllowedPattern: news.allowedPattern ?? "",
      Description: news.description ?? "",
      Overwrite: news.overwrite ?? true,
    });
  },

  async remove(client, id) {
    const deleting = call(client, `deleting SSM Parameter (${id})`, "ssm:DeleteParameter", { Name: id });
    await unless(["ParameterNotFound"], deleting);
  },
});
