/** Which stack has the network of which. Pure functions. */
import { formatPath } from "../../../config/problems.ts";
import type { ShardProblem } from "../../../environment/checkShards.ts";
import type { Configuration } from "../../context.ts";

/** As much of a stack as is needed here. */
export interface Networked {
  stack: string;
  /** Name of the Pulumi project. */
  project: string;
  configuration: {
    settings: Pick<Configuration["settings"], "network">;
    tenants: readonly Pick<Configuration["tenants"][number], "needsNetwork">[];
  };
}

/** The stack that this one names for its network, as its file says; undefined when it names none. */
export function namedHome({ configuration }: Networked): string | undefined {
  return configuration.settings.network.stack;
}

/** `prod`, `organization/prod` or `organization/project/prod`. */
function isNamed(name: string, { stack, project }: Networked): boolean {
  const parts = name.split("/");
  return parts.at(-1) === stack && (parts.length < 3 || parts[1] === project);
}

/** The stack of this environment whose network it uses; undefined when that is its own, or of a stack elsewhere. */
export function homeOf<S extends Networked>(shard: S, all: readonly S[]): S | undefined {
  const name = namedHome(shard);
  return name === undefined ? undefined : all.find((other) => isNamed(name, other));
}

/** What the others say that may have hosts in this stack's network: it makes one also for them alone. */
export function borrowersOf(shard: Networked, all: readonly Networked[]): unknown[] {
  const { network } = shard.configuration.settings;
  if (network.stack !== undefined) return [];
  return all
    .filter((other) => other !== shard && other.configuration.tenants.some((one) => one.needsNetwork))
    .flatMap((other) => {
      const { stack, vpcId } = other.configuration.settings.network;
      const isOurs = stack === undefined ? vpcId !== undefined : isNamed(stack, shard);
      return isOurs ? [{ stack: other.stack, network: { stack, vpcId } }] : [];
    });
}

/** Only a stack with a network of its own can share it: so no two wait for each other. */
export function homeProblems(shards: readonly Networked[]): ShardProblem[] {
  return shards.flatMap((shard) => {
    const home = homeOf(shard, shards);
    const further = home === undefined ? undefined : namedHome(home);
    if (home === undefined || further === undefined) return [];
    const isItself = home === shard;
    return [
      {
        file: `Pulumi.${shard.stack}.yaml`,
        path: formatPath(["network", "stack"]),
        found: isItself
          ? `${home.stack}, which is this stack`
          : `${home.stack}, whose own network is that of ${further}`,
        allowed: "a stack with a network of its own",
        action: isItself
          ? "name another stack, or remove it to get a new network"
          : `name that stack instead: ${further}`,
      },
    ];
  });
}
