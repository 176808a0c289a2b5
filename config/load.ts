/**
 * Reads the running stack's configuration from the Pulumi engine, and what it shares with others from where that is: the
 * list of tenants, and the network of another stack.
 */
import { Config, getStack, RunError, runtime } from "@pulumi/pulumi";
import { ARRIVING } from "../lifecycle/arriving.ts";
import { FOCUS } from "../lifecycle/focus.ts";
import { decodeValue } from "./decodeValue.ts";
import { focusedTenants, tenantsOfRun } from "./focus.ts";
import { parseStack, type RawStack } from "./parse.ts";
import { ConfigError, NAMESPACE } from "./problems.ts";
import type { StackConfig, TenantConfig } from "./schema.ts";
import { settingsDigest } from "./settingsDigest.ts";
import { type ResolvedTenant, resolveTenant } from "./tenants.ts";

export interface LoadedStack extends Omit<StackConfig, "tenants"> {
  /** The value of `aws:region`. */
  region: string;
  tenants: ResolvedTenant[];
}

export interface ReadStack extends LoadedStack {
  /** The tenants without what the stack's defaults add, in the list's order. */
  entries: readonly TenantConfig[];
  /** Tenants that this run is for; undefined for all. */
  focus: readonly string[] | undefined;
  /** Ids of tenants that are about to come from another stack. */
  arriving: readonly string[];
  settingsDigest: string;
}

function rawStack(): RawStack {
  return Object.fromEntries(
    Object.entries(runtime.allConfig())
      .filter(([key]) => key.startsWith(NAMESPACE))
      .map(([key, value]) => [key.slice(NAMESPACE.length), decodeValue(value)]),
  );
}

/** Missing from the SDK's declarations, and the only way to tell: `allConfig` gives encrypted values out in clear. */
export const { isConfigSecret } = runtime as unknown as { isConfigSecret(key: string): boolean };

function secretKeys(raw: RawStack): string[] {
  return Object.keys(raw).filter((key) => isConfigSecret(`${NAMESPACE}${key}`));
}

/** In the place of the copy in the stack file, the list that all runs of the environment share. */
async function withSharedList(raw: RawStack): Promise<RawStack> {
  const { tenantList } = raw;
  // What is no text is a problem that the schema names.
  if (typeof tenantList !== "string") return raw;
  const { readSharedTenants } = await import("../tenantList/readSharedTenants.ts");
  try {
    return { ...raw, tenants: await readSharedTenants(tenantList, getStack(), process.env) };
  } catch (error) {
    throw new RunError(
      `${tenantList} could not be read; nothing was changed. ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** For hosts that live in another stack's network, with its ids. */
async function withSharedNetwork(stack: LoadedStack): Promise<LoadedStack> {
  const { network, tenants } = stack;
  if (network.stack === undefined || tenants.every(({ needsNetwork }) => !needsNetwork)) return stack;
  const { withNetworkOfStack } = await import("./networkOfStack.ts");
  return { ...stack, network: await withNetworkOfStack(network, stack) };
}

/**
 * The stack's configuration with every default filled in.
 *
 * @throws RunError (which the engine prints without a stack trace) that lists every problem of the stack file, or says why
 * the network of the stack that it names cannot be used.
 */
export async function loadStack(): Promise<ReadStack> {
  const region = new Config("aws").get("region");
  const { [FOCUS]: focused, [ARRIVING]: announced, ...own } = rawStack();
  const now = new Date();
  const focus = focusedTenants(focused, now);
  const arriving = tenantsOfRun(ARRIVING, announced, now) ?? [];
  const raw = await withSharedList(own);
  const { config, problems } = parseStack(raw, region, secretKeys(raw));
  if (config === undefined || region === undefined) {
    throw new RunError(new ConfigError(`Pulumi.${getStack()}.yaml`, problems).message);
  }
  const tenants = config.tenants.map((tenant) => resolveTenant(config, tenant));
  return {
    ...(await withSharedNetwork({ ...config, region, tenants })),
    entries: config.tenants,
    focus,
    arriving,
    settingsDigest: settingsDigest(config, region),
  };
}
