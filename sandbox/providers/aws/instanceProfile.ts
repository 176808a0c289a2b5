import { awsType, differs } from "./awsType.ts";
import { call, unless } from "./call.ts";
import type { AwsProviderClient } from "./client.ts";
import { autoNamed, nameOf } from "./naming.ts";
import { type TagWriter, tagList } from "./tags.ts";
import { waitFor } from "./wait.ts";

const NOT_FOUND = ["NoSuchEntity"];

const profileTags: TagWriter = {
  set: (client, id, Tags) =>
    call(client, `updating tags for IAM Instance Profile (${id})`, "iam:TagInstanceProfile", {
      InstanceProfileName: id,
      Tags,
    }),
  remove: (client, id, TagKeys) =>
    call(client, `updating tags for IAM Instance Profile (${id})`, "iam:UntagInstanceProfile", {
      InstanceProfileName: id,
      TagKeys,
    }),
};

function addRole(client: AwsProviderClient, id: string, role: string) {
  const action = `adding IAM Role (${role}) to IAM Instance Profile (${id})`;
  return call(client, action, "iam:AddRoleToInstanceProfile", { InstanceProfileName: id, RoleName: role });
}

function removeRole(client: AwsProviderClient, id: string, role: string) {
  const action = `removing IAM Role (${role}) from IAM Instance Profile (${id})`;
  const input = { InstanceProfileName: id, RoleName: role };
  return unless(NOT_FOUND, call(client, action, "iam:RemoveRoleFromInstanceProfile", input));
}

export const instanceProfileType = awsType({
  token: "aws:iam/instanceProfile:InstanceProfile",
  global: true,
  replaceOn: ["name", "namePrefix", "path"],
  optionalComputed: ["name", "namePrefix"],
  plannedDefaults: { path: "/" },
  ...autoNamed(128),
  tagWriter: profileTags,

  async make(client, inputs) {
    const name = nameOf(inputs);
    await call(client, `creating IAM Instance Profile (${name})`, "iam:CreateInstanceProfile", {
      InstanceProfileName: name,
      Path: inputs.path,
      Tags: tagList(client, inputs.tags),
    });
    return name;
  },

  async settle(client, id, inputs, { signal }) {
    if (inputs.role === undefined) return;
    await addRole(client, id, inputs.role);
    // Like the real provider it waits until IAM shows what it was told.
    const action = `reading IAM Instance Profile (${id})`;
    await waitFor(action, signal, async () => {
      const reading = call(client, action, "iam:GetInstanceProfile", { InstanceProfileName: id });
      return (await unless(NOT_FOUND, reading))?.InstanceProfile?.Roles?.[0];
    });
  },

  async look(client, id, given) {
    const action = `reading IAM Instance Profile (${id})`;
    const reading = call(client, action, "iam:GetInstanceProfile", { InstanceProfileName: id });
    const profile = (await unless(NOT_FOUND, reading))?.InstanceProfile;
    if (profile === undefined) return undefined;
    return {
      outputs: {
        arn: profile.Arn,
        createDate: profile.CreateDate?.toISOString().replace(/\.\d+Z$/, "Z"),
        name: profile.InstanceProfileName,
        namePrefix: given.namePrefix ?? "",
        path: profile.Path,
        role: profile.Roles?.[0]?.RoleName,
        uniqueId: profile.InstanceProfileId,
      },
      tags: profile.Tags ?? [],
    };
  },

  async change(client, id, olds, news) {
    if (!differs(olds, news, "role")) return;
    if (olds.role !== undefined) await removeRole(client, id, olds.role);
    if (news.role !== undefined) await addRole(client, id, news.role);
  },

  async remove(client, id, state) {
    if (state.role !== undefined) await removeRole(client, id, state.role);
    const action = `deleting IAM Instance Profile (${id})`;
    const deleting = call(client, action, "iam:DeleteInstanceProfile", { InstanceProfileName: id });
    await unless(NOT_FOUND, deleting);
  },
});
