/** The availability zones of a network that is created. */
import type { StackConfig } from "./schema.ts";

export function zonesOf({ availabilityZones }: StackConfig["network"], region: string): string[] {
  return availabilityZones ?? [`${region}a`, `${region}b`];
}
