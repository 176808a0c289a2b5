/** A tenant's tunnel token, read again. */
import { deployedAnswer } from "./answers.ts";
import type { OperationContext } from "./context.ts";
import type { Call, InputOf, ResultOf } from "./contract.ts";
import { findTenant } from "./findTenant.ts";
import { refuseDisabled } from "./refusals.ts";

/** @throws OperationError tenant-not-found; tenant-disabled, since the token would bring the tunnel back. */
export async function token(
  context: OperationContext,
  input: InputOf<"token">,
  call: Call,
): Promise<ResultOf<"token">> {
  const found = await findTenant(context, input, call.signal);
  refuseDisabled(found);
  const { deployed, secrets } = await deployedAnswer(context, found.id);
  return { tenant: found.id, tunnelId: deployed.tunnelId, token: secrets.connectorToken ?? "" };
}
