import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  output,
} from "@pulumi/pulumi";
import type { BucketAccess, BucketJurisdiction, BucketLocation, StorageClass } from "../bucket/choices.ts";
import type { LifecycleRule } from "../bucket/lifecycle.ts";
import { type TenantNames, tenantNames } from "../naming/names.ts";
import type { OriginOptions, Route } from "../tunnel/ingress.ts";
import { ConnectorHost } from "./connectorHost.ts";
import { derived } from "./derived.ts";
import { Parts } from "./parts.ts";
import { TenantBucket } from "./tenantBucket.ts";
import { TenantSecrets } from "./tenantSecrets.ts";
import { TenantTunnel } from "./tenantTunnel.ts";

export interface TenantBucketSettings {
  /** Name of the bucket. Default `te-<environment>-<tenantId>`. */
  name?: string | undefined;
  /** Default `weur`. */
  location?: BucketLocation;
  /** It can never change. Default `default`. */
  jurisdiction?: BucketJurisdiction;
  /** Default `Standard`. */
  storageClass?: StorageClass;
  /** What the tenant's key may do. Default `read-write`. */
  access?: BucketAccess;
  /** The engine refuses to delete the bucket until this is false. Default true. */
  protect?: boolean | undefined;
  /** `[]` clears rules that were set; leaving it out touches none. Default: none. */
  lifecycleRules?: LifecycleRule[] | undefined;
}

export interface TenantHostSettings {
  /** Amazon Linux 2023 image of the instance type's architecture. */
  imageId: string;
  /** VPC of the subnet. */
  vpcId: Input<string>;
  /** Private subnet with a route to the Internet through a NAT gateway. */
  subnetId: Input<string>;
  /** Default `t4g.micro`. */
  instanceType?: string | undefined;
  /** Default 8. */
  rootVolumeGiB?: number | undefined;
  /** Plain variables for the app. Default: none. */
  environment?: Record<string, string> | undefined;
}

export interface TenantOriginSettings extends OriginOptions {
  /** What the tunnel forwards to, as seen from the host. Default `http://localhost:8080`. */
  service?: string | undefined;
}

export interface TenantArgs {
  /** Environment that every physical name begins with: 1 to 16 lower-case letters and digits. */
  environment: string;
  /** Immutable id: lower-case letters, digits and single hyphens. */
  tenantId: string;
  /** Name for people; part of no physical name. Default: the id. */
  displayName?: string | undefined;
  /** Cloudflare account of tunnel, bucket and token. */
  accountId: string;
  /** Zone of the hostnames, in the same account. */
  zoneId: string;
  /** AWS region of parameters and host. */
  region: string;
  /** Hostnames in full, the tenant's own first. */
  hostnames: string[];
  /** The app behind the tunnel. Default: see there. */
  origin?: TenantOriginSettings | undefined;
  /** Paths that go elsewhere. Default: none. */
  routes?: Route[] | undefined;
  /** A change makes a new tunnel secret. Default 1. */
  tunnelSecretGeneration?: number | undefined;
  /** The tenant's bucket. Default: none. */
  bucket?: TenantBucketSettings | undefined;
  /** The tenant's host. Default: none; the customer runs cloudflared with the connector token. */
  host?: TenantHostSettings | undefined;
  /** Customer key for the parameters. Default: the account's key aws/ssm. */
  kmsKeyArn?: string | undefined;
  /** Tags of every AWS resource, besides ours. Default: none. */
  tags?: Record<string, string> | undefined;
}

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
  host: ConnectorHost | undefined;
}

interface TenantParts extends TenantComponents {
  summary: TenantSummary;
  secrets: TenantSecretOutputs;
}

/**
 * One customer's private front door: a tunnel with hostnames, and optionally a bucket with a key of its own and a host
 * that runs the connector.
 */
export class Tenant extends ComponentResource {
  static readonly #parts = new Parts<Tenant, TenantParts>();

  constructor(name: string, args: TenantArgs, opts?: ComponentResourceOptions) {
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
    const host = this.#createHost(name, args, { tunnel, bucket, parameters }, tags, opts?.dependsOn);

    const summary = this.#summarise(args, names, { tunnel, bucket, parameters, host });
    const secrets = this.#exposeSecrets(tunnel, bucket);
    Tenant.#parts.set(this, { tunnel, bucket, parameters, host, summary, secrets });
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

  get host(): ConnectorHost | undefined {
    return Tenant.#parts.get(this).host;
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
      { accountId: args.accountId, bucketName, ...settings },
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

  /** After the tunnel's configuration and the parameters: so that it boots once, and is gone first on a destroy. */
  #createHost(
    name: string,
    args: TenantArgs,
    { tunnel, bucket, parameters }: Omit<TenantComponents, "host">,
    tags: Tags,
    dependsOn: ComponentResourceOptions["dependsOn"],
  ): ConnectorHost | undefined {
    if (args.host === undefined) return undefined;
    const names = tenantNames(args.environment, args.tenantId);
    return new ConnectorHost(
      name,
      {
        hostName: names.tunnel,
        roleName: names.role,
        region: args.region,
        parameterPath: names.parameterPath,
        parameterArns: parameters.parameterArns,
        hasBucket: bucket !== undefined,
        kmsKeyArn: args.kmsKeyArn,
        tags,
        ...args.host,
      },
      {
        parent: this,
        dependsOn: output(dependsOn).apply((resources) => [
          tunnel.nodes.config,
          parameters,
          ...(resources === undefined ? [] : [resources].flat()),
        ]),
      },
    );
  }

  #summarise(
    { tenantId, displayName = tenantId, hostnames }: TenantArgs,
    names: TenantNames,
    { tunnel, bucket, parameters, host }: TenantComponents,
  ): TenantSummary {
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
      instanceIds: host === undefined ? [] : [host.instanceId],
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
