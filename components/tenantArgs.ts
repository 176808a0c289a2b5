import type { Input } from "@pulumi/pulumi";
import type { BucketAccess, BucketJurisdiction, BucketLocation, StorageClass } from "../bucket/choices.ts";
import type { LifecycleRule } from "../bucket/lifecycle.ts";
import type { ConnectorProtocol, EdgeIpVersion, EdgeRegion } from "../host/choices.ts";
import type { HostApp } from "../host/spec.ts";
import type { OriginOptions, Route } from "../tunnel/ingress.ts";
import type { JsonValue } from "./jsonValue.ts";

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
  /** Generations of the key that are valid, the current one last. Default `[1]`. */
  keyGenerations?: number[] | undefined;
  /** `[]` clears rules that were set; leaving it out touches none. Default: none. */
  lifecycleRules?: LifecycleRule[] | undefined;
}

export interface TenantHostSettings {
  /** Amazon Linux 2023 image of the instance type's architecture. */
  imageId: string;
  /** VPC of the subnets. */
  vpcId: Input<string>;
  /**
   * Private subnets with a route to the Internet through a NAT gateway, 1 to 4: one host is made for each entry. The
   * same subnet may stand there more than once.
   */
  subnetIds: Input<string>[];
  /** Default `t4g.micro`. */
  instanceType?: string | undefined;
  /** Default 8. */
  rootVolumeGiB?: number | undefined;
  /** Default `auto`. */
  protocol?: ConnectorProtocol;
  /** Default `4`. */
  edgeIpVersion?: EdgeIpVersion;
  /** Default `global`. */
  edgeRegion?: EdgeRegion;
  /** Default: the releases on GitHub. */
  cloudflaredMirror?: string | undefined;
  /** Default 60. */
  pollSeconds?: number | undefined;
  /** Plain variables for the app. Default: none. */
  environment?: Record<string, string> | undefined;
  /** Default: none is started. */
  app?: HostApp | undefined;
  /** Default: none. */
  cloudConfig?: Record<string, JsonValue> | undefined;
  /** Default false. */
  sessionManager?: boolean | undefined;
  /** How long a replaced host is kept at most until the new one is connected. Default 900. */
  replacementTimeoutSeconds?: number | undefined;
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
  /** The tenant's hosts. Default: none; the customer runs cloudflared with the connector token. */
  host?: TenantHostSettings | undefined;
  /** Customer key for the parameters. Default: the account's key aws/ssm. */
  kmsKeyArn?: string | undefined;
  /** Tags of every AWS resource, besides ours. Default: none. */
  tags?: Record<string, string> | undefined;
}
