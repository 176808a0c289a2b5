/** What a stack holds, from its exported state. Secrets in it stay encrypted. */
import { parseDeployed } from "../../lifecycle/deployed.ts";
import type { StackContents } from "../../orphans/known.ts";
import { nameIn, parseExported, STACK_TYPE, TENANT_TYPE } from "./exportedState.ts";

const NETWORK_TYPE = "tenant-edge:index:Network";

/** @param text what `pulumi stack export` prints. @throws Error when it is no state. */
export function stackContents(stack: string, text: string): StackContents {
  const { resources, pending } = parseExported(text);
  const root = resources.find(({ type }) => type === STACK_TYPE);
  const outputs = root?.outputs;
  return {
    stack,
    root: root?.urn ?? "",
    deployed: parseDeployed(outputs?.["tenants"]),
    resourceIds: new Set(resources.flatMap(({ id }) => (id === undefined ? [] : [id]))),
    held: resources.flatMap(({ urn, type, id, parent = "" }) => {
      const tenant = tenantOf(parent);
      return id === undefined || tenant === "" ? [] : [{ urn, type, name: nameIn(urn), tenant, id }];
    }),
    hasNetwork: resources.some(({ type }) => type === NETWORK_TYPE),
    pending: pending.map(({ type: action, resource: { urn, type, parent = "" } }) => ({
      urn,
      type,
      name: nameIn(urn),
      tenant: tenantOf(parent),
      action,
    })),
  };
}

/** Parts of a tenant are called like it; its second host and further ones have a number after a double hyphen. */
function tenantOf(parent: string): string {
  const types = parent.split("::")[2] ?? "";
  if (!types.split("$").includes(TENANT_TYPE)) return "";
  const [tenant = ""] = nameIn(parent).split("--");
  return tenant;
}
