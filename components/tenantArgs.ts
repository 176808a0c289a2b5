import type { Input } from "@pulumi/pulumi";
import type { OriginOptions, Route } from "../tunnel/ingress.ts";
import type { BucketSettings } from "./bucketSettings.ts";
import type { HostSettings } from "./hostSettings.ts";

export interface TenantBucketSettings extends BucketSettings {
  /** Name of the bucket. Default `te-<environment>-<tenantId>`. */
  name?: string | undefined;
  /** The engine refuses to delete the bucket until this is false. Default true. */
  protect?: boolean | undefined;
}

export interface TenantHostSettings extends HostSettings {
  /**
   * Private subnets with a route to the Internet through a NAT gateway, 1 to 4: one host is made for each entry. The
   * same subnet may stand there more than once.
   */
  subnetIds: Input<string>[];
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
  /** true: the tunnel answers every request with 404. Default false. */
  suspended?: boolean | undefined;
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
