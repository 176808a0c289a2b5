/** What Cloudflare holds of the tenants that were to be created. */
import { bucketTokenName, tenantNames } from "../../naming/names.ts";
import type { Cloudflare } from "../../sandbox/cloudflare/cloud.ts";
import { ZONE_NAME } from "../../sandbox/scratchConfig.ts";
import { without } from "../without.ts";
import { ENVIRONMENT } from "./config.ts";

export interface CheckedInventory {
  /** Tenants that have one of each. */
  complete: number;
  /** What is not there. */
  missing: readonly string[];
  /** What nobody asked for, and what is there twice. */
  surplus: readonly string[];
}

/** By kind and name; a key by its bucket's. */
function namesIn(cloudflare: Cloudflare): string[] {
  const { tunnels, records, buckets, tokens } = cloudflare.inventory();
  return [
    ...tunnels.map(({ name }) => `tunnel ${name}`),
    ...records.map(({ name }) => `record ${name}`),
    ...buckets.map(({ name }) => `bucket ${name}`),
    ...tokens.map(({ name }) => `key ${name}`),
  ];
}

function expectedNames(id: string): string[] {
  const { tunnel, bucket } = tenantNames(ENVIRONMENT, id);
  return [
    `tunnel ${tunnel}`,
    `record ${id}.${ZONE_NAME}`,
    `bucket ${bucket}`,
    `key ${bucketTokenName(bucket, 1)}`,
  ];
}

export function checkInventory(cloudflare: Cloudflare, tenants: readonly string[]): CheckedInventory {
  const found = namesIn(cloudflare);
  const expected = tenants.map(expectedNames);
  const missing = without(expected.flat(), found);
  return {
    complete: expected.filter((names) => names.every((name) => !missing.includes(name))).length,
    missing,
    surplus: without(found, expected.flat()),
  };
}
