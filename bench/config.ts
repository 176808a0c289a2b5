/** The stack that is measured. */
import { scratchConfig } from "../sandbox/scratchConfig.ts";

/** What hosts are replaced with. */
export const IMAGES = { newer: "ami-0ab117b5527d5fe25" } as const;

export function benchConfig(tenants: number): Record<string, unknown> {
  return {
    ...scratchConfig("bench"),
    "tenant-edge:tenants": Array.from({ length: tenants }, (_, index) => ({ id: `tenant-${index + 1}` })),
  };
}
