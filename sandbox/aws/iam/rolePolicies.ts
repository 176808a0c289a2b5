/** Inline policies of roles and AWS managed policies attached to them. */
import type {
  AttachRolePolicyCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
} from "@aws-sdk/client-iam";
import { AwsError, type Handlers, type OperationOf } from "../operation.ts";
import { existing, required } from "../refusals.ts";
import type { AwsState } from "../state.ts";
import { managedPolicy } from "./managedPolicies.ts";
import { checkedName } from "./names.ts";
import { checkIdentityPolicy, countedSize } from "./policyDocument.ts";
import { existingRole, type RoleRecord } from "./roles.ts";

export type RolePolicyOperations = {
  "iam:PutRolePolicy": OperationOf<PutRolePolicyCommand>;
  "iam:GetRolePolicy": OperationOf<GetRolePolicyCommand>;
  "iam:DeleteRolePolicy": OperationOf<DeleteRolePolicyCommand>;
  "iam:ListRolePolicies": OperationOf<ListRolePoliciesCommand>;
  "iam:AttachRolePolicy": OperationOf<AttachRolePolicyCommand>;
  "iam:DetachRolePolicy": OperationOf<DetachRolePolicyCommand>;
  "iam:ListAttachedRolePolicies": OperationOf<ListAttachedRolePoliciesCommand>;
};

/** Characters, white space left out, of all inline policies of a role together. */
const MAXIMUM_INLINE = 10_240;

export function rolePolicyHandlers(state: AwsState): Handlers<RolePolicyOperations> {
  const inlinePolicy = (role: RoleRecord, policyName: string | undefined): string =>
    existing(
      role.inlinePolicies[required(policyName, "PolicyName")],
      "NoSuchEntity",
      `The role policy with name ${policyName} cannot be found.`,
      404,
    );

  return {
    "iam:PutRolePolicy"(input) {
      const role = existingRole(state, input.RoleName);
      const policyName = checkedName("policyName", input.PolicyName, 128);
      const document = required(input.PolicyDocument, "PolicyDocument");
      checkIdentityPolicy(document);
      const inlinePolicies = { ...role.inlinePolicies, [policyName]: document };
      const size = Object.values(inlinePolicies).reduce((sum, text) => sum + countedSize(text), 0);
      if (size > MAXIMUM_INLINE) {
        const message = `Maximum policy size of ${MAXIMUM_INLINE} bytes exceeded for role ${role.name}`;
        throw new AwsError("LimitExceeded", message, 409);
      }
      state.roles.patch(role.name, { inlinePolicies });
      return {};
    },

    "iam:GetRolePolicy"(input) {
      const role = existingRole(state, input.RoleName);
      const document = inlinePolicy(role, input.PolicyName);
      return {
        RoleName: role.name,
        PolicyName: input.PolicyName,
        PolicyDocument: encodeURIComponent(document),
      };
    },

    "iam:DeleteRolePolicy"(input) {
      const role = existingRole(state, input.RoleName);
      inlinePolicy(role, input.PolicyName);
      const kept = Object.entries(role.inlinePolicies).filter(([name]) => name !== input.PolicyName);
      state.roles.patch(role.name, { inlinePolicies: Object.fromEntries(kept) });
      return {};
    },

    "iam:ListRolePolicies": (input) => ({
      PolicyNames: Object.keys(existingRole(state, input.RoleName).inlinePolicies).sort(),
      IsTruncated: false,
    }),

    "iam:AttachRolePolicy"(input) {
      const { name, attachedPolicyArns } = existingRole(state, input.RoleName);
      const arn = required(input.PolicyArn, "PolicyArn");
      if (managedPolicy(arn) === undefined) {
        throw new AwsError("NoSuchEntity", `Policy ${arn} does not exist or is not attachable.`, 404);
      }
      if (attachedPolicyArns.includes(arn)) return {};
      if (attachedPolicyArns.length >= state.quotas.managedPoliciesPerRole) {
        const message = `Cannot exceed quota for PoliciesPerRole: ${state.quotas.managedPoliciesPerRole}`;
        throw new AwsError("LimitExceeded", message, 409);
      }
      state.roles.patch(name, { attachedPolicyArns: [...attachedPolicyArns, arn] });
      return {};
    },

    "iam:DetachRolePolicy"(input) {
      const { name, attachedPolicyArns } = existingRole(state, input.RoleName);
      const arn = required(input.PolicyArn, "PolicyArn");
      if (!attachedPolicyArns.includes(arn)) {
        throw new AwsError("NoSuchEntity", `Policy ${arn} was not found.`, 404);
      }
      state.roles.patch(name, { attachedPolicyArns: attachedPolicyArns.filter((one) => one !== arn) });
      return {};
    },

    "iam:ListAttachedRolePolicies": (input) => ({
      AttachedPolicies: existingRole(state, input.RoleName).attachedPolicyArns.map((PolicyArn) => ({
        PolicyArn,
        PolicyName: PolicyArn.split("/").at(-1),
      })),
      IsTruncated: false,
    }),
  };
}
