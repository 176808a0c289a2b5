import type { Input } from "@pulumi/pulumi";
import type { ConnectorProtocol, EdgeIpVersion, EdgeRegion } from "../host/choices.ts";
import type { HostApp } from "../host/spec.ts";
import type { JsonValue } from "./jsonValue.ts";

/** What can be said about a host, alone or as one of a tenant's. */
export interface HostSettings {
  /** VPC of the subnets. */
  vpcId: Input<string>;
  /** Amazon Linux 2023 image of the instance type's architecture. A change replaces the host. */
  imageId: string;
  /** EC2 instance type. Default `t4g.micro`, 6.72 USD a month in eu-west-1. */
  instanceType?: string | undefined;
  /** Size of the encrypted gp3 root volume in GiB. Default 8, 0.70 USD a month. */
  rootVolumeGiB?: number | undefined;
  /** How the connector speaks to Cloudflare. Default `auto`: QUIC, else HTTP/2. */
  protocol?: ConnectorProtocol;
  /** IP version of the connector's connections. Default `4`. */
  edgeIpVersion?: EdgeIpVersion;
  /** Where the connector connects to. Default `global`. */
  edgeRegion?: EdgeRegion;
  /** Base URL that has cloudflared as `<version>/cloudflared-linux-<architecture>`. Default: its releases on GitHub. */
  cloudflaredMirror?: string | undefined;
  /** Seconds between two looks of the host at the versions of its parameters. Default 60. */
  pollSeconds?: number | undefined;
  /** Plain variables for the app, in /etc/tenant-edge/app.env. User data is readable, so no secrets. Default: none. */
  environment?: Record<string, string> | undefined;
  /** The app that is started once all that it needs is there. Default: none is started. */
  app?: HostApp | undefined;
  /** Further cloud-config: lists are appended to ours, what is ours cannot be changed. No secrets. Default: none. */
  cloudConfig?: Record<string, JsonValue> | undefined;
  /** True: people can open a shell through AWS Systems Manager, without an open port. Default false. */
  sessionManager?: boolean | undefined;
  /**
   * When the host is replaced, the old one is kept until the new one is seen connected, at most for this time; after it
   * the update fails, the old host stays, and the next update goes on. 0: never wait. Default 900.
   */
  replacementTimeoutSeconds?: number | undefined;
}
