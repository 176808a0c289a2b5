/** Tenants in the emulated clouds, over HTTP, and a context of operations on them without an engine. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { ApiBudget } from "../../clients/apiBudget.ts";
import { AwsClients } from "../../clients/awsClients.ts";
import { CloudflareApi } from "../../clients/cloudflareApi.ts";
import type { DeployedTenant } from "../../lifecycle/deployed.ts";
import { checkConfiguration, type StackFile } from "../../operations/configuration.ts";
import type { BringOptions, OperationContext, TenantSecretValues } from "../../operations/context.ts";
import { reportTo } from "../../operations/report.ts";
import { deployerCredentials } from "../../sandbox/aws/credentials.ts";
import { edgeApp } from "../../sandbox/edge/edge.ts";
import { serveHttp } from "../../sandbox/serveHttp.ts";
import { FolderStore } from "../../storage/folderStore.ts";
import {
  ARM_IMAGE,
  CLOUDFLARE_ACCOUNT,
  EmulatedClouds,
  REGION,
  ZONE,
} from "../sandbox/hosts/emulatedClouds.ts";

const NOT_FOUND = { service: "http_status:404" };

const STACK_FILE: StackFile = {
  path: "Pulumi.test.yaml",
  text: "",
  contents: {},
  raw: {
    environment: "test",
    cloudflare: { accountId: CLOUDFLARE_ACCOUNT, zoneId: ZONE, zoneName: "example.com" },
    hostDefaults: { imageId: ARM_IMAGE },
  },
  secretKeys: [],
  region: REGION,
  provider: () => undefined,
  isEncrypted: () => false,
  others: async () => ({ shards: [], unreadable: [] }),
};

/** Everything of an `OperationContext` that probes, status, list and the sweep use; the rest throws. */
export interface TestContext extends OperationContext {
  /** Raw entries of the tenant list. */
  entries: { id: string; [key: string]: unknown }[];
  readonly deployed: Map<string, DeployedTenant>;
  readonly secretsOf: Map<string, TenantSecretValues>;
  /** How often what was asked. */
  readonly asked: { configuration: number; engine: number; documents: number };
  readonly brought: BringOptions[];
  /** What `bring` does. */
  onBring: (options: BringOptions) => Promise<void>;
  /** Milliseconds that the clock is ahead. */
  ahead: number;
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tenant-edge-probes-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

class CountedStore extends FolderStore {
  reads = 0;

