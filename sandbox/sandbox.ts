/** The sandbox cloud as one running thing: emulated Cloudflare and AWS, hosts, edge, providers and language host. */
import { join } from "node:path";
import { Aws, type AwsOptions } from "./aws/cloud.ts";
import { deployerCredentials } from "./aws/credentials.ts";
import { noteSecret, SecretKind } from "./canaries/secrets.ts";
import { Cloudflare, type CloudflareOptions } from "./cloudflare/cloud.ts";
import { edgeApp } from "./edge/edge.ts";
import { DEFAULT_STACK } from "./engine/defaultStack.ts";
import type { Engine } from "./engine/engine.ts";
import { LanguageHostKind } from "./engine/engine.ts";
import { engineEnvironment, programEnvironment } from "./engine/environment.ts";
import { serveLanguageHost } from "./engine/languageHost.ts";
import { awsFaults } from "./faults/awsFaults.ts";
import { cloudflareFaults } from "./faults/cloudflareFaults.ts";
import { Faults } from "./faults/faults.ts";
import { Hosts } from "./hosts/hosts.ts";
import { awsProvider } from "./providers/aws/awsProvider.ts";
import { cloudflareProvider } from "./providers/cloudflare/cloudflareProvider.ts";
import type { RetryOptions } from "./providers/cloudflare/retry.ts";
import { randomProvider } from "./providers/random/randomProvider.ts";
import { type ServedProvider, serveProvider } from "./providers/serveProvider.ts";
import { accountIds, awsAccountOf, readStackValues, regionOf, seedAws, seedCloudflare } from "./seed.ts";
import { type HttpServer, serveHttp } from "./serveHttp.ts";
import { makeStorageBucket } from "./storageBucket.ts";
import { Store } from "./store.ts";

/** Where Cloudflare's API lies below a base URL. */
const API_PATH = "/client/v4";

/** Where R2's S3 side lies. */
const R2_PATH = "/r2";

/** Pauses before the Cloudflare provider tries a refused call again, in milliseconds; the real one's are 2,000 to 30,000. */
const RETRY: Partial<RetryOptions> = { baseDelay: 20, maxDelay: 320 };

/** How long closing waits for hosts that are just booting, in milliseconds. */
const BOOT_PATIENCE = 5_000;

/** The packages whose providers the sandbox can play. */
export const SandboxProvider = { aws: "aws", cloudflare: "cloudflare", random: "random" } as const;
export type SandboxProvider = (typeof SandboxProvider)[keyof typeof SandboxProvider];

export interface SandboxOptions {
  /** Where the state lies; several sandboxes have a folder each. */
  folder: string;
  /** The project folder whose stack files say what exists (see `seed.ts`). */
  project: string;
  engine: Engine;
  /** The stack in use: its region, AWS account and Cloudflare account are those that are played. Default: staging. */
  stack?: string | undefined;
  /** Port of the emulated edge. Default: any free one. */
  edgePort?: number | undefined;
  /** Providers that the engine should start itself, as real plugins, against the emulated APIs. Default: none. */
  realProviders?: readonly SandboxProvider[];
  /** For tests: how the emulated clouds behave. */
  cloudflare?: Omit<CloudflareOptions, "store" | "objectsFolder">;
  /** How the Cloudflare provider tries a refused call again. Default: as often as the real one, and much sooner. */
  cloudflareRetry?: Partial<RetryOptions> | undefined;
  /**
   * For tests: a bucket to make, for which engine and program get the storage's credentials. Default: they have those of
   * the user's environment.
   */
  storageBucket?: string | undefined;
  /** Which calls go wrong. Default: none. */
  faults?: Faults | undefined;
  /** Of the engine's state. Default: one that everybody knows, because what lies in the sandbox opens no real account. */
  passphrase?: string | undefined;
  /** For tests. An `intercept` of one's own takes the place of `faults`. */
  aws?: Omit<AwsOptions, "store" | "region" | "accountId">;
}

export interface SandboxUrls {
  cloudflare: string;
  aws: string;
  edge: string;
}

export interface Sandbox {
  readonly cloudflare: Cloudflare;
  readonly aws: Aws;
  readonly hosts: Hosts;
  readonly urls: SandboxUrls;
  /** Environment for the engine. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Closes what was opened, in reverse order, also when opening fails half-way. */
class Closers {
  readonly #closers: (() => void | Promise<void>)[] = [];

  add<T extends { close(): void | Promise<void> }>(thing: T): T {
    this.#closers.unshift(() => thing.close());
    return thing;
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0)) await close();
  }
}

