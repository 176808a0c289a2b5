/** All tenants and their states. */
import type { z } from "zod";
import { knownTenants } from "../probes/knownTenants.ts";
import { tenantStatus } from "../probes/tenantStatus.ts";
import type { OperationContext } from "./context.ts";
import type { Call, ResultOf } from "./contract.ts";
import type { listInput } from "./schemas.ts";

/** As cheap as the status of one: one read of the list, one of what is kept. Conditions are those of the last probes. */
export async function list(
  context: OperationContext,
  _input: z.output<typeof listInput>,
  call: Call,
): Promise<ResultOf<"list">> {
  const { settings, tenants } = await knownTenants(context, call);
  return {
    environment: settings.environment,
    stack: context.stack,
    tenants: tenants.map((tenant) => {
      const status = tenantStatus(tenant);
      return {
        tenant: status.tenant,
        hubId: status.hubId,
        accountId: status.accountId,
        displayName: status.displayName,
        state: status.state,
        condition: status.condition,
        hostname: status.hostname,
        bucket: status.bucket,
        disabled: status.disabled,
        pending: status.pending,
        lastHealthCheck: status.lastHealthCheck,
      };
    }),
  };
}
