/** What a tenant tells about itself: to the stack's outputs and to other programs. */
import type { Output } from "@pulumi/pulumi";
import type { HostNames, TenantNames } from "../naming/names.ts";
import type { ConnectorHost } from "./connectorHost.ts";
import { derived } from "./derived.ts";
import type { TenantArgs } from "./tenantArgs.ts";
import type { TenantBucket } from "./tenantBucket.ts";
import type { TenantSecrets } from "./tenantSecrets.ts";
import type { TenantTunnel } from "./tenantTunnel.ts";

/** The components that a tenant is made of. */
export interface TenantComponents {
  tunnel: TenantTunnel;
  bucket: TenantBucket | undefined;
  parameters: TenantSecrets;
  hosts: ConnectorHost[];
}

/** What a stack tells about a tenant; nothing in it is secret. */
export interface TenantSummary {
  displayName: string;
  hostname: string;
  hostnames: string[];
  url: string;
  tunnelId: Output<string>;
  tunnelName: string;
  bucket: Output<string> | null;
  endpoint: Output<string> | null;
  instanceIds: Output<string>[];
  /** SSM parameters in which the hosts tell what they run with. */
  hostReports: string[];
  /** Valid generations of the bucket's key, the current one last. */
  keyGenerations: number[];
  parameterNames: Output<string>[];
}

/** A tenant's secrets, for whoever runs cloudflared or the app elsewhere. Secret outputs. */
export interface TenantSecretOutputs {
  connectorToken: Output<string>;
  accessKeyId: Output<string> | null;
  secretAccessKey: Output<string> | null;
}

/** @param hosts in the order of their subnets, as those of `components`. */
export function summarise(
  { tenantId, displayName = tenantId, hostnames }: TenantArgs,
  names: TenantNames,
  hosts: readonly HostNames[],
  components: TenantComponents,
): TenantSummary {
  const { tunnel, bucket, parameters } = components;
  const [hostname = ""] = hostnames;
  return {
    displayName,
    hostname,
    hostnames,
    url: `https://${hostname}/`,
    tunnelId: tunnel.tunnelId,
    tunnelName: names.tunnel,
    bucket: bucket?.bucketName ?? null,
    endpoint: bucket?.endpoint ?? null,
    instanceIds: components.hosts.map(({ instanceId }) => instanceId),
    hostReports: hosts.map(({ reportParameter }) => reportParameter),
    keyGenerations: bucket === undefined ? [] : [...bucket.nodes.tokens.keys()],
    parameterNames: parameters.parameterNames,
  };
}

export function secretOutputs({ tunnel, bucket }: TenantComponents): TenantSecretOutputs {
  const credentials = bucket?.credentials;
  return {
    connectorToken: tunnel.connectorToken,
    accessKeyId: credentials ? derived(credentials, ({ accessKeyId }) => accessKeyId) : null,
    secretAccessKey: credentials ? derived(credentials, ({ secretAccessKey }) => secretAccessKey) : null,
  };
}