/** Opens the state in the folder and serves it on free ports of 127.0.0.1. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const closers = new Closers();
  try {
    return await open(options, closers);
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function open(options: SandboxOptions, closers: Closers): Promise<Sandbox> {
  const { folder, engine } = options;
  const stacks = readStackValues(options.project, options.stack ?? DEFAULT_STACK);
  const region = regionOf(stacks);
  const store = closers.add(Store.open(folder));
  const cloudflare = new Cloudflare({ ...options.cloudflare, store, objectsFolder: join(folder, "objects") });
  const faults = options.faults ?? new Faults();
  const intercept = awsFaults(faults, store);
  const aws = closers.add(
    new Aws({ intercept, ...options.aws, store, region, accountId: awsAccountOf(stacks) }),
  );
  seedCloudflare(cloudflare, stacks);
  seedAws(aws, stacks);

  const cloudflareServer = closers.add(await serveHttp(cloudflareFaults(cloudflare.api, faults, store)));
  const awsServer = closers.add(await serveHttp(aws.wire));
  const hosts = new Hosts({ cloudflare, aws, store, awsUrl: () => awsServer.url });
  const edge: HttpServer = closers.add(await serveHttp(edgeApp({ cloudflare, hosts }), options.edgePort));
  hosts.start();

  const [accountId] = accountIds(stacks);
  const apiToken = accountId === undefined ? undefined : cloudflare.mintDeployToken(accountId);
  const baseUrl = `${cloudflareServer.url}${API_PATH}`;
  const real = options.realProviders ?? [];
  const providers = await serveProviders(closers, real, {
    baseUrl,
    apiToken: apiToken ?? "",
    retry: options.cloudflareRetry ?? RETRY,
    aws,
    faults,
  });
  noteSecret(SecretKind.DeployKey, deployerCredentials.secretAccessKey);
  const { passphrase } = options;
  if (passphrase !== undefined) noteSecret(SecretKind.Passphrase, passphrase);
  const clouds = {
    ...(passphrase === undefined ? {} : { PULUMI_CONFIG_PASSPHRASE: passphrase }),
    CLOUDFLARE_BASE_URL: baseUrl,
    ...(apiToken === undefined ? {} : { CLOUDFLARE_API_TOKEN: apiToken }),
    AWS_ENDPOINT_URL: awsServer.url,
    AWS_ACCESS_KEY_ID: deployerCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: deployerCredentials.secretAccessKey,
    // Where the operations look for buckets and hostnames.
    TENANT_EDGE_R2_ENDPOINT: `${cloudflareServer.url}${R2_PATH}`,
    TENANT_EDGE_EDGE_URL: edge.url,
    ...(accountId === undefined || options.storageBucket === undefined
      ? {}
      : makeStorageBucket(cloudflare, accountId, options.storageBucket)),
  };
  const languageHost =
    engine.languageHost === LanguageHostKind.Attached
      ? closers.add(await serveLanguageHost({ env: { ...programEnvironment(), ...clouds } }))
      : undefined;

  const urls = { cloudflare: baseUrl, aws: awsServer.url, edge: edge.url };
  return {
    cloudflare,
    aws,
    hosts,
    urls,
    env: engineEnvironment({
      engine,
      folder,
      addresses: { providers, ...(languageHost === undefined ? {} : { languageHost: languageHost.port }) },
      extra: {
        ...clouds,
        // A real plugin that is to take part may have to be fetched.
        ...(real.length === 0 ? {} : { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "false" }),
      },
    }),
    async close() {
      await Promise.race([hosts.settled(), patience(BOOT_PATIENCE)]);
      await hosts.stop();
      await closers.close();
    },
  };
}

/** The provider ports by package, of all packages but those that the engine is to find itself. */
async function serveProviders(
  closers: Closers,
  real: readonly SandboxProvider[],
  clouds: { baseUrl: string; apiToken: string; retry: Partial<RetryOptions>; aws: Aws; faults: Faults },
): Promise<Record<string, number>> {
  const serve: Record<SandboxProvider, () => Promise<ServedProvider>> = {
    aws: () => serveProvider(awsProvider(clouds.aws), clouds.faults),
    cloudflare: () => serveProvider(cloudflareProvider(clouds), clouds.faults),
    random: () => serveProvider(randomProvider(), clouds.faults),
  };
  const ports: Record<string, number> = {};
  for (const name of Object.values(SandboxProvider)) {
    if (!real.includes(name)) ports[name] = closers.add(await serve[name]()).port;
  }
  return ports;
}

function patience(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
