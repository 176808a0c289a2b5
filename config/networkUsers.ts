/** Who else lives in this stack's network: the other stacks of its environment, whose files are beside its own. */
import { getRootDirectory, getStack } from "@pulumi/pulumi";
import type { NetworkUser } from "../components/networkUse.ts";
import type { LoadedStack } from "./load.ts";
import type { RawStack } from "./parse.ts";
import { fullStackName, isUnknownStack, readStackOutputs, type StackOutputs } from "./stackOutputs.ts";

async function otherStacks(environment: string): Promise<{ stack: string; raw: RawStack }[]> {
  // Only a stack without hosts, or one that loses something of its network, asks.
  const { readShardFiles } = await import("../environment/shardFiles.ts");
  return (await readShardFiles(getRootDirectory(), environment, getStack())).shards;
}

/** The value under a path of keys, in what nobody has checked yet. */
function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (found, key) =>
      typeof found === "object" && found !== null ? (found as Record<string, unknown>)[key] : undefined,
    value,
  );
}

const isThisStack = (name: unknown) =>
  typeof name === "string" && fullStackName(name) === fullStackName(getStack());

function wantsNetwork({ network, tenants }: RawStack): boolean {
  if (!isThisStack(at(network, "stack")) || !Array.isArray(tenants)) return false;
  return tenants.some((tenant) => at(tenant, "host", "enabled") !== false);
}

/** Whether a host is to live there: of this stack, or of another one whose file names it. */
export async function needsNetwork({ environment, network, tenants }: LoadedStack): Promise<boolean> {
  if (tenants.some((tenant) => tenant.needsNetwork)) return true;
  if (network.stack !== undefined) return false;
  return (await otherStacks(environment)).some(({ raw }) => wantsNetwork(raw));
}

/** Of a stack that has a file and was never made. */
const NO_OUTPUTS: StackOutputs = {};

async function usersIn(stack: string): Promise<NetworkUser[]> {
  const outputs = await readStackOutputs(fullStackName(stack)).catch((error: unknown) => {
    if (isUnknownStack(error)) return NO_OUTPUTS;
    throw error;
  });
  if (!isThisStack(at(outputs["network"], "stack"))) return [];
  const { parseDeployed } = await import("../lifecycle/deployed.ts");
  return [...parseDeployed(outputs["tenants"]).tenants].flatMap(([tenant, { instanceIds, holdings }]) => {
    if (instanceIds.length === 0) return [];
    const subnetIds = holdings && Object.values(holdings.host ?? {}).map(({ subnet }) => String(subnet));
    return [{ stack, tenant, subnetIds }];
  });
}

/** Tenants of other stacks whose hosts are deployed there. @throws Error when a stack of the environment cannot be read. */
export async function networkUsers(environment: string): Promise<NetworkUser[]> {
  const others = await otherStacks(environment);
  return (await Promise.all(others.map(({ stack }) => usersIn(stack)))).flat();
}
