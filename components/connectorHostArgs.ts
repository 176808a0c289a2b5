import type { Input } from "@pulumi/pulumi";
import type { HostSettings } from "./hostSettings.ts";

export interface ConnectorHostArgs extends HostSettings {
  /** Shown in the EC2 console, and the start of the security group's name. */
  hostName: string;
  /** Name of the IAM role and of the instance profile, unique in the AWS account. */
  roleName: string;
  /** AWS region of the parameters. */
  region: string;
  /** Private subnet with a route to the Internet through a NAT gateway: the connector calls out, nothing calls in. */
  subnetId: Input<string>;
  /** SSM path that the host reads its parameters from: begins with a slash, ends without one. */
  parameterPath: string;
  /** ARNs of exactly the parameters that the host may read. */
  parameterArns: Input<string>[];
  /** Name of the SSM parameter, made here, in which the host tells what it runs with. It costs nothing. */
  reportParameter: string;
  /** True when there is a parameter with bucket credentials to fetch. Default false. */
  hasBucket?: boolean | undefined;
  /** Where the app answers HTTP: the first connector starts once it does. Default: it does not wait for the app. */
  appUrl?: string | undefined;
  /** Customer key that encrypts the parameters. Default: the account's key aws/ssm. */
  kmsKeyArn?: Input<string> | undefined;
  /**
   * Cloudflare account of the tunnel. With `tunnelId`, a replacement also asks Cloudflare whether the new host is
   * connected, where the API token is in the stack's configuration or in CLOUDFLARE_API_TOKEN.
   */
  accountId?: Input<string> | undefined;
  /** UUID of the tunnel that the host connects to. */
  tunnelId?: Input<string> | undefined;
  /** Tags of everything here, the root volume included. Default: none. */
  tags?: Record<string, Input<string>> | undefined;
}
