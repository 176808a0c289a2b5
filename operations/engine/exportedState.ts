/** The state of a stack as the engine exports it, as far as it is read here. Secrets in it stay encrypted. */
import { z } from "zod";

export const STACK_TYPE = "pulumi:pulumi:Stack";
export const TENANT_TYPE = "tenant-edge:index:Tenant";

const resource = z.object({
  urn: z.string(),
  type: z.string(),
  id: z.string().optional(),
  parent: z.string().optional(),
  outputs: z.record(z.string(), z.unknown()).optional(),
});
type ExportedResource = z.output<typeof resource>;

const pendingOperation = z.object({
  type: z.string(),
  resource: resource.pick({ urn: true, type: true, parent: true }),
});
type PendingOperation = z.output<typeof pendingOperation>;

const exported = z.object({
  deployment: z
    .object({
      resources: z.array(resource).default([]),
      pending_operations: z.array(pendingOperation).nullish(),
    })
    .nullish(),
});

export interface ExportedState {
  /** In the state's order: a parent stands before its children. */
  resources: readonly ExportedResource[];
  /** What an update was doing, which is under way or was killed. */
  pending: readonly PendingOperation[];
}

/** @param text what `pulumi stack export` prints. @throws Error when it is no state. */
export function parseExported(text: string): ExportedState {
  const { resources = [], pending_operations: pending } = exported.parse(JSON.parse(text)).deployment ?? {};
  return { resources, pending: pending ?? [] };
}

/** Of the resource in the program. */
export function nameIn(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}
