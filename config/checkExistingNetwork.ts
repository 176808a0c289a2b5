/** Refuses an existing network in which hosts could not work, before anything is registered. */
import { getStack, log, RunError, runtime } from "@pulumi/pulumi";
import { NetworkCheck } from "../network/choices.ts";
import { type NetworkFault, networkFaults } from "../network/existingNetwork.ts";
import type { LoadedStack } from "./load.ts";
import { ConfigError, formatPath, type Problem } from "./problems.ts";

/**
 * The engine does not tell a program whether it runs for a destroy. So that a stack whose network was damaged can be
 * taken away, the problems can be made warnings.
 */
const WAY_ROUND =
  "To go on in spite of this, for example to destroy a stack whose network was damaged: " +
  "pulumi config set --path tenant-edge:network.check warn";

function unreadable(error: unknown): Problem {
  // Providers' errors have several lines.
  const reason = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ");
  return {
    path: formatPath(["network"]),
    found: `an existing network that could not be looked at: ${reason}`,
    allowed: "a network that the deploying role may describe (docs/aws-deployer-policy.json)",
    action: "look at the error above; a role without permission needs that policy's statement Look",
  };
}

/** In the words of who wrote ids, or of who named the stack that has them. */
function problemOf({ path, ...fault }: NetworkFault, stack: string | undefined): Problem {
  if (stack === undefined) return { ...fault, path: formatPath(["network", ...path]) };
  return {
    path: formatPath(["network", "stack"]),
    found: `${stack}, whose network has ${fault.found}`,
    allowed: fault.allowed,
    action: `mend that network: pulumi refresh --stack ${stack}, then pulumi up --stack ${stack}`,
  };
}

interface Findings {
  problems: Problem[];
  /** False: they do not say that the network is wrong, only that nobody could look. */
  looked: boolean;
}

async function look(
  vpcId: string,
  subnetIds: readonly string[],
  stack: string | undefined,
): Promise<Findings> {
  // Most stacks make their own network and never need it.
  const { readExistingNetwork } = await import("../network/readExistingNetwork.ts");
  try {
    const faults = networkFaults(await readExistingNetwork(vpcId, subnetIds));
    return { problems: faults.map((fault) => problemOf(fault, stack)), looked: true };
  } catch (error) {
    return { problems: [unreadable(error)], looked: false };
  }
}

/**
 * Looks at the existing network, or that of another stack, in which the stack's hosts are to live: some ten calls to AWS per stack, none to
 * Cloudflare, and none when the stack makes its own network or has no hosts.
 *
 * @throws RunError with every problem at once; with `network.check: warn` they are warnings. So they are in a preview that
 * may not look: the role that previews a pull request has fewer rights.
 */
export async function checkExistingNetwork({ network, tenants }: LoadedStack): Promise<void> {
  const { vpcId, privateSubnetIds, stack, check = NetworkCheck.refuse } = network;
  if (vpcId === undefined || privateSubnetIds === undefined || tenants.every(({ host }) => !host)) return;
  const { problems, looked } = await look(vpcId, privateSubnetIds, stack);
  if (problems.length === 0) return;
  if (check === NetworkCheck.refuse && (looked || !runtime.isDryRun())) {
    throw new RunError(`${new ConfigError(`Pulumi.${getStack()}.yaml`, problems).message}\n${WAY_ROUND}\n`);
  }
  for (const { path, found, allowed, action } of problems) {
    await log.warn(`${path}: found ${found}; allowed: ${allowed}; do: ${action}`);
  }
}
