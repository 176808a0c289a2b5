/** AWS's APIs for the operations, each client loaded at its first use. */
import type { EC2Client } from "@aws-sdk/client-ec2";
import type { IAMClient } from "@aws-sdk/client-iam";
import type { SSMClient } from "@aws-sdk/client-ssm";
import type { STSClient } from "@aws-sdk/client-sts";

/** What every client is made with. */
interface ClientSettings {
  region: string;
  endpoint?: string;
  profile?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

/** In one region, with the credentials of an environment: its keys when it has them, else the SDK's own chain. */
export class AwsClients {
  readonly #settings: ClientSettings;
  #ec2: Promise<EC2Client> | undefined;
  #iam: Promise<IAMClient> | undefined;
  #ssm: Promise<SSMClient> | undefined;
  #sts: Promise<STSClient> | undefined;

  /** @param profile of the shared configuration files, where the environment has no keys. Default: AWS_PROFILE. */
  constructor(region: string, env: NodeJS.ProcessEnv, profile: string | undefined = env["AWS_PROFILE"]) {
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
    const { AWS_SESSION_TOKEN: sessionToken, AWS_ENDPOINT_URL: endpoint } = env;
    this.#settings = {
      region,
      ...(endpoint !== undefined && { endpoint }),
      ...(profile !== undefined && { profile }),
      ...(accessKeyId !== undefined &&
        secretAccessKey !== undefined && {
          credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
        }),
    };
  }

  ec2(): Promise<EC2Client> {
    this.#ec2 ??= import("@aws-sdk/client-ec2").then(({ EC2Client }) => new EC2Client(this.#settings));
    return this.#ec2;
  }

  iam(): Promise<IAMClient> {
    this.#iam ??= import("@aws-sdk/client-iam").then(({ IAMClient }) => new IAMClient(this.#settings));
    return this.#iam;
  }

  ssm(): Promise<SSMClient> {
    this.#ssm ??= import("@aws-sdk/client-ssm").then(({ SSMClient }) => new SSMClient(this.#settings));
    return this.#ssm;
  }

  sts(): Promise<STSClient> {
    this.#sts ??= import("@aws-sdk/client-sts").then(({ STSClient }) => new STSClient(this.#settings));
    return this.#sts;
  }

  /** Closes the sockets that are kept open. */
  async close(): Promise<void> {
    const opened = [this.#ec2, this.#iam, this.#ssm, this.#sts];
    await Promise.all(opened.map(async (client) => (await client)?.destroy()));
  }
}
