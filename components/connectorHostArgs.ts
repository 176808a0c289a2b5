import type { Input } from "@pulumi/pulumi";
import type { ConnectorProtocol, EdgeIpVersion, EdgeRegion } from "../host/choices.ts";
import type { HostApp } from "../host/spec.ts";
import type { JsonValue } from "./jsonValue.ts";

export interface ConnectorHostArgs {
  /** Shown in the EC2 console, and the start of the security group's name. */
  hostName: string;
  /** Name of the IAM role and of the instance profile, unique in the AWS account. */
  roleName: string;
  /** AWS region of the parameters. */
  region: string;
  /** VPC of the subnet. */
  vpcId: Input<string>;
  /** Private subnet with a route to the Internet through a NAT gateway: the connector calls out, nothing calls in. */
  subnetId: Input<string>;
  /** Amazon Linux 2023 image of the instance type's architecture. A change replaces the host. */
  imageId: string;
  /** EC2 instance type. Default `t4g.micro`, about 6.70 USD a month in eu-west-1. */
  instanceType?: string | undefined;
  /** Size of the encrypted gp3 root volume in GiB. Default 8, about 0.70 USD a month. */
  rootVolumeGiB?: number | undefined;
  /** SSM path that the host reads its parameters from: begins with a slash, ends without one. */
  parameterPath: string;
  /** ARNs of exactly the parameters that the host may read. */
  parameterArns: Input<string>[];
  /** Name of the SSM parameter, made here, in which the host tells what it runs with. It costs nothing. */
  reportParameter: string;
  /** True when there is a parameter with bucket credentials to fetch. Default false. */
  hasBucket?: boolean | undefined;
  /** Customer key that encrypts the parameters. Default: the account's key aws/ssm. */
  kmsKeyArn?: Input<string> | undefined;
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
   * Cloudflare account of the tunnel. With `tunnelId`, a replacement also asks Cloudflare whether the new host is
   * connected, where the API token is in the stack's configuration or in CLOUDFLARE_API_TOKEN.
   */
  accountId?: Input<string> | undefined;
  /** UUID of the tunnel that the host connects to. */
  tunnelId?: Input<string> | undefined;
  /**
   * When the host is replaced, the old one is kept until the new one is seen connected, at most for this time; after it
   * the update fails, the old host stays, and the next update goes on. 0: never wait. Default 900.
   */
  replacementTimeoutSeconds?: number | undefined;
  /** Tags of everything here, the root volume included. Default: none. */
  tags?: Record<string, Input<string>> | undefined;
}
