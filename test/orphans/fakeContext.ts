/** What operations work with, of which a test gives the parts that it needs; the others reject. */

import { stackSchema } from "../../config/schema.ts";
import type { ResolvedTenant } from "../../config/tenants.ts";
import { resolveTenant } from "../../config/tenants.ts";
import type { DeployedTenant } from "../../lifecycle/deployed.ts";
import { parseDeployed } from "../../lifecycle/deployed.ts";
import { tenantNames } from "../../naming/names.ts";
import type { Configuration, OperationContext } from "../../operations/context.ts";
import type { ProgressEvent } from "../../operations/contract.ts";
import { OperationError } from "../../operations/errors.ts";
import { rawStack } from "../config/stacks.ts";

export const ENVIRONMENT = "staging";
export const STACK = "staging-1";

/** A tenant of the list as the program sees it. */
export function listedTenant(entry: { id: string } & Record<string, unknown>): ResolvedTenant {
  const { tenants, ...settings } = stackSchema.parse(rawStack([entry]));
  const [config] = tenants;
  if (config === undefined) throw new Error("no tenant");
  return resolveTenant(settings, config);
}

/** A tenant as a stack's outputs tell about it. */
export function deployedTenant(id: string, changes: Partial<DeployedTenant> = {}): DeployedTenant {
  const { tunnel, bucket } = tenantNames(ENVIRONMENT, id);
  const output = {
    displayName: id,
    hostname: `${id}.example.com`,
    hostnames: [`${id}.example.com`],
    url: `https://${id}.example.com/`,
    tunnelId: "00000000-0000-4000-8000-000000000000",
    tunnelName: tunnel,
    bucket,
    endpoint: `https://${"0".repeat(32)}.r2.cloudflarestorage.com`,
    instanceIds: [],
    hostReports: [],
    keyGenerations: [1],
    parameterNames: [],
    ...changes,
  };
  const tenant = parseDeployed({ [id]: output }).tenants.get(id);
  if (tenant === undefined) throw new Error("no tenant");
  return tenant;
}

export function configurationOf(tenants: readonly ResolvedTenant[]): Configuration {
  const { tenants: _, ...settings } = stackSchema.parse(rawStack([]));
  return { settings, region: "eu-west-1", tenants, entries: [] };
}

type Parts = Partial<Omit<OperationContext, "engine">> & { engine?: Partial<OperationContext["engine"]> };

export interface FakeContext {
  context: OperationContext;
  events: Omit<ProgressEvent, "time">[];
}

export function fakeContext(parts: Parts): FakeContext {
  const events: Omit<ProgressEvent, "time">[] = [];
  const context = {
    stack: STACK,
    env: {},
    now: () => new Date(),
    report: (_call: unknown, event: Omit<ProgressEvent, "time">) => void events.push(event),
    ...parts,
  };
  return { context: context as OperationContext, events };
}

/** The OperationError that a call ends in, as `code: message`; fails when it ends in none. */
export async function failureOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof OperationError) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error("the call did not fail");
}
