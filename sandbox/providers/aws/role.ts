import type { Properties } from "../resourceType.ts";
import { awsType, differs } from "./awsType.ts";
import { call, unless } from "./call.ts";
import type { AwsProviderClient } from "./client.ts";
import { jsonText, keepText, samePolicy } from "./json.ts";
import { autoNamed, nameOf } from "./naming.ts";
import { type TagWriter, tagList } from "./tags.ts";

const NOT_FOUND = ["NoSuchEntity"];

const roleTags: TagWriter = {
  set: (client, id, Tags) =>
    call(client, `updating tags for IAM Role (${id})`, "iam:TagRole", { RoleName: id, Tags }),
  remove: (client, id, TagKeys) =>
    call(client, `updating tags for IAM Role (${id})`, "iam:UntagRole", { RoleName: id, TagKeys }),
};

async function policiesOf(client: AwsProviderClient, id: string): Promise<Properties> {
  const action = `reading IAM Role (${id}) policies`;
  const { PolicyNames = [] } = await call(client, action, "iam:ListRolePolicies", { RoleName: id });
  const { AttachedPolicies = [] } = await call(client, action, "iam:ListAttachedRolePolicies", {
    RoleName: id,
  });
  const inlinePolicies = [];
  for (const name of PolicyNames) {
    const input = { RoleName: id, PolicyName: name };
    const { PolicyDocument = "" } = await call(client, action, "iam:GetRolePolicy", input);
    inlinePolicies.push({ name, policy: decodeURIComponent(PolicyDocument) });
  }
  return { inlinePolicies, managedPolicyArns: AttachedPolicies.map((one) => one.PolicyArn ?? "") };
}

const naming = autoNamed(64);

export const roleType = awsType({
  token: "aws:iam/role:Role",
  global: true,
  replaceOn: ["name", "namePrefix", "path"],
  optionalComputed: ["inlinePolicies", "managedPolicyArns", "name", "namePrefix"],
  plannedDefaults: { forceDetachPolicies: false, maxSessionDuration: 3600, path: "/" },
  equal: { assumeRolePolicy: samePolicy },
  ...naming,
  check: (inputs, context) => [
    ...naming.check(inputs, context),
    ...["inlinePolicies", "managedPolicyArns", "permissionsBoundary"]
      .filter((name) => inputs[name] !== undefined)
      .map((name) => ({
        property: name,
        reason: `the sandbox does not emulate '${name}' of a role; use RolePolicy or RolePolicyAttachment`,
      })),
  ],
  tagWriter: roleTags,

  async make(client, inputs) {
    const name = nameOf(inputs);
    await call(client, `creating IAM Role (${name})`, "iam:CreateRole", {
      RoleName: name,
      Path: inputs.path,
      AssumeRolePolicyDocument: jsonText(inputs.assumeRolePolicy),
      Description: inputs.description,
      MaxSessionDuration: inputs.maxSessionDuration,
      Tags: tagList(client, inputs.tags),
    });
    return name;
  },

  async look(client, id, given) {
    const reading = call(client, `reading IAM Role (${id})`, "iam:GetRole", { RoleName: id });
    const role = (await unless(NOT_FOUND, reading))?.Role;
    if (role === undefined) return undefined;
    const trust = decodeURIComponent(role.AssumeRolePolicyDocument ?? "");
    return {
      outputs: {
        arn: role.Arn,
        assumeRolePolicy: keepText(given.assumeRolePolicy, trust),
        createDate: role.CreateDate?.toISOString().replace(/\.\d+Z$/, "Z"),
        description: role.Description || given.description,
        forceDetachPolicies: given.forceDetachPolicies ?? false,
        maxSessionDuration: role.MaxSessionDuration,
        name: role.RoleName,
        namePrefix: given.namePrefix ?? "",
        path: role.Path,
        uniqueId: role.RoleId,
        ...(await policiesOf(client, id)),
      },
      tags: role.Tags ?? [],
    };
  },

  async change(client, id, olds, news) {
    const action = `updating IAM Role (${id})`;
    if (!samePolicy(olds.assumeRolePolicy, news.assumeRolePolicy)) {
      const PolicyDocument = jsonText(news.assumeRolePolicy);
      await call(client, action, "iam:UpdateAssumeRolePolicy", { RoleName: id, PolicyDocument });
    }
    if (differs(olds, news, "description") || differs(olds, news, "maxSessionDuration")) {
      await call(client, action, "iam:UpdateRole", {
        RoleName: id,
        Description: news.description ?? "",
        MaxSessionDuration: news.maxSessionDuration,
      });
    }
  },

  async remove(client, id, state) {
    const action = `deleting IAM Role (${id})`;
    const profiles = call(client, action, "iam:ListInstanceProfilesForRole", { RoleName: id });
    const found = await unless(NOT_FOUND, profiles);
    if (found === undefined) return;
    for (const { InstanceProfileName } of found.InstanceProfiles ?? []) {
      const input = { InstanceProfileName, RoleName: id };
      await unless(NOT_FOUND, call(client, action, "iam:RemoveRoleFromInstanceProfile", input));
    }
    if (state.forceDetachPolicies === true) await detachAll(client, id, action);
    await unless(NOT_FOUND, call(client, action, "iam:DeleteRole", { RoleName: id }));
  },
});

async function detachAll(client: AwsProviderClient, id: string, action: string): Promise<void> {
  const { inlinePolicies, managedPolicyArns } = await policiesOf(client, id);
  for (const { name } of inlinePolicies) {
    const input = { RoleName: id, PolicyName: name };
    await unless(NOT_FOUND, call(client, action, "iam:DeleteRolePolicy", input));
  }
  for (const PolicyArn of managedPolicyArns) {
    await unless(NOT_FOUND, call(client, action, "iam:DetachRolePolicy", { RoleName: id, PolicyArn }));
  }
}
