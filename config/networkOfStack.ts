/** Finds the network of another stack, in which this stack's hosts are to live, before anything is registered. */
import { getStack, RunError } from "@pulumi/pulumi";
import { type Borrower, deployFirst, networkShared, type SharingFault } from "../network/sharedNetwork.ts";
import { readOtherStack } from "./otherStack.ts";
import { ConfigError, formatPath } from "./problems.ts";
import type { StackConfig } from "./schema.ts";
import { fullStackName, isUnknownStack, readStackOutputs } from "./stackOutputs.ts";

type NetworkSettings = StackConfig["network"];

function refusal({ found, action }: SharingFault): RunError {
  const path = formatPath(["network", "stack"]);
  const allowed = "a deployed stack of this environment and region with a network of its own";
  const problem = { path, found, allowed, action };
  return new RunError(new ConfigError(`Pulumi.${getStack()}.yaml`, [problem]).message);
}

function unreadable(stack: string, error: unknown): SharingFault {
  if (isUnknownStack(error)) {
    return { found: `${stack}, which does not exist`, action: deployFirst(stack) };
  }
  const reason = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ");
  return {
    found: `${stack}, whose outputs could not be read: ${reason}`,
    action: "correct the name (a stack of this project, or organization/project/stack), or look at the error",
  };
}

/**
 * The settings with the ids that the named stack tells, so that its network is used as an existing one is; unchanged when
 * none is named.
 *
 * @throws RunError when the stack that is named has no network for this one.
 */
export async function withNetworkOfStack(
  settings: NetworkSettings,
  borrower: Borrower,
): Promise<NetworkSettings> {
  const { stack } = settings;
  if (stack === undefined) return settings;
  const name = fullStackName(stack);
  if (name === fullStackName(getStack())) {
    const action = "name another stack, or remove it to get a new network";
    throw refusal({ found: `${stack}, which is this stack`, action });
  }
  const outputs = await readOtherStack(() => readStackOutputs(name)).catch((error: unknown) => {
    throw refusal(unreadable(stack, error));
  });
  const shared = networkShared(outputs, stack, borrower);
  if ("found" in shared) throw refusal(shared);
  const { vpcId, privateSubnetIds } = shared;
  return { ...settings, vpcId, privateSubnetIds };
}
