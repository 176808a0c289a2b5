/** What a host is told at its first boot: everything that its user data is made from. Nothing in it is secret. */
import type { ConnectorProtocol, EdgeIpVersion, EdgeRegion } from "./choices.ts";

export interface ConnectorOptions {
  protocol: ConnectorProtocol;
  edgeIpVersion: EdgeIpVersion;
  edgeRegion: EdgeRegion;
}

/** A container that Docker runs; Docker is installed when the image has none. */
export interface ContainerApp {
  /** Image reference that needs no login, best pinned by digest. */
  image: string;
  /** Port in the container and on the host's loopback interface. */
  port: number;
}

/** The app: a container, or a systemd unit of the image (`my-app.service`). */
export interface HostApp {
  container?: ContainerApp | undefined;
  unit?: string | undefined;
}

export interface HostSpec {
  /** AWS region of the parameters. */
  region: string;
  /** SSM path of the tenant, without a slash at its end. */
  parameterPath: string;
  /** SSM parameter that this host reports to. */
  reportParameter: string;
  /** True when the tenant has a bucket whose credentials the host should fetch. */
  hasBucket: boolean;
  /** EC2 instance type; decides which build of cloudflared is fetched. */
  instanceType: string;
  /** Base URL that has cloudflared as `<version>/cloudflared-linux-<architecture>`. Default: its releases on GitHub. */
  cloudflaredMirror?: string | undefined;
  connector: ConnectorOptions;
  /** Seconds between two looks at the parameters' versions. */
  pollSeconds: number;
  /** Plain variables for the app. */
  environment: Readonly<Record<string, string>>;
  /** Started when all that it needs is there. Default: nothing is started. */
  app?: HostApp | undefined;
  /** Where the app answers HTTP: the host's first connector starts once it does. Default: it does not wait for the app. */
  appUrl?: string | undefined;
  /** True: the agent of AWS Systems Manager runs, for shells without an open port. False: it is switched off. */
  sessionManager: boolean;
  /** Further cloud-config, which is merged with ours. Default: none. */
  cloudConfig?: Readonly<Record<string, unknown>> | undefined;
}
