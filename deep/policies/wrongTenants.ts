/** Which tenant has which misconfiguration, and what it needs for it. */
import { BUCKET, TOKEN } from "./cloudflareMisconfigurations.ts";
import type { Misconfiguration } from "./misconfiguration.ts";

export const tenantOf = (number: number): string => `wrong${number + 1}`;

/** The name, in the engine, of the resource that is wrong. */
export function resourceName(tenant: string, { resource }: Pick<Misconfiguration, "resource">): string {
  return resource.startsWith("/") ? resource.slice(1) : `${tenant}${resource}`;
}

/** The tenant's entry in the stack file: with no more resources than it takes. */
export function entryOf(number: number, { type }: Pick<Misconfiguration, "type">) {
  return {
    id: tenantOf(number),
    host: { enabled: type.startsWith("aws:") },
    bucket: { enabled: type === TOKEN || type === BUCKET },
  };
}
