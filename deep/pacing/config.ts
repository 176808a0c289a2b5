/** Stacks whose tenants have no hosts: five calls of Cloudflare's API each. */
import { scratchConfig } from "../../sandbox/scratchConfig.ts";

export const ENVIRONMENT = "test";

export function pacingConfig(tenants: readonly string[]): Record<string, unknown> {
  const most = 10_000;
  return {
    ...scratchConfig(ENVIRONMENT),
    "tenant-edge:limits": {
      tunnels: most,
      accountTokens: most,
      dnsRecords: most,
      tenantsPerStack: most,
    },
    "tenant-edge:tenants": tenants.map((id) => ({ id, host: { enabled: false } })),
  };
}
