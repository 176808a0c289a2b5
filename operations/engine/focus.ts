/**
 * When a change may run for its tenants alone. The result is then that of a run for all: nothing else has changed since
 * the last update, which ended well.
 */
import { settingsDigest } from "../../config/settingsDigest.ts";
import type { DeployedTenants } from "../../lifecycle/deployed.ts";
import { isInFocus } from "../../lifecycle/focus.ts";
import type { StackContents } from "../../orphans/known.ts";
import type { BringOptions, Configuration } from "../context.ts";
import { changesSomething, type Step } from "./steps.ts";

/** What the stack is before a change. */
export interface StackState {
  /** Undefined for a stack that does not exist. */
  contents: StackContents | undefined;
  /** The last update ended well. */
  isSettled: boolean;
}

export function deployedIn({ contents }: StackState): DeployedTenants {
  return contents?.deployed ?? { tenants: new Map(), unreadable: [] };
}

/** Whether the network, which belongs to none of them, stays as it is whatever becomes of these tenants. */
function keepsNetwork(
  { tenants }: Pick<Configuration, "tenants">,
  { tenants: deployed }: DeployedTenants,
  named: readonly string[],
): boolean {
  const needing = tenants.filter(({ needsNetwork }) => needsNetwork).map(({ id }) => id);
  if (needing.some((id) => !named.includes(id))) return true;
  return named.every((id) => {
    const before = deployed.get(id);
    // Whether a disabled one had hosts, its outputs do not tell.
    const hadHosts = before !== undefined && (before.hostReports.length > 0 || before.disabled !== null);
    return !hadHosts && !needing.includes(id);
  });
}

/**
 * @param configuration with the list as the change makes it.
 * @returns ids for the program and the engine's targets; undefined when the run has to be for all.
 */
export function focusOf(
  configuration: Configuration,
  changes: readonly Pick<BringOptions, "tenants" | "replaceHostsOf">[],
  state: StackState,
): string[] | undefined {
  const { contents, isSettled } = state;
  if (contents === undefined || !isSettled || contents.pending.length > 0) return undefined;
  if (changes.some(({ replaceHostsOf = [] }) => replaceHostsOf.length > 0)) return undefined;
  const { deployed } = contents;
  const { settings, region, tenants } = configuration;
  const named = [...new Set(changes.flatMap((change) => change.tenants))];
  const digest = settingsDigest(settings, region);
  const others = tenants.filter(({ id }) => !named.includes(id));
  const areAsDeployed = others.every(({ id, entryDigest }) => {
    const before = deployed.tenants.get(id);
    return before?.entryDigest === entryDigest && before.settingsDigest === digest;
  });
  const kept = new Set([...others.map(({ id }) => id), ...named]);
  const areListed = [...deployed.tenants.keys()].every((id) => kept.has(id));
  if (!areAsDeployed || !areListed || deployed.unreadable.length > 0) return undefined;
  if (!keepsNetwork(configuration, deployed, named)) return undefined;
  return others.some(({ id }) => !isInFocus(id, named)) ? named : undefined;
}

/** Whether the engine would change nothing else. */
export function staysInFocus(steps: readonly Step[], focus: readonly string[]): boolean {
  return steps.filter(changesSomething).every(({ tenant }) => focus.includes(tenant));
}
