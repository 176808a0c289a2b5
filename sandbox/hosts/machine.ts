/** What a program on a host can see and do. */
import type { Architecture } from "../../host/architecture.ts";
import type { Aws } from "../aws/cloud.ts";
import type { Cloudflare } from "../cloudflare/cloud.ts";
import type { FileSystem } from "./fileSystem.ts";

export interface Machine {
  readonly instanceId: string;
  readonly architecture: Architecture;
  /** UUID under which the host's connector is known. */
  readonly connectorId: string;
  /** Tunnel that let the connector in last. */
  tunnelId: string | undefined;
  readonly files: FileSystem;
  /** Names of the users that exist. */
  readonly users: Set<string>;
  readonly aws: Aws;
  /** Base address of the emulated AWS's wire protocols. */
  readonly awsUrl: () => string;
  readonly cloudflare: Cloudflare;
}
