/**
 * The program of every stack: reads the stack's configuration, makes the network, and one `Tenant` per entry of the
 * tenant list. What a tenant is made of stands in `components/tenant.ts`; what can be configured in `config/schema.ts`.
 */
// First: it changes how the modules below are loaded.
import "./startup/lean.ts";
// Second: before anything is registered.
import "./startup/withoutDebugMessages.ts";
import "./startup/withoutPositions.ts";

import { registerHooks } from "./components/hooks.ts";
import { keptForOthers } from "./components/keptNetwork.ts";
import { Network } from "./components/network.ts";
import { Tenant } from "./components/tenant.ts";
import { checkStack } from "./config/checkStack.ts";
import { networkArgs, tenantArgs } from "./config/componentArgs.ts";
import { deploymentOf } from "./config/deploymentOf.ts";
import { keptOutputs } from "./config/focus.ts";
import { lifecycleRecord } from "./config/lifecycleRecord.ts";
import { loadStack } from "./config/load.ts";
import { networkOutput } from "./config/networkOutput.ts";
import { needsNetwork, networkUsers } from "./config/networkUsers.ts";
import { arrivingAfter, parseArriving } from "./lifecycle/arriving.ts";
import { isInFocus } from "./lifecycle/focus.ts";

const stack = await loadStack();
const { radius, holdings, ownVpcId, outputs } = await checkStack(stack);
registerHooks(radius, () => networkUsers(stack.environment, ownVpcId));

// Only hosts need a network, here or in a stack that uses this one's: else none is paid for.
const home = (await needsNetwork(stack, ownVpcId))
  ? new Network("network", networkArgs(stack), keptForOthers())
  : undefined;

const { focus, settingsDigest } = stack;
const kept = keptOutputs(outputs, focus);
const focused = stack.tenants.filter(({ id }) => focus === undefined || isInFocus(id, focus));
const built = focused.map((tenant) => {
  const options = home === undefined ? {} : { dependsOn: home };
  const component = new Tenant(tenant.id, tenantArgs(stack, tenant, home), options);
  return {
    id: tenant.id,
    component,
    record: lifecycleRecord(tenant, holdings.get(tenant.id), settingsDigest),
  };
});

/**
 * By tenant: hostnames, tunnel, bucket and its keys' generations, hosts, the names of parameters and reports, and its
 * state, with which the next run compares the list.
 */
export const tenants = {
  ...kept.tenants,
  ...Object.fromEntries(built.map(({ id, component, record }) => [id, { ...component.summary, ...record }])),
};

/** The settings that never change: another account, zone, region or environment is refused. */
export const deployment = deploymentOf(stack);

/** Where the hosts live. Those of other stacks may live there, too: `tenant-edge:network.stack` in their files. */
export const network = networkOutput(stack, home);

/** Ids of tenants that come from another stack, until an update has made them here; mostly none. */
export const arriving = arrivingAfter({
  announced: stack.arriving,
  told: parseArriving(outputs["arriving"]),
  listed: new Set(stack.tenants.map(({ id }) => id)),
  built: new Set(built.map(({ id }) => id)),
});

/** By tenant: connector token and S3 keys. `pulumi stack output tenantSecrets --show-secrets` prints them. */
export const tenantSecrets = {
  ...kept.tenantSecrets,
  ...Object.fromEntries(built.map(({ id, component }) => [id, component.secrets])),
};
