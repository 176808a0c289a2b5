/** What a stack tells of its network, for stacks whose `tenant-edge:network.stack` names it. */
import type { Output } from "@pulumi/pulumi";
import type { Network } from "../components/network.ts";
import type { LoadedStack } from "./load.ts";

export interface NetworkOutput {
  vpcId: Output<string>;
  privateSubnetIds: Output<string>[];
  region: string;
}

/** Null, which the engine shows without a warning, for a stack without a network; only the name of the stack whose network it uses, for one that uses one. */
export function networkOutput(
  { network: { stack }, region }: Pick<LoadedStack, "network" | "region">,
  network: Network | undefined,
): NetworkOutput | { stack: string } | null {
  if (network === undefined) return null;
  if (stack !== undefined) return { stack };
  const { vpcId, privateSubnetIds } = network;
  return { vpcId, privateSubnetIds, region };
}
