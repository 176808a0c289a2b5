/** What a stack holds, from its exported state. Secrets in it stay encrypted. */
import { z } from "zod";
import { parseDeployed } from "../../lifecycle/deployed.ts";
import type { StackContents } from "../../orphans/known.ts";

const STACK = "pulumi:pulumi:Stack";
const TENANT_TYPE = "tenant-edge:index:Tenant";
const NETWORK_TYPE = "tenant-edge:index:Network";

const exported = z.object({
  deployment: z
    .object({
      resources: z
        .array(
          z.object({
            urn: z.string(),
            type: z.string(),
            id: z.string().optional(),
            parent: z.string().optional(),
            outputs: z.record(z.string(), z.unknown()).optional(),
          }),
        )
        .default([]),
      pending_operations: z
        .array(
          z.object({
            type: z.string(),
            resource: z.object({ urn: z.string(), type: z.string(), parent: z.string().optional() }),
          }),
        )
        .nullish(),
    })
    .nullish(),
});

/** @param text what `pulumi stack export` prints. @throws Error when it is no state. */
export function stackContents(stack: string, text: string): StackContents {
  const { resources = [], pending_operations: pending } = exported.parse(JSON.parse(text)).deployment ?? {};
  const root = resources.find(({ type }) => type === STACK);
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
    pending: (pending ?? []).map(({ type: action, resource: { urn, type, parent = "" } }) => ({
      urn,
      type,
      name: nameIn(urn),
      tenant: tenantOf(parent),
      action,
    })),
  };
}

function nameIn(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

/** Parts of a tenant are called like it; its second host and further ones have a number after a double hyphen. */
function tenantOf(parent: string): string {
  const types = parent.split("::")[2] ?? "";
  if (!types.split("$").includes(TENANT_TYPE)) return "";
  const [tenant = ""] = nameIn(parent).split("--");
  return tenant;
}
