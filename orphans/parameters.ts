import { OrphanKind } from "../operations/choices.ts";
import { deleteIfThere, options } from "./awsCall.ts";
import type { Candidate } from "./decide.ts";
import { isHostReport, parameterOwner, parameterPath } from "./mark.ts";
import type { OrphanSource } from "./source.ts";

/** SSM parameters under our path. Their values are not read. */
export const parameters: OrphanSource = {
  kind: OrphanKind.Parameter,

  async list({ aws, environment, signal }) {
    const { paginateDescribeParameters } = await import("@aws-sdk/client-ssm");
    const client = await aws.ssm();
    const ParameterFilters = [{ Key: "Path", Option: "Recursive", Values: [parameterPath(environment)] }];
    const found: Candidate[] = [];
    const pages = paginateDescribeParameters({ client, pageSize: 50 }, { ParameterFilters }, options(signal));
    for await (const { Parameters = [] } of pages) {
      for (const { Name: name = "", LastModifiedDate } of Parameters) {
        const owner = parameterOwner(environment, name);
        if (owner === undefined) continue;
        const createdAt = isHostReport(name) ? undefined : LastModifiedDate;
        found.push({ kind: OrphanKind.Parameter, id: name, name, ...owner, createdAt });
      }
    }
    return found;
  },

  async delete({ aws, signal }, { id }) {
    const { DeleteParameterCommand } = await import("@aws-sdk/client-ssm");
    const client = await aws.ssm();
    await deleteIfThere(client.send(new DeleteParameterCommand({ Name: id }), options(signal)));
  },
};
