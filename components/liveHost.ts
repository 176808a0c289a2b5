/** Makes a host known to the hooks that run before deletions. */
import type { Instance } from "@pulumi/aws/ec2/instance.js";
import { all, type Input, type Resource } from "@pulumi/pulumi";
import { connectedConnectors, hasApiToken, type TunnelReference } from "../clients/cloudflare.ts";
import { ConnectorLooks } from "./connectorLooks.ts";
import { type DeletionHooks, deletionHooks } from "./deletionHooks.ts";
import type { LiveHost } from "./hostReplacement.ts";
import { readHostReport } from "./hostReports.ts";

export interface LiveHostSettings {
  name: string;
  reportParameter: string;
  timeoutSeconds: number;
  accountId: Input<string> | undefined;
  tunnelId: Input<string> | undefined;
}

function looksOf({ looks }: DeletionHooks, tunnel: TunnelReference | undefined): ConnectorLooks | undefined {
  if (tunnel === undefined || !hasApiToken()) return undefined;
  const known = looks.get(tunnel.tunnelId) ?? new ConnectorLooks(() => connectedConnectors(tunnel), Date.now);
  looks.set(tunnel.tunnelId, known);
  return known;
}

/** @param component whose provider reads the reports. */
export function makeHostKnown(component: Resource, instance: Instance, settings: LiveHostSettings): void {
  const hooks = deletionHooks();
  const { name, reportParameter, timeoutSeconds, accountId, tunnelId } = settings;
  let tunnel: TunnelReference | undefined;
  const host: LiveHost = {
    name,
    reportParameter,
    timeoutSeconds,
    instanceId: undefined,
    going: false,
    readReport: () => readHostReport(reportParameter, component),
    looks: () => looksOf(hooks, tunnel),
  };
  // All of it is known when the engine comes to its deletions, or never will be.
  all([accountId, tunnelId]).apply(([account, id]) => {
    if (account && id) tunnel = { accountId: account, tunnelId: id };
  });
  instance.id.apply((id) => {
    host.instanceId ??= id || undefined;
  });
  // In a destroy, when something that the host needs is not there, the engine tells no id, and yet the ARN.
  instance.arn.apply((arn?: string) => {
    host.instanceId ??= arn?.split("/").at(-1);
  });
  instance.urn.apply((urn) => hooks.hosts.set(urn, host));
}
