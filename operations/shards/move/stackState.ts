/** What a move has to know of a stack's state. Secrets in it stay encrypted. */
import { parseArriving } from "../../../lifecycle/arriving.ts";
import { parseDeployed } from "../../../lifecycle/deployed.ts";
import { nameIn, parseExported, STACK_TYPE, TENANT_TYPE } from "../../engine/exportedState.ts";

/** A resource or component of a tenant. */
export interface TenantResource {
  urn: string;
  /** What it is, whichever stack has it: type, name, and id at the provider. */
  identity: string;
}

export interface StackState {
  /** URN of the stack itself; empty when nothing was ever made in it. */
  root: string;
  outputs: Readonly<Record<string, unknown>>;
  /** True while an update is under way, and after one that was killed. */
  isPending: boolean;
  /** Whether the last update has told of it as of a tenant that is deployed there. */
  tells(tenant: string): boolean;
  /** Whether the program refuses a list without it, as soon as the state has it. */
  guards(tenant: string): boolean;
  /** In the state's order, the tenant's component first; none when the stack does not have the tenant. */
  resourcesOf(tenant: string): TenantResource[];
}

/** @param text what `pulumi stack export` prints. @throws Error when it is no state. */
export function parseState(text: string): StackState {
  const { resources, pending } = parseExported(text);
  const root = resources.find(({ type }) => type === STACK_TYPE);
  const outputs = root?.outputs ?? {};
  const { tenants, unreadable } = parseDeployed(outputs["tenants"]);
  const tells = (tenant: string) => tenants.has(tenant) || unreadable.includes(tenant);
  return {
    root: root?.urn ?? "",
    outputs,
    tells,
    guards: (tenant) => tells(tenant) || parseArriving(outputs["arriving"]).includes(tenant),
    isPending: pending.length > 0,
    resourcesOf(tenant) {
      const urns = new Set<string>();
      return resources.flatMap(({ urn, type, id = "", parent = "" }) => {
        // A parent stands before its children.
        const isOurs = (type === TENANT_TYPE && nameIn(urn) === tenant) || urns.has(parent);
        if (!isOurs) return [];
        urns.add(urn);
        return [{ urn, identity: `${type} ${nameIn(urn)} ${id}` }];
      });
    },
  };
}

/** Whether two states have the very same things, as after a move of which only the first half was written. */
export function areSame(some: readonly TenantResource[], others: readonly TenantResource[]): boolean {
  const identities = (all: readonly TenantResource[]) => all.map(({ identity }) => identity).sort();
  const [one, other] = [identities(some), identities(others)];
  return one.length === other.length && one.every((identity, index) => identity === other[index]);
}
