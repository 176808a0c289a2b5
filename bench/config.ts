/** The stacks that are measured. */
import { DEFAULT_STACK } from "../sandbox/engine/defaultStack.ts";
import { scratchConfig } from "../sandbox/scratchConfig.ts";

/** What hosts are replaced with. */
export const IMAGES = { newer: "ami-0ab117b5527d5fe25" } as const;

/** What no environment of a bench reaches. */
const NO_LIMITS = { tunnels: 100_000, accountTokens: 100_000, dnsRecords: 100_000 };
/** The stack whose network all shards use. It has a host of its own, so that there is one. */
export const NETWORK_STACK = DEFAULT_STACK;

export function networkConfig(): Record<string, unknown> {
  return {
    ...scratchConfig("bench"),
    "tenant-edge:limits": { ...NO_LIMITS, tenantsPerStack: 1 },
    "tenant-edge:tenants": [{ id: "tenant-0" }],
  };
}

/**
 * One of several stacks of an environment, with tenants of its own.
 *
 * @param room tenants that it may have besides. Default: none.
 */
export function shardConfig(shard: number, tenants: number, room = 0): Record<string, unknown> {
  return {
    ...scratchConfig("bench"),
    "tenant-edge:limits": { ...NO_LIMITS, tenantsPerStack: Math.max(tenants + room, 1) },
    "tenant-edge:network": { stack: NETWORK_STACK },
    "tenant-edge:tenants": Array.from({ length: tenants }, (_, index) => ({
      id: `tenant-${shard}-${index + 1}`,
    })),
  };
}

/** One stack that is alone in its environment. */
export function benchConfig(tenants: number): Record<string, unknown> {
  return {
    ...scratchConfig("bench"),
    // One more is enrolled while it is measured.
    "tenant-edge:limits": { tenantsPerStack: tenants + 1 },
    "tenant-edge:tenants": Array.from({ length: tenants }, (_, index) => ({ id: `tenant-${index + 1}` })),
  };
}
