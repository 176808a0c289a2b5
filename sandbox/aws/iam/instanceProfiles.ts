import type {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  DeleteInstanceProfileCommand,
  GetInstanceProfileCommand,
  InstanceProfile,
  ListInstanceProfilesCommand,
  ListInstanceProfilesForRoleCommand,
  ListInstanceProfileTagsCommand,
  RemoveRoleFromInstanceProfileCommand,
  TagInstanceProfileCommand,
  UntagInstanceProfileCommand,
} from "@aws-sdk/client-iam";
import { fromTags } from "../ec2/tags.ts";
import { newUniqueId } from "../ids.ts";
import { AwsError, type Handlers, type OperationOf } from "../operation.ts";
import { existing, required } from "../refusals.ts";
import type { AwsState, Tags } from "../state.ts";
import { iamPage } from "./listing.ts";
import { checkedName, checkedPath, checkedTags } from "./names.ts";
import { describeRole, existingRole } from "./roles.ts";

export interface InstanceProfileRecord {
  name: string;
  path: string;
  arn: string;
  uniqueId: string;
  createdAt: string;
  roleName?: string;
  tags: Tags;
}

export type InstanceProfileOperations = {
  "iam:CreateInstanceProfile": OperationOf<CreateInstanceProfileCommand>;
  "iam:GetInstanceProfile": OperationOf<GetInstanceProfileCommand>;
  "iam:DeleteInstanceProfile": OperationOf<DeleteInstanceProfileCommand>;
  "iam:AddRoleToInstanceProfile": OperationOf<AddRoleToInstanceProfileCommand>;
  "iam:RemoveRoleFromInstanceProfile": OperationOf<RemoveRoleFromInstanceProfileCommand>;
  "iam:ListInstanceProfiles": OperationOf<ListInstanceProfilesCommand>;
  "iam:ListInstanceProfileTags": OperationOf<ListInstanceProfileTagsCommand>;
  "iam:ListInstanceProfilesForRole": OperationOf<ListInstanceProfilesForRoleCommand>;
  "iam:TagInstanceProfile": OperationOf<TagInstanceProfileCommand>;
  "iam:UntagInstanceProfile": OperationOf<UntagInstanceProfileCommand>;
};

function existingProfile(state: AwsState, name: string | undefined): InstanceProfileRecord {
  const profileName = required(name, "InstanceProfileName");
  return existing(
    state.instanceProfiles.get(profileName),
    "NoSuchEntity",
    `Instance Profile ${profileName} cannot be found.`,
    404,
  );
}

function describe(state: AwsState, profile: InstanceProfileRecord): InstanceProfile {
  const role = state.roles.get(profile.roleName ?? "");
  return {
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.uniqueId,
    Arn: profile.arn,
    Path: profile.path,
    CreateDate: new Date(profile.createdAt),
    Roles: role === undefined ? [] : [describeRole(role)],
    Tags: fromTags(profile.tags),
  };
}

export function instanceProfileHandlers(state: AwsState): Handlers<InstanceProfileOperations> {
  return {
    "iam:CreateInstanceProfile"(input) {
      const name = checkedName("instanceProfileName", input.InstanceProfileName, 128);
      const path = checkedPath(input.Path);
      if (state.instanceProfiles.find((one) => one.name.toLowerCase() === name.toLowerCase())) {
        throw new AwsError("EntityAlreadyExists", `Instance Profile ${name} already exists.`, 409);
      }
      if (state.instanceProfiles.size >= state.quotas.instanceProfiles) {
        const message = `Cannot exceed quota for InstanceProfilesPerAccount: ${state.quotas.instanceProfiles}`;
        throw new AwsError("LimitExceeded", message, 409);
      }
      const profile = state.instanceProfiles.put(name, {
        name,
        path,
        arn: `arn:aws:iam::${state.accountId}:instance-profile${path}${name}`,
        uniqueId: newUniqueId("AIPA"),
        createdAt: state.now().toISOString(),
        tags: checkedTags(input.Tags),
      });
      return { InstanceProfile: describe(state, profile) };
    },

    "iam:GetInstanceProfile": (input) => ({
      InstanceProfile: describe(state, existingProfile(state, input.InstanceProfileName)),
    }),

    /** Instances that run with the profile do not keep it: they lose their credentials. */
    "iam:DeleteInstanceProfile"(input) {
      const { name, roleName } = existingProfile(state, input.InstanceProfileName);
      if (roleName !== undefined) {
        const message = "Cannot delete entity, must remove roles from instance profile first.";
        throw new AwsError("DeleteConflict", message, 409);
      }
      state.instanceProfiles.delete(name);
      return {};
    },

    "iam:AddRoleToInstanceProfile"(input) {
      const { name, roleName } = existingProfile(state, input.InstanceProfileName);
      const role = existingRole(state, input.RoleName);
      if (roleName !== undefined) {
        const message = "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1";
        throw new AwsError("LimitExceeded", message, 409);
      }
      state.instanceProfiles.patch(name, { roleName: role.name });
      return {};
    },

    "iam:RemoveRoleFromInstanceProfile"(input) {
      const { roleName, ...profile } = existingProfile(state, input.InstanceProfileName);
      if (roleName === undefined || roleName !== input.RoleName) {
        const message = `The role with name ${input.RoleName} cannot be found.`;
        throw new AwsError("NoSuchEntity", message, 404);
      }
      state.instanceProfiles.put(profile.name, profile);
      return {};
    },

    /** Without their tags, as IAM lists them. */
    "iam:ListInstanceProfiles"(input) {
      const { items, ...more } = iamPage(state.instanceProfiles.values(), input);
      return {
        InstanceProfiles: items.map((profile) => {
          const { Tags: _, ...listed } = describe(state, profile);
          return listed;
        }),
        ...more,
      };
    },

    "iam:ListInstanceProfileTags": (input) => ({
      Tags: fromTags(existingProfile(state, input.InstanceProfileName).tags),
      IsTruncated: false,
    }),

    "iam:ListInstanceProfilesForRole"(input) {
      const { name } = existingRole(state, input.RoleName);
      const profiles = state.instanceProfiles.filter((profile) => profile.roleName === name);
      return { InstanceProfiles: profiles.map((profile) => describe(state, profile)), IsTruncated: false };
    },

    "iam:TagInstanceProfile"(input) {
      const { name, tags } = existingProfile(state, input.InstanceProfileName);
      state.instanceProfiles.patch(name, { tags: { ...tags, ...checkedTags(input.Tags) } });
      return {};
    },

    "iam:UntagInstanceProfile"(input) {
      const { name, tags } = existingProfile(state, input.InstanceProfileName);
      const kept = Object.entries(tags).filter(([key]) => !input.TagKeys?.includes(key));
      state.instanceProfiles.patch(name, { tags: Object.fromEntries(kept) });
      return {};
    },
  };
}
