import { ComponentResource, type ComponentResourceOptions, type Input, output } from "@pulumi/pulumi";
import { appUrl } from "../host/app.ts";
import { type HostNames, hostNames, type TenantNames, tenantNames } from "../naming/names.ts";
import { REPLICA_LIMIT } from "../network/placement.ts";
import { DEFAULT_SERVICE } from "../tunnel/ingress.ts";
import { refuseProblems } from "./argumentProblems.ts";
import { ConnectorHost } from "./connectorHost.ts";
import { Parts } from "./parts.ts";
import type { TenantArgs } from "./tenantArgs.ts";
import { TenantBucket } from "./tenantBucket.ts";
import {
  secretOutputs,
  summarise,
  type TenantComponents,
  type TenantSecretOutputs,
  type TenantSummary,
} from "./tenantOutputs.ts";
import { TenantSecrets } from "./tenantSecrets.ts";
import { TenantTunnel } from "./tenantTunnel.ts";

type Tags = Record<string, Input<string>>;

/** What the parts of a tenant are called. */
interface Names extends TenantNames {
  /** In the order of their subnets. */
  hosts: readonly HostNames[];
}

interface TenantParts extends TenantComponents {
  summary: TenantSummary;
  secrets: TenantSecretOutputs;
}

function namesOf({ environment, tenantId, host }: TenantArgs): Names {
  const subnets = host?.subnetIds ?? [];
  const hosts = subnets.map((_, index) => hostNames(environment, tenantId, index + 1));
  return { ...tenantNames(environment, tenantId), hosts };
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
    const names = namesOf(args);

    const tunnel = this.#createTunnel(name, args, names);
    const tags = {
      ...args.tags,
      "tenant-edge:environment": args.environment,
      "tenant-edge:tenant": args.tenantId,
      "tenant-edge:tunnel-id": tunnel.tunnelId,
    };
    const bucket = this.#createBucket(name, args, names);
    const parameters = this.#createSecrets(name, args, names, { tunnel, bucket }, tags);
    const hosts = this.#createHosts(name, args, names, { tunnel, bucket, parameters }, tags, opts?.dependsOn);

    const components = { tunnel, bucket, parameters, hosts };
    const summary = summarise(args, names, names.hosts, components);
    const secrets = secretOutputs(components);
    Tenant.#parts.set(this, { ...components, summary, secrets });
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

  #createTunnel(name: string, args: TenantArgs, names: Names): TenantTunnel {
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
        suspended: args.suspended,
        secretGeneration: args.tunnelSecretGeneration,
      },
      { parent: this },
    );
  }

  #createBucket(name: string, args: TenantArgs, names: Names): TenantBucket | undefined {
    if (args.bucket === undefined) return undefined;
    const { name: bucketName = names.bucket, protect = true, ...settings } = args.bucket;
    return new TenantBucket(
      name,
      {
        accountId: args.accountId,
        bucketName,
        ...settings,
        hostReportParameters: names.hosts.map(({ reportParameter }) => reportParameter),
      },
      { parent: this, protect },
    );
  }

  #createSecrets(
    name: string,
    args: TenantArgs,
    names: Names,
    { tunnel, bucket }: Pick<TenantComponents, "tunnel" | "bucket">,
    tags: Tags,
  ): TenantSecrets {
    return new TenantSecrets(
      name,
      {
        parameterPath: names.parameterPath,
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
   * first host carries no number, in the engine and in the clouds. Ids have no double hyphen: `acme--2` is no other
   * tenant.
   */
  #createHosts(
    name: string,
    args: TenantArgs,
    names: Names,
    { tunnel, bucket, parameters }: Omit<TenantComponents, "hosts">,
    tags: Tags,
    dependsOn: ComponentResourceOptions["dependsOn"],
  ): ConnectorHost[] {
    if (args.host === undefined) return [];
    const { subnetIds, ...settings } = args.host;
    const options = {
      parent: this,
      dependsOn: output(dependsOn).apply((resources) => [
        tunnel.nodes.config,
        parameters,
        ...(resources === undefined ? [] : [resources].flat()),
      ]),
    };
    return names.hosts.map(
      ({ host, role, reportParameter }, index) =>
        new ConnectorHost(
          index === 0 ? name : `${name}--${index + 1}`,
          {
            ...settings,
            hostName: host,
            roleName: role,
            region: args.region,
            subnetId: subnetIds[index] ?? "",
            parameterPath: names.parameterPath,
            parameterArns: parameters.parameterArns,
            reportParameter,
            appUrl: appUrl(args.host?.app, args.origin?.service ?? DEFAULT_SERVICE),
            hasBucket: bucket?.credentials !== undefined,
            kmsKeyArn: args.kmsKeyArn,
            accountId: args.accountId,
            tunnelId: tunnel.tunnelId,
            tags,
          },
          options,
        ),
    );
  }
}
