/** Ends what is connected to a tunnel: connections that were opened before survive a new secret. */
import { because } from "../clients/failureText.ts";
import { hasStatus } from "../orphans/cloudflareCall.ts";
import type { OperationContext } from "./context.ts";
import { type Call, ProgressKind } from "./contract.ts";
import { ErrorCode, OperationError } from "./errors.ts";

/**
 * A tunnel that is deleted by then, by a removal that was killed, has none.
 *
 * @throws OperationError cloud-failed; running the operation again goes on.
 */
export async function dropTunnelConnections(
  context: OperationContext,
  id: string,
  call: Call,
): Promise<void> {
  const deployed = (await context.engine.deployed()).tenants.get(id);
  if (deployed === undefined) return;
  const { settings } = await context.configuration(call.signal);
  try {
    const client = await context.cloudflare.client();
    const options = { account_id: settings.cloudflare.accountId };
    await client.zeroTrust.tunnels.cloudflared.connections.delete(deployed.tunnelId, options, {
      signal: call.signal ?? null,
    });
  } catch (error) {
    if (hasStatus(error, 404)) return;
    throw new OperationError(
      ErrorCode.CloudFailed,
      `the connections of the tunnel of ${id} could not be dropped: ${because(error, [context.cloudflare.apiToken])}`,
      { ways: ["run it again: what is done stays done"] },
    );
  }
  context.report(call, { kind: ProgressKind.Note, message: "dropped the tunnel's connections", tenant: id });
}
