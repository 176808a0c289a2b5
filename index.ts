/**
 * The program of every stack: reads the stack's configuration, makes the network, and one `Tenant` per entry of the
 * tenant list. What a tenant is made of stands in `components/tenant.ts`; what can be configured in `config/schema.ts`.
 */
// First: it changes how the modules below are loaded.
import "./startup/lean.ts";

import { deletionHooks } from "./components/deletionHooks.ts";
import { Network } from "./components/network.ts";
import { Tenant } from "./components/tenant.ts";
import { checkExistingNetwork } from "./config/checkExistingNetwork.ts";
import { checkImages } from "./config/checkImages.ts";
import { checkLosses } from "./config/checkLosses.ts";
import { networkArgs, tenantArgs } from "./config/componentArgs.ts";
import { lifecycleRecord } from "./config/lifecycleRecord.ts";
import { loadStack } from "./config/load.ts";

const stack = await loadStack();

// Also for hosts and keys whose tenant is no longer in the list: the engine deletes none without its hook.
deletionHooks();

// Before anything is registered.
await checkLosses(stack);
await checkImages(stack);
await checkExistingNetwork(stack);

// Only hosts need a network: a stack whose customers all run cloudflared themselves pays for none.
const network = stack.tenants.some(({ needsNetwork }) => needsNetwork)
  ? new Network("network", networkArgs(stack))
  : undefined;

const built = stack.tenants.map((tenant) => {
  const options = network === undefined ? {} : { dependsOn: network };
  const component = new Tenant(tenant.id, tenantArgs(stack, tenant, network), options);
  return { id: tenant.id, component, record: lifecycleRecord(tenant) };
});

/**
 * By tenant: hostnames, tunnel, bucket and its keys' generations, hosts, the names of parameters and reports, and its
 * state, with which the next run compares the list.
 */
export const tenants = Object.fromEntries(
  built.map(({ id, component, record }) => [id, { ...component.summary, ...record }]),
);

/** By tenant: connector token and S3 keys. `pulumi stack output tenantSecrets --show-secrets` prints them. */
export const tenantSecrets = Object.fromEntries(built.map(({ id, component }) => [id, component.secrets]));
