/** The program of this repository, with a setting for how long a host waits for the one that replaces it. */
import { Config } from "@pulumi/pulumi";
import { deletionHooks } from "../../components/deletionHooks.ts";
import { Network } from "../../components/network.ts";
import { Tenant } from "../../components/tenant.ts";
import { networkArgs, tenantArgs } from "../../config/componentArgs.ts";
import { loadStack } from "../../config/load.ts";

deletionHooks();
const replacementTimeoutSeconds = new Config("short-wait").getNumber("replacementTimeoutSeconds");
const stack = loadStack();
const network = new Network("network", networkArgs(stack));
for (const tenant of stack.tenants) {
  const { host, ...args } = tenantArgs(stack, tenant, network);
  new Tenant(
    tenant.id,
    { ...args, ...(host && { host: { ...host, replacementTimeoutSeconds } }) },
    { dependsOn: network },
  );
}
