/** The settings of a stack that never change, for its outputs: the next run compares them. */
import type { Deployment } from "../lifecycle/deployment.ts";
import type { LoadedStack } from "./load.ts";

export function deploymentOf({ environment, cloudflare, region }: LoadedStack): Deployment {
  const { accountId, zoneId, zoneName } = cloudflare;
  return { environment, accountId, zoneId, zoneName, region };
}
