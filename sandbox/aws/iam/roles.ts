import type {
  CreateRoleCommand,
  DeleteRoleCommand,
  GetRoleCommand,
  ListRolesCommand,
  ListRoleTagsCommand,
  Role,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from "@aws-sdk/client-iam";
import { fromTags } from "../ec2/tags.ts";
import { newUniqueId } from "../ids.ts";
import { AwsError, type Handlers, type OperationOf } from "../operation.ts";
import { existing, refuseUnmodelled, required } from "../refusals.ts";
import type { AwsState, Tags } from "../state.ts";
import { iamPage } from "./listing.ts";
import { checkedName, checkedPath, checkedTags } from "./names.ts";
import { checkTrustPolicy, countedSize } from "./policyDocument.ts";

export interface RoleRecord {
  name: string;
  path: string;
  arn: string;
  uniqueId: string;
  createdAt: string;
  /** Trust policy as text. */
  assumeRolePolicy: string;
  description?: string;
  /** Seconds. */
  maxSessionDuration: number;
  /** Inline policies as text, by name. */
  inlinePolicies: Record<string, string>;
  attachedPolicyArns: string[];
  tags: Tags;
}

export type RoleOperations = {
  "iam:CreateRole": OperationOf<CreateRoleCommand>;
  "iam:GetRole": OperationOf<GetRoleCommand>;
  "iam:ListRoles": OperationOf<ListRolesCommand>;
  "iam:UpdateRole": OperationOf<UpdateRoleCommand>;
  "iam:UpdateAssumeRolePolicy": OperationOf<UpdateAssumeRolePolicyCommand>;
  "iam:DeleteRole": OperationOf<DeleteRoleCommand>;
  "iam:TagRole": OperationOf<TagRoleCommand>;
  "iam:UntagRole": OperationOf<UntagRoleCommand>;
  "iam:ListRoleTags": OperationOf<ListRoleTagsCommand>;
};

const MAXIMUM_TRUST_POLICY = 2048;

export function existingRole(state: AwsState, name: string | undefined): RoleRecord {
  const roleName = required(name, "RoleName");
  return existing(
    state.roles.get(roleName),
    "NoSuchEntity",
    `The role with name ${roleName} cannot be found.`,
    404,
  );
}

/** A role as IAM answers it, with its trust policy URL-encoded. */
export function describeRole(role: RoleRecord): Role {
  return {
    RoleName: role.name,
    RoleId: role.uniqueId,
    Arn: role.arn,
    Path: role.path,
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeURIComponent(role.assumeRolePolicy),
    Description: role.description,
    MaxSessionDuration: role.maxSessionDuration,
    Tags: fromTags(role.tags),
  };
}

function checkedTrust(state: AwsState, document: string | undefined): string {
  const text = required(document, "AssumeRolePolicyDocument");
  checkTrustPolicy(text, state.accountId);
  if (countedSize(text) > MAXIMUM_TRUST_POLICY) {
    throw new AwsError(
      "LimitExceeded",
      `Cannot exceed quota for ACLSizePerRole: ${MAXIMUM_TRUST_POLICY}`,
      409,
    );
  }
  return text;
}

function checkedSession(seconds: number | undefined): number {
  if (seconds === undefined) return 3600;
  if (seconds >= 3600 && seconds <= 43_200) return seconds;
  throw new AwsError(
    "ValidationError",
    `1 validation error detected: Value '${seconds}' at 'maxSessionDuration' failed to satisfy constraint: ` +
      `Member must have value ${seconds < 3600 ? "greater than or equal to 3600" : "less than or equal to 43200"}`,
  );
}

function checkedDescription(description: string | undefined): { description?: string } {
  if (description === undefined) return {};
  if (description.length <= 1000) return { description };
  throw new AwsError(
    "ValidationError",
    "1 validation error detected: Value at 'description' failed to satisfy constraint: " +
      "Member must have length less than or equal to 1000",
  );
}

function refuseDependents(state: AwsState, role: RoleRecord): void {
  const conflict = (what: string) =>
    new AwsError("DeleteConflict", `Cannot delete entity, must ${what} first.`, 409);
  if (state.instanceProfiles.find((profile) => profile.roleName === role.name)) {
    throw conflict("remove roles from instance profile");
  }
  if (role.attachedPolicyArns.length > 0) throw conflict("detach all policies");
  if (Object.keys(role.inlinePolicies).length > 0) throw conflict("delete policies");
}

export function roleHandlers(state: AwsState): Handlers<RoleOperations> {
  return {
    "iam:CreateRole"(input) {
      refuseUnmodelled(input, [
        "RoleName",
        "Path",
        "AssumeRolePolicyDocument",
        "Description",
        "MaxSessionDuration",
        "Tags",
      ]);
      const name = checkedName("roleName", input.RoleName, 64);
      const path = checkedPath(input.Path);
      const assumeRolePolicy = checkedTrust(state, input.AssumeRolePolicyDocument);
      const taken = state.roles.find((role) => role.name.toLowerCase() === name.toLowerCase());
      if (taken !== undefined) {
        throw new AwsError("EntityAlreadyExists", `Role with name ${name} already exists.`, 409);
      }
      if (state.roles.size >= state.quotas.roles) {
        throw new AwsError(
          "LimitExceeded",
          `Cannot exceed quota for RolesPerAccount: ${state.quotas.roles}`,
          409,
        );
      }
      const role = state.roles.put(name, {
        name,
        path,
        arn: `arn:aws:iam::${state.accountId}:role${path}${name}`,
        uniqueId: newUniqueId("AROA"),
        createdAt: state.now().toISOString(),
        assumeRolePolicy,
        maxSessionDuration: checkedSession(input.MaxSessionDuration),
        inlinePolicies: {},
        attachedPolicyArns: [],
        tags: checkedTags(input.Tags),
        ...checkedDescription(input.Description),
      });
      return { Role: describeRole(role) };
    },

    "iam:GetRole": (input) => ({ Role: describeRole(existingRole(state, input.RoleName)) }),

    /** Without their tags, as IAM lists them. */
    "iam:ListRoles"(input) {
      const { items, ...more } = iamPage(state.roles.values(), input);
      return {
        Roles: items.map((role) => {
          const { Tags: _, ...listed } = describeRole(role);
          return listed;
        }),
        ...more,
      };
    },

    "iam:UpdateRole"(input) {
      const { name, description: _, ...rest } = existingRole(state, input.RoleName);
      state.roles.put(name, {
        ...rest,
        name,
        maxSessionDuration: checkedSession(input.MaxSessionDuration ?? rest.maxSessionDuration),
        ...checkedDescription(input.Description),
      });
      return {};
    },

    "iam:UpdateAssumeRolePolicy"(input) {
      const { name } = existingRole(state, input.RoleName);
      state.roles.patch(name, { assumeRolePolicy: checkedTrust(state, input.PolicyDocument) });
      return {};
    },

    "iam:DeleteRole"(input) {
      const role = existingRole(state, input.RoleName);
      refuseDependents(state, role);
      state.roles.delete(role.name);
      return {};
    },

    "iam:TagRole"(input) {
      const { name, tags } = existingRole(state, input.RoleName);
      state.roles.patch(name, { tags: { ...tags, ...checkedTags(input.Tags) } });
      return {};
    },

    "iam:UntagRole"(input) {
      const { name, tags } = existingRole(state, input.RoleName);
      const kept = Object.entries(tags).filter(([key]) => !input.TagKeys?.includes(key));
      state.roles.patch(name, { tags: Object.fromEntries(kept) });
      return {};
    },

    "iam:ListRoleTags": (input) => ({ Tags: fromTags(existingRole(state, input.RoleName).tags) }),
  };
}
