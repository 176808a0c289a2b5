/** Refuses a list of tenants that lost one, by what the stack itself says was deployed last. */
import { getOrganization, getProject, getStack, RunError, runtime } from "@pulumi/pulumi";
import { parseDeployed } from "../lifecycle/deployed.ts";
import { LOSS_REFUSED, losses } from "../lifecycle/lostTenants.ts";
import type { LoadedStack } from "./load.ts";

/** The engine's own function; unlike a StackReference it leaves no resource in the stack. */
const READ_OUTPUTS = "pulumi:pulumi:readStackOutputs";

async function lastOutputs(): Promise<{ tenants?: unknown }> {
  const name = `${getOrganization()}/${getProject()}/${getStack()}`;
  const { outputs } = await runtime.invoke(READ_OUTPUTS, { name }, {});
  return outputs ?? {};
}

/**
 * Must come before anything is registered: while the engine writes the stack's state, its outputs cannot be read.
 *
 * @throws RunError that names every tenant, and every protected bucket, that the list lost. In previews, updates and
 * destroys alike; a stack that was never deployed has nothing to lose.
 */
export async function checkLosses({ tenants, tenantList }: LoadedStack): Promise<void> {
  const deployed = parseDeployed((await lastOutputs()).tenants);
  const listed = tenants.map(({ id, bucket }) => ({ id, hasBucket: bucket !== undefined }));
  const found = losses(listed, deployed);
  if (found.length === 0) return;
  const lines = found.map(({ what, action }) => `  ${what}\n    do  ${action}`);
  throw new RunError(
    `${tenantList ?? `Pulumi.${getStack()}.yaml`} ${LOSS_REFUSED}; nothing was changed.\n\n${lines.join("\n\n")}\n`,
  );
}
