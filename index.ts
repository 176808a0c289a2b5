/**
 * The program of every stack: reads the stack's configuration, makes the network, and one `Tenant` per entry of the
 * tenant list. What a tenant is made of stands in `components/tenant.ts`; what can be configured in `config/schema.ts`.
 */
// First: it changes how the modules below are loaded.
import "./startup/lean.ts";
// Second: before anything is registered.
import "./startup/withoutDebugMessages.ts";

import { registerHooks } from "./components/hooks.ts";
import { Network } from "./components/network.ts";
import { Tenant } from "./components/tenant.ts";
import { checkStack } from "./config/checkStack.ts";
import { networkArgs, tenantArgs } from "./config/componentArgs.ts";
import { deploymentOf } from "./config/deploymentOf.ts";
import { lifecycleRecord } from "./config/lifecycleRecord.ts";
import { loadStack } from "./config/load.ts";

const stack = await loadStack();
const { radius, holdings } = await checkStack(stack);
registerHooks(radius);

// Only hosts need a network: a stack whose customers all run cloudflared themselves pays for none.
const network = stack.tenants.some(({ needsNetwork }) => needsNetwork)
  ? new Network("network", networkArgs(stack))
  : undefined;

const built = stack.tenants.map((tenant) => {
  const options = network === undefined ? {} : { dependsOn: network };
  const component = new Tenant(tenant.id, tenantArgs(stack, tenant, network), options);
  return { id: tenant.id, component, record: lifecycleRecord(tenant, holdings.get(tenant.id)) };
});

/**
 * By tenant: hostnames, tunnel, bucket and its keys' generations, hosts, the names of parameters and reports, and its
 * state, with which the next run compares the list.
 */
export const tenants = Object.fromEntries(
  built.map(({ id, component, record }) => [id, { ...component.summary, ...record }]),
);

/** The settings that never change: another account, zone, region or environment is refused. */
export const deployment = deploymentOf(stack);

/** By tenant: connector token and S3 keys. `pulumi stack output tenantSecrets --show-secrets` prints them. */
export const tenantSecrets = Object.fromEntries(built.map(({ id, component }) => [id, component.secrets]));
