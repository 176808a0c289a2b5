/**
 * When a change may run for its tenants alone. The result is then that of a run for all: nothing else has changed since
 * the last update, which ended well.
 */
import { settingsDigest } from "../../config/settingsDigest.ts";
import type { DeployedTenants } from "../../lifecycle/deployed.ts";
import { isInFocus } from "../../lifecycle/focus.ts";
import type { StackContents } from "../../orphans/known.ts";
import type { BringOptions, Configuration } from "../context.ts";
import type { Standing } from "./standing.ts";
import { changesSomething, type Step } from "./steps.ts";

/** Name of the component, with which the names of its parts begin. */
const NETWORK = "network";

/** What the stack is before a change. */
export interface StackState extends Standing {
  /** Undefined for a stack that does not exist. */
  contents: StackContents | undefined;
}

export function deployedIn({ contents }: StackState): DeployedTenants {
  return contents?.deployed ?? { tenants: new Map(), unreadable: [] };
}

/** Whether the network, which belongs to none of them, stays as it is whatever becomes of these tenants. */
function keepsNetwork(
  { settings, tenants }: Pick<Configuration, "settings" | "tenants">,
  { hasNetwork = false }: StackContents,
  named: readonly string[],
): boolean {
  if (settings.network.stack !== undefined) return true;
  const needing = tenants.filter(({ needsNetwork }) => needsNetwork).map(({ id }) => id);
  if (needing.some((id) => !named.includes(id))) return true;
  // Without hosts of others here, it is there for this tenant, or for those of another stack, whose file may be another now.
  return !hasNetwork && needing.length === 0;
}

/** The parts of the network have names like those of a tenant, and would be targets. */
function isNamedAsNetwork(id: string): boolean {
  return id === NETWORK || id.startsWith(`${NETWORK}-`);
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
  const { contents, isSettled, isUntouched } = state;
  if (contents === undefined || !isSettled || !isUntouched || contents.pending.length > 0) return undefined;
  if (changes.some(({ replaceHostsOf = [] }) => replaceHostsOf.length > 0)) return undefined;
  const { deployed } = contents;
  const { settings, region, tenants } = configuration;
  const named = [...new Set(changes.flatMap((change) => change.tenants))];
  if (named.length === 0 || named.some(isNamedAsNetwork)) return undefined;
  const digest = settingsDigest(settings, region);
  const others = tenants.filter(({ id }) => !named.includes(id));
  const areAsDeployed = others.every(({ id, entryDigest }) => {
    const before = deployed.tenants.get(id);
    return before?.entryDigest === entryDigest && before.settingsDigest === digest;
  });
  const kept = new Set([...others.map(({ id }) => id), ...named]);
  const areListed = [...deployed.tenants.keys()].every((id) => kept.has(id));
  if (!areAsDeployed || !areListed || deployed.unreadable.length > 0) return undefined;
  if (!keepsNetwork(configuration, contents, named)) return undefined;
  return others.some(({ id }) => !isInFocus(id, named)) ? named : undefined;
}

/** Whether the engine would change nothing else. */
export function staysInFocus(steps: readonly Step[], focus: readonly string[]): boolean {
  return steps.filter(changesSomething).every(({ tenant }) => focus.includes(tenant));
}
