/** Reads the running stack's configuration from the Pulumi engine. */
import { Config, getStack, RunError, runtime } from "@pulumi/pulumi";
import { decodeValue } from "./decodeValue.ts";
import { parseStack, type RawStack } from "./parse.ts";
import { ConfigError, NAMESPACE } from "./problems.ts";
import type { StackConfig } from "./schema.ts";
import { type ResolvedTenant, resolveTenant } from "./tenants.ts";

export interface LoadedStack extends Omit<StackConfig, "tenants"> {
  /** The value of `aws:region`. */
  region: string;
  tenants: ResolvedTenant[];
}

function rawStack(): RawStack {
  return Object.fromEntries(
    Object.entries(runtime.allConfig())
      .filter(([key]) => key.startsWith(NAMESPACE))
      .map(([key, value]) => [key.slice(NAMESPACE.length), decodeValue(value)]),
  );
}

/** Missing from the SDK's declarations, and the only way to tell: `allConfig` gives encrypted values out in clear. */
const { isConfigSecret } = runtime as unknown as { isConfigSecret(key: string): boolean };

function secretKeys(raw: RawStack): string[] {
  return Object.keys(raw).filter((key) => isConfigSecret(`${NAMESPACE}${key}`));
}

/**
 * The stack's configuration with every default filled in.
 *
 * @throws RunError (which the engine prints without a stack trace) that lists every problem of the stack file.
 */
export function loadStack(): LoadedStack {
  const region = new Config("aws").get("region");
  const raw = rawStack();
  const { config, problems } = parseStack(raw, region, secretKeys(raw));
  if (config === undefined || region === undefined) {
    throw new RunError(new ConfigError(`Pulumi.${getStack()}.yaml`, problems).message);
  }
  return { ...config, region, tenants: config.tenants.map((tenant) => resolveTenant(config, tenant)) };
}
