import { OrphanKind } from "../operations/choices.ts";
import { deleteIfThere, isGone, options } from "./awsCall.ts";
import type { Candidate } from "./decide.ts";
import { roleOwner, tagOwner } from "./mark.ts";
import type { OrphanSource } from "./source.ts";

/** Roles of hosts. IAM lists them without their tags, which are read of the few that seem orphaned. */
export const roles: OrphanSource = {
  kind: OrphanKind.Role,

  async list({ aws, environment, signal }) {
    const { paginateListRoles } = await import("@aws-sdk/client-iam");
    const client = await aws.iam();
    const found: Candidate[] = [];
    for await (const { Roles = [] } of paginateListRoles({ client, pageSize: 1000 }, {}, options(signal))) {
      for (const { RoleName: name = "", CreateDate: createdAt } of Roles) {
        const owner = roleOwner(environment, name);
        if (owner !== undefined) found.push({ kind: OrphanKind.Role, id: name, name, ...owner, createdAt });
      }
    }
    return found;
  },

  async confirm({ aws, environment, signal }, candidate) {
    const { ListRoleTagsCommand } = await import("@aws-sdk/client-iam");
    const client = await aws.iam();
    const list = new ListRoleTagsCommand({ RoleName: candidate.id, MaxItems: 1000 });
    try {
      const owner = tagOwner(environment, (await client.send(list, options(signal))).Tags);
      return owner && { ...candidate, ...owner };
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  },

  /** IAM refuses to delete a role with policies, or in a profile. */
  async delete({ aws, signal }, { id }) {
    const iam = await import("@aws-sdk/client-iam");
    const client = await aws.iam();
    const role = { RoleName: id };
    try {
      for await (const { PolicyNames = [] } of iam.paginateListRolePolicies(
        { client },
        role,
        options(signal),
      )) {
        for (const PolicyName of PolicyNames) {
          await deleteIfThere(
            client.send(new iam.DeleteRolePolicyCommand({ ...role, PolicyName }), options(signal)),
          );
        }
      }
      for await (const { AttachedPolicies = [] } of iam.paginateListAttachedRolePolicies(
        { client },
        role,
        options(signal),
      )) {
        for (const { PolicyArn } of AttachedPolicies) {
          await deleteIfThere(
            client.send(new iam.DetachRolePolicyCommand({ ...role, PolicyArn }), options(signal)),
          );
        }
      }
      await client.send(new iam.DeleteRoleCommand(role), options(signal));
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  },
};
