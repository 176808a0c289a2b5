/** Of the stack's settings that reach a tenant's resources besides its own entry and its defaults. */
import { digestOf } from "./digest.ts";
import type { StackConfig } from "./schema.ts";

/** @param region the value of `aws:region`. */
export function settingsDigest(
  { environment, cloudflare, network, kmsKeyArn, tags }: Omit<StackConfig, "tenants">,
  region: string,
): string {
  const { accountId, zoneId } = cloudflare;
  return digestOf({ environment, accountId, zoneId, region, network, kmsKeyArn, tags });
}
