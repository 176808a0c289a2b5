/** Refuses what would destroy more than somebody said, by what the stack itself says was deployed last. */
import { getStack, RunError } from "@pulumi/pulumi";
import { parseArriving } from "../lifecycle/arriving.ts";
import { addChanges, BlastRadius } from "../lifecycle/blastRadius.ts";
import { type DeployedTenants, parseDeployed } from "../lifecycle/deployed.ts";
import { moveRefusal, moves } from "../lifecycle/deployment.ts";
import type { Holdings } from "../lifecycle/holdings.ts";
import { heldLosses, LOSS_REFUSED, losses } from "../lifecycle/lostTenants.ts";
import { allowanceOf } from "./allowanceOf.ts";
import { deploymentOf } from "./deploymentOf.ts";
import { holdingsOf } from "./holdings.ts";
import type { ReadStack } from "./load.ts";
import { fullStackName, readStackOutputs, readStackResources, type StackOutputs } from "./stackOutputs.ts";

/** @param stack its name in full. */
async function lossRefusal(
  { tenants }: ReadStack,
  deployed: DeployedTenants,
  arriving: readonly string[],
  stack: string,
): Promise<string | undefined> {
  const listed = tenants.map(({ id, bucket }) => ({ id, hasBucket: bucket !== undefined }));
  const all = losses(listed, deployed, arriving);
  if (all.length === 0) return undefined;
  const urns = Object.keys(await readStackResources(stack));
  const found = heldLosses(all, new Set(listed.map(({ id }) => id)), urns);
  if (found.length === 0) return undefined;
  const lines = found.map(({ what, action }) => `  ${what}\n    do  ${action}`);
  return `${LOSS_REFUSED}; nothing was changed.\n\n${lines.join("\n\n")}\n`;
}

export interface CheckedStack {
  /** What this run may still delete, for the hooks of deletions. */
  radius: BlastRadius;
  /** By tenant, for the outputs. */
  holdings: ReadonlyMap<string, Holdings>;
  /** The VPC that the last update left, unless the settings say that it exists by itself. */
  ownVpcId: string | undefined;
  /** Of the last update. */
  outputs: StackOutputs;
}

function ownVpcId(network: unknown, existing: string | undefined): string | undefined {
  if (typeof network !== "object" || network === null || !("vpcId" in network)) return undefined;
  return typeof network.vpcId === "string" && network.vpcId !== existing ? network.vpcId : undefined;
}

/**
 * Must come before anything is registered: while the engine writes the stack's state, its outputs cannot be read.
 *
 * @throws RunError that names every setting that cannot change, every tenant and protected bucket that the list lost, and
 * everything that would go of more tenants than were named. In previews, updates and destroys alike; a stack that was
 * never deployed has nothing to lose, nor has one of a tenant that was moved to another stack, or has not come from one yet.
 */
export async function checkLosses(stack: ReadStack): Promise<CheckedStack> {
  const stackName = fullStackName(getStack());
  const outputs = await readStackOutputs(stackName);
  const deployed = parseDeployed(outputs["tenants"]);
  const arriving = [...parseArriving(outputs["arriving"]), ...stack.arriving];
  const file = `Pulumi.${getStack()}.yaml`;
  const refuse = (source: string, refusal: string) => {
    throw new RunError(`${source} ${refusal}`);
  };

  const isEmpty = deployed.tenants.size + deployed.unreadable.length + arriving.length === 0;
  const moved = isEmpty ? [] : moves(outputs["deployment"], deployed, deploymentOf(stack));
  if (moved.length > 0) refuse(file, moveRefusal(moved));

  const list = stack.tenantList ?? file;
  const lost = await lossRefusal(stack, deployed, arriving, stackName);
  if (lost !== undefined) refuse(list, lost);

  const allowed = allowanceOf(stack);
  const planned = new BlastRadius(deployed, allowed);
  const holdings = new Map(stack.tenants.map((tenant) => [tenant.id, holdingsOf(stack, tenant)]));
  addChanges(planned, deployed, holdings);
  const excess = planned.excess();
  if (excess.length > 0) refuse(list, planned.refusal(excess, "nothing was changed"));
  return {
    radius: new BlastRadius(deployed, allowed),
    holdings,
    ownVpcId: ownVpcId(outputs["network"], stack.network.vpcId),
    outputs,
  };
}
