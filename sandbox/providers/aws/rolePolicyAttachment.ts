import { awsType } from "./awsType.ts";
import { call, unless } from "./call.ts";

/** Id `role/policyArn`. */
function parts(id: string): { RoleName: string; PolicyArn: string } {
  const separator = id.indexOf("/");
  return { RoleName: id.slice(0, separator), PolicyArn: id.slice(separator + 1) };
}

export const rolePolicyAttachmentType = awsType({
  token: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  global: true,
  replaceOn: ["policyArn", "role"],
  deleteBeforeReplace: () => true,

  async make(client, inputs) {
    const { role, policyArn } = inputs;
    const action = `attaching IAM Policy (${policyArn}) to IAM Role (${role})`;
    await call(client, action, "iam:AttachRolePolicy", { RoleName: role, PolicyArn: policyArn });
    return `${role}/${policyArn}`;
  },

  async look(client, id) {
    const { RoleName, PolicyArn } = parts(id);
    const action = `reading IAM Role Policy Attachment (${id})`;
    const reading = call(client, action, "iam:ListAttachedRolePolicies", { RoleName });
    const attached = (await unless(["NoSuchEntity"], reading))?.AttachedPolicies ?? [];
    if (!attached.some((policy) => policy.PolicyArn === PolicyArn)) return undefined;
    return { outputs: { policyArn: PolicyArn, role: RoleName } };
  },

  async remove(client, id) {
    const { RoleName, PolicyArn } = parts(id);
    const action = `detaching IAM Policy (${PolicyArn}) from IAM Role (${RoleName})`;
    const detaching = call(client, action, "iam:DetachRolePolicy", { RoleName, PolicyArn });
    await unless(["NoSuchEntity"], detaching);
  },
});
