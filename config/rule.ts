/** What a rule is: a pure function from what could be parsed of a stack file to problems. */
import type { Problem } from "./problems.ts";
import type { StackConfig, TenantConfig } from "./schema.ts";
import { type ResolvedTenant, resolveTenant, type TenantDefaults } from "./tenants.ts";

/** What could be parsed of a stack file, so that its rules can be checked beside the errors of the rest. */
export interface ParsedStack {
  config: Partial<Omit<StackConfig, "tenants">>;
  /** Valid entries of the tenant list by their position. */
  tenants: ReadonlyMap<number, TenantConfig>;
  /** The value of `aws:region`, when it is one. */
  region: string | undefined;
}

export type Rule = (stack: ParsedStack) => Problem[];

const resolved = new WeakMap<ParsedStack, readonly [number, ResolvedTenant][]>();

/**
 * Tenants with every default filled in, by their position; none while the defaults themselves have problems. The same for
 * all rules: thousands of tenants are resolved once.
 */
export function resolvedTenants(stack: ParsedStack): readonly [number, ResolvedTenant][] {
  const known = resolved.get(stack) ?? resolve(stack);
  resolved.set(stack, known);
  return known;
}

function resolve({ config, tenants }: ParsedStack): [number, ResolvedTenant][] {
  const { environment, cloudflare, hostDefaults, bucketDefaults } = config;
  if (!environment || !cloudflare || !hostDefaults || !bucketDefaults) return [];
  const defaults: TenantDefaults = { environment, cloudflare, hostDefaults, bucketDefaults };
  return [...tenants].map(([index, tenant]) => [index, resolveTenant(defaults, tenant)]);
}
