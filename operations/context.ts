/** What the implementation of every operation works with. */

import type { AuditRecord } from "../audit/audit.ts";
import type { AwsClients } from "../clients/awsClients.ts";
import type { CloudflareApi } from "../clients/cloudflareApi.ts";
import type { StackConfig, TenantConfig } from "../config/schema.ts";
import type { ResolvedTenant } from "../config/tenants.ts";
import type { DeployedTenant, DeployedTenants } from "../lifecycle/deployed.ts";
import type { ProjectStacks, StackContents } from "../orphans/known.ts";
import type { DocumentStore } from "../storage/documentStore.ts";
import type { ListDocument, TenantList } from "../tenantList/tenantList.ts";
import type { Call, ProgressEvent } from "./contract.ts";

/** The stack's checked configuration, and its list of tenants as it stands now. */
export interface Configuration {
  /** Without the tenants. */
  settings: Omit<StackConfig, "tenants">;
  region: string;
  /** In the list's order, every default filled in. */
  tenants: readonly ResolvedTenant[];
  /** The same, without what the stack's defaults add. */
  entries: readonly TenantConfig[];
}

/** S3 credentials and connector token of a tenant, from the stack's secret outputs. Null where it has none. */
export interface TenantSecretValues {
  connectorToken: string | null;
  accessKeyId: string | null;
  secretAccessKey: string | null;
}

/** One update of the stack's own history. */
export interface PastUpdate {
  /** Null where the backend does not number them. */
  version: number | null;
  kind: string;
  message: string;
  result: string;
  startedAt: string;
  endedAt: string | null;
  changes: Record<string, number>;
}

/** Brings the stack to what the list says. */
export interface BringOptions {
  /** For the engine's history: "disable acme". */
  message: string;
  /** Tenants that this operation is for. Deletions and replacements of others are refused. */
  tenants: readonly string[];
  /**
   * Changes the list, on a draft for the preview and then for good; run again when the list was changed meanwhile. What it
   * throws ends the operation. Default: the list stays as it is.
   */
  edit?: ((document: ListDocument, configuration: Configuration) => void) | undefined;
  /** Of which types it may delete or replace resources of its tenants. Default: none. */
  mayDestroy?: ((type: string) => boolean) | undefined;
  /** Tenants whose hosts are replaced though nothing of them changed. */
  replaceHostsOf?: readonly string[] | undefined;
}

/** The stack as the engine knows it. Reading runs no program. */
export interface EngineStack {
  /** From the outputs of the last update. Kept until this process updates the stack; `fresh` asks the backend again. */
  deployed(options?: { fresh?: boolean; signal?: AbortSignal | undefined }): Promise<DeployedTenants>;
  /** Undefined for a tenant that is not deployed. */
  secrets(tenant: string, signal?: AbortSignal): Promise<TenantSecretValues | undefined>;
  /** Everything that the project's stacks hold, from the backend, now. A stack that cannot be read is named, not thrown. */
  projectStacks(signal?: AbortSignal): Promise<ProjectStacks>;
  /** What this stack holds, from the backend, now. Undefined when the stack does not exist. */
  contents(): Promise<StackContents | undefined>;
  /** Forgets what an update was doing that was killed. Rejects while another process has the stack's lock. */
  forgetInterrupted(contents: StackContents): Promise<void>;
  /** Has the engine read these again, and forget those that are gone. */
  lookAgain(urns: readonly string[]): Promise<void>;
  /** Forgets these, which are known to be gone. Rejects when something in the state depends on one. */
  forgetDeleted(urns: readonly string[]): Promise<void>;
  /** The newest first. */
  history(limit: number, signal?: AbortSignal): Promise<PastUpdate[]>;
}

export interface OperationContext {
  readonly stack: string;
  readonly list: TenantList;
  readonly engine: EngineStack;
  /** What is kept between runs: probes, counters of sweeps. */
  readonly documents: DocumentStore;
  readonly cloudflare: CloudflareApi;
  /** In the stack's region. */
  readonly aws: AwsClients;
  readonly env: NodeJS.ProcessEnv;
  now(): Date;
  /** Reads and checks the stack file and the list. @throws OperationError invalid-configuration with all problems. */
  configuration(signal?: AbortSignal): Promise<Configuration>;
  /** Hostnames that tenants of the other stacks of the environment have. */
  hostnamesElsewhere(settings: Configuration["settings"]): Promise<ReadonlySet<string>>;
  /** One at a time per stack; previews, checks and updates. Only from within an operation that changes something. */
  bring(options: BringOptions, call: Call): Promise<void>;
  /** The last records of the audit, the newest first; empty where the sink cannot be read. */
  audited(filter: { tenant?: string | undefined; limit: number }): Promise<AuditRecord[]>;
  /** Reports to the caller, with the time. */
  report(call: Call, event: Omit<ProgressEvent, "time">): void;
}

/** A tenant as the list has it and as it was deployed; either may be missing. */
export interface TenantView {
  id: string;
  listed: ResolvedTenant | undefined;
  deployed: DeployedTenant | undefined;
}
