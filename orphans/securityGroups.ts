import pRetry from "p-retry";
import { OrphanKind } from "../operations/choices.ts";
import { deleteIfThere, options } from "./awsCall.ts";
import type { Candidate } from "./decide.ts";
import { ENVIRONMENT_TAG, tagOwner } from "./mark.ts";
import type { OrphanSource } from "./source.ts";

/** A host lets go of its group when it is terminated, which takes a minute or two. */
const HOST_PATIENCE = { retries: 30, minTimeout: 250, factor: 2, maxTimeout: 10_000 };

/** Groups of hosts with our tags. EC2 does not tell how old they are. */
export const securityGroups: OrphanSource = {
  kind: OrphanKind.SecurityGroup,

  async list({ aws, environment, signal }) {
    const { paginateDescribeSecurityGroups } = await import("@aws-sdk/client-ec2");
    const client = await aws.ec2();
    const Filters = [{ Name: `tag:${ENVIRONMENT_TAG}`, Values: [environment] }];
    const found: Candidate[] = [];
    const pages = paginateDescribeSecurityGroups({ client }, { Filters }, options(signal));
    for await (const { SecurityGroups = [] } of pages) {
      for (const { GroupId: id, GroupName: name = "", Tags } of SecurityGroups) {
        const owner = tagOwner(environment, Tags);
        if (id === undefined || owner === undefined) continue;
        found.push({ kind: OrphanKind.SecurityGroup, id, name, ...owner, createdAt: undefined });
      }
    }
    return found;
  },

  async delete({ aws, signal }, { id }) {
    const { DeleteSecurityGroupCommand } = await import("@aws-sdk/client-ec2");
    const client = await aws.ec2();
    await pRetry(
      () => deleteIfThere(client.send(new DeleteSecurityGroupCommand({ GroupId: id }), options(signal))),
      { ...HOST_PATIENCE, shouldRetry: ({ error }) => error.name === "DependencyViolation", signal },
    );
  },
};
