/** The preview of a change, in which the program is told which tenants the change is for. */
import type { BringOptions } from "../context.ts";
import { ErrorCode, OperationError } from "../errors.ts";
import type { AutomationStack } from "./automationStack.ts";
import { isRadiusRefused } from "./failures.ts";
import { deployedIn, focusOf, type StackState, staysInFocus } from "./focus.ts";
import { unfinished } from "./intent.ts";
import { withAllowance, withFocus, withOverlay, withTenants } from "./overlay.ts";
import type { Proposal } from "./proposal.ts";
import type { Step } from "./steps.ts";

export interface Previewed {
  steps: Step[];
  /** Tenants that the engine's run is for. */
  named: string[];
  /** Those that it is limited to; undefined when it is for the whole stack. */
  focus: string[] | undefined;
}

/** What the engine refuses of some alone, as when a provider's new version is yet to come to the others, is looked at in whole. */
function unlessAll(error: unknown): undefined {
  if (error instanceof OperationError && error.code === ErrorCode.UpdateFailed) return undefined;
  throw error;
}

/**
 * Limited to the tenants of the change where that comes to the same. What an earlier update left undone of other tenants
 * is done with this one: it was let through then, and is named again.
 */
export async function previewNamed(
  engine: AutomationStack,
  { stackFile, entries, configuration }: Proposal,
  changes: readonly BringOptions[],
  state: StackState,
  signal: AbortSignal | undefined,
): Promise<Previewed> {
  const preview = async (named: string[], focus?: string[]): Promise<Previewed> => {
    const now = new Date();
    const text = withFocus(withAllowance(withTenants(stackFile.text, entries), named, now), focus, now);
    const steps = await withOverlay(text, (configFile) => engine.preview({ configFile, focus, signal }));
    return { steps, named, focus };
  };
  const own = changes.flatMap(({ tenants }) => tenants);
  const focus = focusOf(configuration, changes, state);
  if (focus !== undefined) {
    const previewed = await preview(own, focus).catch(unlessAll);
    if (previewed !== undefined && staysInFocus(previewed.steps, focus)) return previewed;
  }
  try {
    return await preview(own);
  } catch (error) {
    if (!isRadiusRefused(error) || state.isSettled) throw error;
    return await preview([...own, ...unfinished(configuration, deployedIn(state))]);
  }
}
