import { OrphanKind } from "../operations/choices.ts";
import { deleteIfThere, options } from "./awsCall.ts";
import type { Candidate } from "./decide.ts";
import { ENVIRONMENT_TAG, tagOwner } from "./mark.ts";
import type { OrphanSource } from "./source.ts";

/** All but those that are gone or going. */
const ALIVE = ["pending", "running", "stopping", "stopped"];

/** Hosts with our tags. */
export const instances: OrphanSource = {
  kind: OrphanKind.Instance,

  async list({ aws, environment, signal }) {
    const { paginateDescribeInstances } = await import("@aws-sdk/client-ec2");
    const client = await aws.ec2();
    const Filters = [
      { Name: `tag:${ENVIRONMENT_TAG}`, Values: [environment] },
      { Name: "instance-state-name", Values: ALIVE },
    ];
    const found: Candidate[] = [];
    for await (const { Reservations = [] } of paginateDescribeInstances(
      { client },
      { Filters },
      options(signal),
    )) {
      for (const { InstanceId: id, Tags, LaunchTime: createdAt } of Reservations.flatMap(
        (one) => one.Instances ?? [],
      )) {
        const owner = tagOwner(environment, Tags);
        if (id === undefined || owner === undefined) continue;
        const name = Tags?.find(({ Key }) => Key === "Name")?.Value ?? id;
        found.push({ kind: OrphanKind.Instance, id, name, ...owner, createdAt });
      }
    }
    return found;
  },

  async delete({ aws, signal }, { id }) {
    const { TerminateInstancesCommand } = await import("@aws-sdk/client-ec2");
    const client = await aws.ec2();
    await deleteIfThere(client.send(new TerminateInstancesCommand({ InstanceIds: [id] }), options(signal)));
  },
};
