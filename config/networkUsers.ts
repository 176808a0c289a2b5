/** Who else lives in this stack's network: the other stacks of its environment, whose files are beside its own. */
import { getRootDirectory, getStack } from "@pulumi/pulumi";
import type { NetworkUser } from "../components/networkUse.ts";
import { readShardFiles, type ShardFile } from "../environment/shardFiles.ts";
import { parseDeployed } from "../lifecycle/deployed.ts";
import type { LoadedStack } from "./load.ts";
import {
  fullStackName,
  isUnknownStack,
  readStackOutputs,
  readStackResources,
  type StackOutputs,
} from "./stackOutputs.ts";

async function otherStacks(environment: string): Promise<ShardFile[]> {
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

/** @param network in a stack's file or its outputs: it says whose it is, or has the ids. */
function isOurs(network: unknown, ownVpcId: string | undefined): boolean {
  const stack = at(network, "stack");
  if (typeof stack === "string") return fullStackName(stack) === fullStackName(getStack());
  return ownVpcId !== undefined && at(network, "vpcId") === ownVpcId;
}

function mayHaveHosts({ tenantList, tenants }: ShardFile["raw"]): boolean {
  // The list that counts is elsewhere.
  if (tenantList !== undefined) return true;
  return Array.isArray(tenants) && tenants.some((tenant) => at(tenant, "host", "enabled") !== false);
}

/**
 * Whether a host is to live there: of this stack, or of another one whose file names it.
 *
 * @param ownVpcId of the network that this stack has made; others may name that instead of the stack.
 */
export async function needsNetwork(
  { environment, network, tenants }: LoadedStack,
  ownVpcId: string | undefined,
): Promise<boolean> {
  if (tenants.some((tenant) => tenant.needsNetwork)) return true;
  if (network.stack !== undefined) return false;
  const others = await otherStacks(environment);
  return others.some(({ raw }) => isOurs(raw["network"], ownVpcId) && mayHaveHosts(raw));
}

function deployedUsers(stack: string, outputs: StackOutputs): NetworkUser[] {
  const { tenants, unreadable } = parseDeployed(outputs["tenants"]);
  const users = [...tenants].flatMap(([tenant, { instanceIds, holdings }]) => {
    if (instanceIds.length === 0) return [];
    const subnetIds = holdings && Object.values(holdings.host ?? {}).map(({ subnet }) => String(subnet));
    return [{ stack, tenant, subnetIds }];
  });
  return [...users, ...unreadable.map((tenant) => ({ stack, tenant, subnetIds: null }))];
}

/** Of a stack whose outputs do not tell yet: what an update that failed half-way has made there. */
async function unfinishedUsers(stack: string, ownVpcId: string): Promise<NetworkUser[]> {
  const resources = await readStackResources(fullStackName(stack));
  return Object.entries(resources).flatMap(([urn, resource]) =>
    at(resource, "outputs", "vpcId") === ownVpcId
      ? [{ stack, tenant: urn.slice(urn.lastIndexOf("::") + 2), subnetIds: null }]
      : [],
  );
}

async function usersIn(
  { stack, file, raw }: ShardFile,
  ownVpcId: string | undefined,
): Promise<NetworkUser[]> {
  const isNamed = isOurs(raw["network"], ownVpcId);
  const { readOtherStack } = await import("./otherStack.ts");
  try {
    return await readOtherStack(async () => {
      const outputs = await readStackOutputs(fullStackName(stack));
      if (isOurs(outputs["network"], ownVpcId)) return deployedUsers(stack, outputs);
      return isNamed && ownVpcId !== undefined ? await unfinishedUsers(stack, ownVpcId) : [];
    });
  } catch (error) {
    // It was never made; or it has nothing to do with this network, by all that can be seen.
    if (isUnknownStack(error) || !isNamed) return [];
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${file} names the network of this stack, and whether hosts of ${stack} live there could not be read: ${reason}. Make it readable (rights, passphrase), or take the file away when there is no such stack.`,
    );
  }
}

/**
 * Tenants of other stacks whose hosts are deployed there.
 *
 * @param ownVpcId as for `needsNetwork`. @throws Error when a stack whose file names this one cannot be read.
 */
export async function networkUsers(
  environment: string,
  ownVpcId: string | undefined,
): Promise<NetworkUser[]> {
  const others = await otherStacks(environment);
  return (await Promise.all(others.map((other) => usersIn(other, ownVpcId)))).flat();
}
