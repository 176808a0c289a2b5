/** The preview of a change, in which the program is told which tenants the change is for. */
import type { BringOptions } from "../context.ts";
import type { AutomationStack } from "./automationStack.ts";
import { isRadiusRefused } from "./failures.ts";
import { unfinished } from "./intent.ts";
import { withAllowance, withOverlay, withTenants } from "./overlay.ts";
import type { Proposal } from "./proposal.ts";
import type { Step } from "./steps.ts";

export interface Previewed {
  steps: Step[];
  /** Tenants that the engine's run is for. */
  named: string[];
}

/**
 * What is deployed is read at the same time: another process may have changed it. What an earlier update left undone
 * of other tenants is done with this one: it was let through then, and is named again.
 */
export async function previewNamed(
  engine: AutomationStack,
  { stackFile, entries, configuration }: Proposal,
  changes: readonly BringOptions[],
  signal: AbortSignal | undefined,
): Promise<Previewed> {
  const preview = async (named: string[]): Promise<Previewed> => {
    const text = withAllowance(withTenants(stackFile.text, entries), named, new Date());
    return { steps: await withOverlay(text, (configFile) => engine.preview({ configFile, signal })), named };
  };
  const own = changes.flatMap(({ tenants }) => tenants);
  const [previewed, deployed] = await Promise.allSettled([preview(own), engine.deployed({ fresh: true })]);
  if (deployed.status === "rejected") throw deployed.reason;
  if (previewed.status === "fulfilled") return previewed.value;
  if (!isRadiusRefused(previewed.reason) || (await engine.isSettled())) throw previewed.reason;
  return await preview([...own, ...unfinished(configuration, deployed.value)]);
}
