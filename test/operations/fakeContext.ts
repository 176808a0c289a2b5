/**
 * What operations work with: a list in memory, an emulated Cloudflare account, and in the place of the engine a `bring`
 * that makes the account what the list says.
 */
import { createHash } from "node:crypto";
import { onTestFinished } from "vitest";
import { s3Endpoint } from "../../bucket/credentials.ts";
import { ApiBudget } from "../../clients/apiBudget.ts";
import type { AwsClients } from "../../clients/awsClients.ts";
import { CloudflareApi } from "../../clients/cloudflareApi.ts";
import { lifecycleRecord } from "../../config/lifecycleRecord.ts";
import type { ResolvedTenant } from "../../config/tenants.ts";
import type { DeployedTenant } from "../../lifecycle/deployed.ts";
import { losses } from "../../lifecycle/lostTenants.ts";
import { hostNames } from "../../naming/names.ts";
import { checkConfiguration, type StackFile } from "../../operations/configuration.ts";
import type { BringOptions, OperationContext, TenantSecretValues } from "../../operations/context.ts";
import type { ProgressEvent } from "../../operations/contract.ts";
import { draft } from "../../operations/engine/draft.ts";
import { ErrorCode, OperationError } from "../../operations/errors.ts";
import type { Cloudflare } from "../../sandbox/cloudflare/cloud.ts";
import type { ListDocument, ListSnapshot, TenantList } from "../../tenantList/tenantList.ts";
import { connectorToken } from "../../tunnel/connectorToken.ts";
import { rawStack } from "../config/stacks.ts";
import { ACCOUNT, startCloud } from "../sandbox/cloudflare/serve.ts";

export const START = "2026-11-22T10:00:00.000Z";
const DAY = 86_400_000;

export type Entry = Record<string, unknown> & { id: string };

/** A list in memory; `onRead` may change it behind a reader's back. */
export class MemoryList implements TenantList {
  readonly location = "the list";
  entries: readonly Record<string, unknown>[];
  #version = 1;

  constructor(entries: readonly Record<string, unknown>[]) {
    this.entries = entries;
  }

  async read(): Promise<ListSnapshot> {
    return {
      entries: structuredClone([...this.entries]),
      version: `${this.#version}`,
      location: this.location,
    };
  }

  async change(edit: (document: ListDocument) => void): Promise<ListSnapshot> {
    const document = draft(this.entries);
    edit(document);
    this.entries = document.entries();
    this.#version += 1;
    return await this.read();
  }
}

export function stackFile(settings: Record<string, unknown> = {}): StackFile {
  return {
    path: "Pulumi.prod.yaml",
    text: "config: {}\n",
    contents: {},
    raw: rawStack([], settings),
    secretKeys: [],
    region: "eu-west-1",
    provider: () => undefined,
    isEncrypted: () => false,
    others: async () => ({ shards: [], unreadable: [] }),
  };
}

export interface FakeStack {
  context: OperationContext;
  /** As they stand in the list. */
  entries(): readonly Record<string, unknown>[];
  entry(id: string): Record<string, unknown> | undefined;
  /** Messages of the updates that changed something. */
  updates: string[];
  /** Every `bring`, with those that had nothing to do. */
  brought: BringOptions[];
  events: ProgressEvent[];
  cloud: Cloudflare;
  /** Moves the clock. */
  pass(days: number): void;
  putObject(bucket: string, key: string): void;
  objects(bucket: string): number;
  /** What a host reports; by the name of its parameter. */
  reports: Map<string, { value: string; version: number }>;
  /** Called before an update, after the list was changed. */
  beforeUpdate: (options: BringOptions) => void;
}

/** Without a host unless it says so: hosts have their own tests. */
export const alone = (id: string, more: object = {}): Entry => ({ id, host: { enabled: false }, ...more });

const secretOf = (id: string, generation: number) =>
  createHash("sha256").update(`${id}/${generation}`).digest("base64");

