import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  output,
} from "@pulumi/pulumi";
import { type HostNames, hostNames, type TenantNames, tenantNames } from "../naming/names.ts";
import { refuseProblems } from "./argumentProblems.ts";
import { ConnectorHost } from "./connectorHost.ts";
import { derived } from "./derived.ts";
import { Parts } from "./parts.ts";
import type { TenantArgs } from "./tenantArgs.ts";
import { TenantBucket } from "./tenantBucket.ts";
import { TenantSecrets } from "./tenantSecrets.ts";
import { TenantTunnel } from "./tenantTunnel.ts";

const REPLICA_LIMIT = 4;

type Tags = Record<string, Input<string>>;

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

/** The components that a tenant is made of. */
interface TenantComponents {
  tunnel: TenantTunnel;
  bucket: TenantBucket | undefined;
  parameters: TenantSecrets;
  hosts: ConnectorHost[];
}

interface TenantParts extends TenantComponents {
  summary: TenantSummary;
  secrets: TenantSecretOutputs;
}

/** Names of the tenant's hosts, in the order of their subnets. */
function namesOfHosts({ environment, tenantId, host }: TenantArgs): HostNames[] {
  return (host?.subnetIds ?? []).map((_, index) => hostNames(environment, tenantId, index + 1));
}

function tenantProblems({ host }: TenantArgs): string[] {
  const count = host?.subnetIds.length;
  if (count === undefined || (count >= 1 && count <= REPLICA_LIMIT)) return [];
  return [`host.subnetIds: give 1 to ${REPLICA_LIMIT} subnets, one for each host, not ${count}`];
}

/**
 * One customer's private front door: a tunnel with hostnames, and optionally a bucket with a key of its own and hosts
 * that run the connector.
 */
export class Tenant extends ComponentResource {
  static readonly #parts = new Parts<Tenant, TenantParts>();

  constructor(name: string, args: TenantArgs, opts?: ComponentResourceOptions) {
    refuseProblems("Tenant", name, tenantProblems(args));
    super("tenant-edge:index:Tenant", name, {}, opts);
    const names = tenantNames(args.environment, args.tenantId);

    const tunnel = this.#createTunnel(name, args, names);
    const tags = {
      ...args.tags,
      "tenant-edge:environment": args.environment,
      "tenant-edge:tenant": args.tenantId,
      "tenant-edge:tunnel-id": tunnel.tunnelId,
    };
    const bucket = this.#createBucket(name, args, names);
    const parameters = this.#createSecrets(name, args, { tunnel, bucket }, tags);
    const hosts = this.#createHosts(name, args, { tunnel, bucket, parameters }, tags, opts?.dependsOn);

    const summary = this.#summarise(args, names, { tunnel, bucket, parameters, hosts });
    const secrets = this.#exposeSecrets(tunnel, bucket);
    Tenant.#parts.set(this, { tunnel, bucket, parameters, hosts, summary, secrets });
    this.registerOutputs({ ...summary, ...secrets });
  }

  get summary(): TenantSummary {
    return Tenant.#parts.get(this).summary;
  }

  get secrets(): TenantSecretOutputs {
    return Tenant.#parts.get(this).secrets;
  }

  get tunnel(): TenantTunnel {
    return Tenant.#parts.get(this).tunnel;
  }

  get bucket(): TenantBucket | undefined {
    return Tenant.#parts.get(this).bucket;
  }

  get parameters(): TenantSecrets {
    return Tenant.#parts.get(this).parameters;
  }

  get hosts(): readonly ConnectorHost[] {
    return Tenant.#parts.get(this).hosts;
  }

  #createTunnel(name: string, args: TenantArgs, names: TenantNames): TenantTunnel {
    return new TenantTunnel(
      name,
      {
        accountId: args.accountId,
        zoneId: args.zoneId,
        tunnelName: names.tunnel,
        hostnames: args.hostnames,
        ...args.origin,
        routes: args.routes,
        recordComment: names.mark,
        secretGeneration: args.tunnelSecretGeneration,
      },
      { parent: this },
    );
  }

  #createBucket(name: string, args: TenantArgs, names: TenantNames): TenantBucket | undefined {
    if (args.bucket === undefined) return undefined;
    const { name: bucketName = names.bucket, protect = true, ...settings } = args.bucket;
    return new TenantBucket(
      name,
      {
        accountId: args.accountId,
        bucketName,
        ...settings,
        hostReportParameters: namesOfHosts(args).map(({ reportParameter }) => reportParameter),
      },
      { parent: this, protect },
    );
  }

  #createSecrets(
    name: string,
    args: TenantArgs,
    { tunnel, bucket }: Pick<TenantComponents, "tunnel" | "bucket">,
    tags: Tags,
  ): TenantSecrets {
    return new TenantSecrets(
      name,
      {
        parameterPath: tenantNames(args.environment, args.tenantId).parameterPath,
        connectorToken: tunnel.connectorToken,
        bucketCredentials: bucket?.credentials,
        kmsKeyArn: args.kmsKeyArn,
        tags,
      },
      { parent: this },
    );
  }

  /**
   * After the tunnel's configuration and the parameters: so that they boot once, and are gone first on a destroy. The
   * first host carries no number, in the engine and in the clouds. Ids have no double hyphen: `acme--2` is no other tenant.
   */
  #createHosts(
    name: string,
    args: TenantArgs,
    { tunnel, bucket, parameters }: Omit<TenantComponents, "hosts">,
    tags: Tags,
    dependsOn: ComponentResourceOptions["dependsOn"],
  ): ConnectorHost[] {
    if (args.host === undefined) return [];
    const { subnetIds, ...settings } = args.host;
    const names = namesOfHosts(args);
    const { parameterPath } = tenantNames(args.environment, args.tenantId);
    const options = {
      parent: this,
      dependsOn: output(dependsOn).apply((resources) => [
        tunnel.nodes.config,
        parameters,
        ...(resources === undefined ? [] : [resources].flat()),
      ]),
    };
    return names.map(({ host, role, reportParameter }, index) => {
      const subnetId = subnetIds[index] ?? "";
      return new ConnectorHost(
        index === 0 ? name : `${name}--${index + 1}`,
        {
          ...settings,
          hostName: host,
          roleName: role,
          region: args.region,
          subnetId,
          parameterPath,
          parameterArns: parameters.parameterArns,
          reportParameter,
          hasBucket: bucket !== undefined,
          kmsKeyArn: args.kmsKeyArn,
          accountId: args.accountId,
          tunnelId: tunnel.tunnelId,
          tags,
        },
        options,
      );
    });
  }

  #summarise(
    args: TenantArgs,
    names: TenantNames,
    { tunnel, bucket, parameters, hosts }: TenantComponents,
  ): TenantSummary {
    const { tenantId, displayName = tenantId, hostnames } = args;
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
      instanceIds: hosts.map(({ instanceId }) => instanceId),
      hostReports: namesOfHosts(args).map(({ reportParameter }) => reportParameter),
      keyGenerations: bucket === undefined ? [] : [...bucket.nodes.tokens.keys()],
      parameterNames: parameters.parameterNames,
    };
  }

  #exposeSecrets(tunnel: TenantTunnel, bucket: TenantBucket | undefined): TenantSecretOutputs {
    const credentials = bucket?.credentials;
    return {
      connectorToken: tunnel.connectorToken,
      accessKeyId: credentials ? derived(credentials, ({ accessKeyId }) => accessKeyId) : null,
      secretAccessKey: credentials ? derived(credentials, ({ secretAccessKey }) => secretAccessKey) : null,
    };
  }
}
