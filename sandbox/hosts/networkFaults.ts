/** What can happen to a machine's network while it runs, on a test's word. */
import type { Machine } from "./machine.ts";

/** The connectors' connections are gone, and the processes do not notice until they are restarted. */
export function loseTunnel({ connectors, cloudflare }: Machine): void {
  for (const connector of connectors.values()) {
    connector.isDead = true;
    cloudflare.tunnels.disconnect(connector.id);
  }
}

/** No packet leaves the machine until `wait` is over, or rejects because the machine was switched off. */
export async function cutNetwork(
  { network, connectors, cloudflare }: Machine,
  wait: () => Promise<void>,
): Promise<void> {
  const { lost } = network;
  network.isCut = true;
  network.lost = new AbortController();
  for (const { id } of connectors.values()) cloudflare.tunnels.disconnect(id);
  lost.abort();
  await wait().catch(() => {});
  network.isCut = false;
}