/** Call inside a test. The entries are deployed. */
export async function fakeStack(
  entries: readonly Entry[] = [],
  settings: Record<string, unknown> = {},
): Promise<FakeStack> {
  const { cloud, token, origin } = await startCloud();
  const file = stackFile(settings);
  const list = new MemoryList(entries);
  const deployed = new Map<string, DeployedTenant>();
  const secrets = new Map<string, TenantSecretValues>();
  let passed = 0;
  let digest = "";
  let queue: Promise<unknown> = Promise.resolve();

  function makeTunnel({ id, names, tunnelSecretGeneration }: ResolvedTenant): string {
    const secret = secretOf(id, tunnelSecretGeneration);
    const present = cloud.tunnels.list(ACCOUNT).find((each) => each.name === names.tunnel && !each.deletedAt);
    if (present === undefined) {
      return cloud.tunnels.create(ACCOUNT, {
        name: names.tunnel,
        config_src: "cloudflare",
        tunnel_secret: secret,
      }).id;
    }
    cloud.tunnels.update(ACCOUNT, present.id, { tunnel_secret: secret });
    return present.id;
  }

  function makeBucket(before: string | null | undefined, name: string | null): void {
    const at = (bucket: string) => ({ accountId: ACCOUNT, jurisdiction: "default", name: bucket }) as const;
    if (name !== null && cloud.buckets.get(at(name)) === undefined) {
      cloud.buckets.create(ACCOUNT, "default", { name });
    }
    if (before && before !== name) cloud.buckets.delete(at(before));
  }

  function deploy(tenant: ResolvedTenant): void {
    const { id, hostnames, bucket, host, names } = tenant;
    const tunnelId = makeTunnel(tenant);
    makeBucket(deployed.get(id)?.bucket, bucket?.name ?? null);
    const keyGenerations = bucket?.keyGenerations ?? [];
    const key = keyGenerations.at(-1);
    const [hostname = ""] = hostnames;
    deployed.set(id, {
      displayName: tenant.displayName,
      hostname,
      hostnames,
      url: `https://${hostname}/`,
      tunnelId,
      tunnelName: names.tunnel,
      bucket: bucket?.name ?? null,
      endpoint: bucket === undefined ? null : s3Endpoint(ACCOUNT, bucket.jurisdiction),
      instanceIds: host === undefined ? [] : [`i-${id}`],
      hostReports: host === undefined ? [] : [hostNames("staging", id, 1).reportParameter],
      keyGenerations,
      parameterNames: [],
      ...lifecycleRecord(tenant),
      holdings: null,
    });
    secrets.set(id, {
      connectorToken: connectorToken({
        accountId: ACCOUNT,
        tunnelId,
        tunnelSecret: secretOf(id, tenant.tunnelSecretGeneration),
      }),
      accessKeyId: key === undefined ? null : `${id}-key-${key}`,
      secretAccessKey: key === undefined ? null : `${id}-secret-${key}`,
    });
  }

  async function update(message: string): Promise<void> {
    const { tenants } = await context.configuration();
    const listed = tenants.map(({ id, bucket }) => ({ id, hasBucket: bucket !== undefined }));
    const [loss] = losses(listed, { tenants: deployed, unreadable: [] });
    if (loss !== undefined) throw new OperationError(ErrorCode.UpdateFailed, loss.what);
    const next = JSON.stringify(tenants.map(({ entryDigest }) => entryDigest));
    if (next === digest) return;
    digest = next;
    fake.updates.push(message);
    for (const tenant of tenants) deploy(tenant);
    for (const [id, { tunnelId, bucket }] of [...deployed]) {
      if (tenants.some((tenant) => tenant.id === id)) continue;
      makeBucket(bucket, null);
      cloud.tunnels.delete(ACCOUNT, tunnelId);
      deployed.delete(id);
      secrets.delete(id);
    }
  }

  async function bring(options: BringOptions): Promise<void> {
    fake.brought.push(options);
    await list.change((document) => {
      const present = { entries: document.entries(), version: "1", location: list.location };
      options.edit?.(document, checkConfiguration(file, present));
      checkConfiguration(file, { ...present, entries: document.entries() });
    });
    fake.beforeUpdate(options);
    await update(options.message);
  }

  const ssm = {
    async send({ input }: { input: { Names: string[] } }) {
      const found = input.Names.flatMap((Name) => {
        const parameter = fake.reports.get(Name);
        return parameter === undefined ? [] : [{ Name, Value: parameter.value, Version: parameter.version }];
      });
      return { Parameters: found };
    },
  };

  const context: OperationContext = {
    stack: "prod",
    list,
    engine: {
      deployed: async () => ({ tenants: new Map(deployed), unreadable: [] }),
      secrets: async (id) => secrets.get(id),
      projectStacks: async () => ({ stacks: [], unreadable: [] }),
      contents: async () => undefined,
      forgetInterrupted: async () => {},
      lookAgain: async () => {},
      forgetDeleted: async () => {},
      history: async () => [],
    },
    documents: {
      location: "nowhere",
      read: async () => undefined,
      write: async () => "1",
      delete: async () => {},
      list: async () => [],
    },
    cloudflare: new CloudflareApi({ apiToken: token, baseUrl: `${origin}/client/v4` }, new ApiBudget()),
    aws: { ssm: async () => ssm } as unknown as AwsClients,
    env: { TENANT_EDGE_R2_ENDPOINT: `${origin}/r2/` },
    now: () => new Date(Date.parse(START) + passed),
    configuration: async () => checkConfiguration(file, await list.read()),
    hostnamesElsewhere: async () => new Set(),
    bring: (options) => {
      const result = queue.then(() => bring(options));
      queue = result.catch(() => {});
      return result;
    },
    audited: async () => [],
    report: (_, event) => void fake.events.push({ time: START, ...event }),
  };
  const objectsOf = (name: string) => ({ accountId: ACCOUNT, jurisdiction: "default", name }) as const;
  const fake: FakeStack = {
    context,
    entries: () => list.entries,
    entry: (id) => list.entries.find((entry) => entry["id"] === id),
    updates: [],
    brought: [],
    events: [],
    cloud,
    pass(days) {
      passed += days * DAY;
    },
    putObject: (bucket, key) =>
      void cloud.objects.put(objectsOf(bucket), key, Buffer.from("x"), {
        contentType: "text/plain",
        metadata: {},
      }),
    objects: (bucket) => cloud.objects.list(objectsOf(bucket), "").length,
    reports: new Map(),
    beforeUpdate: () => {},
  };
  onTestFinished(() => queue.then(() => {}));
  await update("first");
  fake.updates.length = 0;
  return fake;
}
