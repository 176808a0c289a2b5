/** The stack whose runs are killed. */
import { scratchConfig } from "../../sandbox/scratchConfig.ts";

export const ENVIRONMENT = "test";
export const ACTOR = "kills";

/** A tenant's entry in the list, as far as it is looked at here. */
export interface Entry {
  id: string;
  host?: { enabled?: boolean; instanceType?: string };
  bucket?: { keyGenerations?: number[] };
  disabled?: { since: string; keepUntil: string; bucket?: string; purge?: boolean };
  tunnelSecretGeneration?: number;
}

export function killConfig(tenants: readonly Entry[]): Record<string, unknown> {
  return { ...scratchConfig(ENVIRONMENT), "tenant-edge:tenants": tenants };
}
