import { OrphanKind } from "../operations/choices.ts";
import { deleteIfThere, isGone, options } from "./awsCall.ts";
import type { Candidate } from "./decide.ts";
import { roleOwner, tagOwner } from "./mark.ts";
import type { OrphanSource } from "./source.ts";

/** Instance profiles of hosts. IAM lists them without their tags, which are read of the few that seem orphaned. */
export const instanceProfiles: OrphanSource = {
  kind: OrphanKind.InstanceProfile,

  async list({ aws, environment, signal }) {
    const { paginateListInstanceProfiles } = await import("@aws-sdk/client-iam");
    const client = await aws.iam();
    const found: Candidate[] = [];
    const pages = paginateListInstanceProfiles({ client, pageSize: 1000 }, {}, options(signal));
    for await (const { InstanceProfiles = [] } of pages) {
      for (const { InstanceProfileName: name = "", CreateDate: createdAt } of InstanceProfiles) {
        const owner = roleOwner(environment, name);
        if (owner !== undefined)
          found.push({ kind: OrphanKind.InstanceProfile, id: name, name, ...owner, createdAt });
      }
    }
    return found;
  },

  async confirm({ aws, environment, signal }, candidate) {
    const { ListInstanceProfileTagsCommand } = await import("@aws-sdk/client-iam");
    const client = await aws.iam();
    const list = new ListInstanceProfileTagsCommand({ InstanceProfileName: candidate.id, MaxItems: 1000 });
    try {
      const owner = tagOwner(environment, (await client.send(list, options(signal))).Tags);
      return owner && { ...candidate, ...owner };
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  },

  async delete({ aws, signal }, { id }) {
    const iam = await import("@aws-sdk/client-iam");
    const client = await aws.iam();
    const InstanceProfileName = id;
    try {
      const get = new iam.GetInstanceProfileCommand({ InstanceProfileName });
      const { InstanceProfile } = await client.send(get, options(signal));
      for (const { RoleName } of InstanceProfile?.Roles ?? []) {
        const remove = new iam.RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName });
        await deleteIfThere(client.send(remove, options(signal)));
      }
      await client.send(new iam.DeleteInstanceProfileCommand({ InstanceProfileName }), options(signal));
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  },
};