  override read(key: string) {
    this.reads += 1;
    return super.read(key);
  }
}

/** Call inside a test. @param urls of the emulated clouds; without them every call fails. */
export function testContext(
  urls: { cloudflare?: string; aws?: string; env?: NodeJS.ProcessEnv; apiToken?: string } = {},
): TestContext {
  const documents = new CountedStore(temporaryFolder());
  const asked = { configuration: 0, engine: 0, documents: 0 };
  const nowhere = "http://127.0.0.1:9";
  const aws = new AwsClients(REGION, {
    AWS_ACCESS_KEY_ID: deployerCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: deployerCredentials.secretAccessKey,
    AWS_ENDPOINT_URL: urls.aws ?? nowhere,
  });
  onTestFinished(() => aws.close());
  const unused = () => {
    throw new Error("not part of this test");
  };
  const context: TestContext = {
    stack: "test",
    entries: [],
    deployed: new Map(),
    secretsOf: new Map(),
    asked,
    brought: [],
    onBring: async () => {},
    ahead: 0,
    list: { location: "Pulumi.test.yaml", read: unused, change: unused },
    engine: {
      deployed: async () => {
        asked.engine += 1;
        return { tenants: new Map(context.deployed), unreadable: [] };
      },
      secrets: async (id) => context.secretsOf.get(id),
      history: unused,
      projectStacks: unused,
      contents: unused,
      forgetInterrupted: unused,
      lookAgain: unused,
      forgetDeleted: unused,
    },
    documents,
    cloudflare: new CloudflareApi(
      { apiToken: urls.apiToken ?? "none", baseUrl: urls.cloudflare ?? nowhere },
      new ApiBudget(),
    ),
    aws,
    env: urls.env ?? { TENANT_EDGE_EDGE_URL: nowhere, TENANT_EDGE_R2_ENDPOINT: `${nowhere}/r2` },
    now: () => new Date(Date.now() + context.ahead),
    configuration: async () => {
      asked.configuration += 1;
      return checkConfiguration(STACK_FILE, {
        entries: context.entries,
        location: "Pulumi.test.yaml",
      });
    },
    hostnamesElsewhere: async () => new Set(),
    bring: async (options) => {
      context.brought.push(options);
      await context.onBring(options);
    },
    audited: unused,
    report: reportTo,
  };
  Object.defineProperty(asked, "documents", { get: () => documents.reads });
  return context;
}

/** Makes the outputs of a stack that was deployed with the list as it is now. */
export async function deployList(
  context: TestContext,
  changes: Record<string, Partial<DeployedTenant>> = {},
) {
  const { tenants } = await context.configuration();
  context.deployed.clear();
  for (const { id, names, hostnames, bucket, disabled, ...tenant } of tenants) {
    const [hostname = ""] = hostnames;
    context.deployed.set(id, {
      displayName: tenant.displayName,
      hostname,
      hostnames,
      url: `https://${hostname}/`,
      tunnelId: "11111111-1111-4111-8111-111111111111",
      tunnelName: names.tunnel,
      bucket: bucket?.name ?? null,
      endpoint: bucket === undefined ? null : `https://${CLOUDFLARE_ACCOUNT}.r2.cloudflarestorage.com`,
      instanceIds: [],
      hostReports: [],
      keyGenerations: bucket?.keyGenerations ?? [],
      parameterNames: [],
      tunnelSecretGeneration: tenant.tunnelSecretGeneration,
      hubId: tenant.hubId ?? null,
      accountId: tenant.accountId ?? null,
      disabled: disabled ?? null,
      bucketProtected: bucket?.protect ?? false,
      entryDigest: tenant.entryDigest,
      settingsDigest: "",
      holdings: null,
      ...changes[id],
    });
  }
}

export interface ProbedClouds {
  clouds: EmulatedClouds;
  context: TestContext;
  /** The tenant acme: tunnel, record, bucket and key as its entry says. */
  tunnelId: string;
  keyId: string;
  instanceId: string | undefined;
  apiToken: string;
  /** The stack is deployed as the list has it. */
  redeploy(changes?: Partial<DeployedTenant>): Promise<void>;
  /** The host's connector loses Cloudflare, and the host does not notice by itself. */
  breakTunnel(): Promise<void>;
}

/** The tenant acme with everything, deployed and answering. */
export async function probedClouds(
  options: { entry?: Record<string, unknown>; host?: boolean; sessionManager?: boolean } = {},
): Promise<ProbedClouds> {
  const { host = true, sessionManager = false } = options;
  const clouds = await EmulatedClouds.start();
  const { cloudflare } = clouds;
  const tunnel = await clouds.tenantParts({
    ingress: [{ hostname: "acme.example.com", service: "http://localhost:8080" }, NOT_FOUND],
  });
  const keyId = await clouds.publishKey(1);
  const [, , , secretAccessKey = ""] = clouds.secrets;
  clouds.record("acme.example.com", `${tunnel.id}.cfargotunnel.com`);
  const instanceId = host ? (await clouds.boot({ sessionManager })).instanceId : undefined;

  const api = await serveHttp(cloudflare.api);
  onTestFinished(() => api.close());
  const edge = await serveHttp(edgeApp(clouds));
  onTestFinished(() => edge.close());
  const apiToken = cloudflare.mintDeployToken(CLOUDFLARE_ACCOUNT);
  const context = testContext({
    cloudflare: `${api.url}/client/v4`,
    aws: clouds.awsUrl,
    env: { TENANT_EDGE_EDGE_URL: edge.url, TENANT_EDGE_R2_ENDPOINT: `${api.url}/r2` },
    apiToken,
  });
  context.entries = [
    {
      id: "acme",
      bucket: { name: "acme-data" },
      host: { enabled: host, sessionManager },
      ...options.entry,
    },
  ];
  context.secretsOf.set("acme", { connectorToken: null, accessKeyId: keyId, secretAccessKey });
  const redeploy = (changes: Partial<DeployedTenant> = {}) =>
    deployList(context, {
      acme: {
        tunnelId: tunnel.id,
        instanceIds: instanceId === undefined ? [] : [instanceId],
        ...changes,
      },
    });
  await redeploy();
  const breakTunnel = async () => {
    await clouds.systemctl(instanceId ?? "", "stop tenant-edge-watch.timer");
    clouds.hosts.loseTunnel(instanceId ?? "");
  };
  return { clouds, context, tunnelId: tunnel.id, keyId, instanceId, apiToken, redeploy, breakTunnel };
}
