/** Opens the operations on one stack. */
import { resolve } from "node:path";
import { openAudit } from "../audit/openAudit.ts";
import { announcing } from "../clients/apiWork.ts";
import { AwsClients } from "../clients/awsClients.ts";
import { CloudflareApi } from "../clients/cloudflareApi.ts";
import { sharedBudget } from "../clients/sharedBudget.ts";
import { keepFacts } from "../probes/keptProbes.ts";
import { openDocumentStore } from "../storage/openDocumentStore.ts";
import { openTenantList } from "../tenantList/openTenantList.ts";
import { AuditRecorder } from "./auditRecorder.ts";
import { byName } from "./byName.ts";
import { checkInput } from "./checkInput.ts";
import { checkConfiguration, hostnamesElsewhere, readStackFile } from "./configuration.ts";
import type { OperationContext } from "./context.ts";
import {
  type Call,
  type InputOf,
  type OperationName,
  type Operations,
  ProgressKind,
  type ResultOf,
} from "./contract.ts";
import { disable } from "./disable.ts";
import { enable } from "./enable.ts";
import { AutomationStack } from "./engine/automationStack.ts";
import { Changes } from "./engine/changes.ts";
import { enroll } from "./enroll.ts";
import { ErrorCode, OperationError } from "./errors.ts";
import { expire } from "./expire.ts";
import { history } from "./history.ts";
import { knownError } from "./knownErrors.ts";
import { list } from "./list.ts";
import { auditPlace, dataPlace } from "./places.ts";
import { plan } from "./plan.ts";
import { remove } from "./remove.ts";
import { mendBeforeUpdate, repair } from "./repair.ts";
import { reportTo } from "./report.ts";
import { rotateKeys } from "./rotateKeys.ts";
import { rotateTunnel } from "./rotateTunnel.ts";
import { status } from "./status.ts";
import { sweepHealth } from "./sweepHealth.ts";
import { sweepOrphans } from "./sweepOrphans.ts";
import { token } from "./token.ts";
import { usage } from "./usage.ts";

const API_TOKEN = "cloudflare:apiToken";
const LOCK_PATIENCE_SECONDS = 300;

export interface OpenOptions {
  /** Folder of Pulumi.yaml and the stack files. Default: the present one. */
  directory?: string | undefined;
  /** Name of the stack: `prod`. */
  stack: string;
  /** Where the engine, its backend and the clouds' credentials are found. Default: that of this process. */
  env?: NodeJS.ProcessEnv | undefined;
  /** Who acts, for the audit. Default: the user of this process and the machine. */
  actor?: string | undefined;
  /** For the audit. Default `library`. */
  surface?: string | undefined;
  /** How long to wait for another process that works on the stack. Default 300. */
  lockPatienceSeconds?: number | undefined;
  /**
   * Where probes and counters are kept: a folder, or `s3://bucket/prefix?endpoint=…&region=…`. Default:
   * TENANT_EDGE_DATA, else the folder `.tenant-edge` beside Pulumi.yaml.
   */
  data?: string | undefined;
  /**
   * Where the audit goes: `stdout:`, `file:///…/audit.jsonl`, `s3://bucket/prefix?…`. Default: TENANT_EDGE_AUDIT, else
   * `audit.jsonl` in the folder of `data`, or `data` itself when that is a bucket.
   */
  audit?: string | undefined;
  /** For tests. Default: the real clock. */
  now?: (() => Date) | undefined;
}

type Implementation = {
  [N in OperationName]: (context: OperationContext, input: InputOf<N>, call: Call) => Promise<ResultOf<N>>;
};

const IMPLEMENTATION: Implementation = {
  enroll,
  status,
  token,
  rotateKeys,
  rotateTunnel,
  disable,
  enable,
  remove,
  expire,
  list,
  sweepHealth,
  sweepOrphans,
  repair,
  usage,
  history,
};

/**
 * Opens the operations on a stack. Nothing is asked of a cloud yet, and of the engine only an encrypted API token.
 *
 * @throws OperationError invalid-configuration when there is no such stack file, or it has problems.
 */
export async function openOperations(options: OpenOptions): Promise<Operations> {
  try {
    return await open(options);
  } catch (error) {
    throw knownError(error);
  }
}

async function open(options: OpenOptions): Promise<Operations> {
  const { stack, env = process.env, now = () => new Date() } = options;
  const directory = resolve(options.directory ?? ".");
  const file = await readStackFile(directory, stack);
  const { tenantList } = file.raw;
  const shared = typeof tenantList === "string" ? tenantList : undefined;
  const list = await openTenantList({ directory, stack, tenantList: shared, env });
  const { settings, region } = checkConfiguration(file, await list.read());
  const data = dataPlace(directory, env, options.data);
  const [documents, audit] = await Promise.all([
    openDocumentStore(data, env),
    openAudit(auditPlace(data, env, options.audit), env),
  ]);

  const engine = new AutomationStack({ directory, stack, env });
  const aws = new AwsClients(region, env, file.provider("aws:profile"));
  const encrypted = file.isEncrypted(API_TOKEN) ? await engine.setting(API_TOKEN) : undefined;
  const apiToken = checkedToken(encrypted ?? file.provider(API_TOKEN) ?? env["CLOUDFLARE_API_TOKEN"]);
  const cloudflare = new CloudflareApi(
    { apiToken, baseUrl: file.provider("cloudflare:baseUrl") ?? env["CLOUDFLARE_BASE_URL"] },
    sharedBudget(apiToken, settings.cloudflareLimit, env),
  );
  const changes = new Changes({
    stack,
    list,
    engine,
    lockPatienceSeconds: options.lockPatienceSeconds ?? LOCK_PATIENCE_SECONDS,
    readStackFile: () => readStackFile(directory, stack),
    mend: (contents, tell, signal) =>
      mendBeforeUpdate(context, contents, { signal, onProgress: ({ time: _, ...event }) => tell(event) }),
    onDeployed: (deployed) => keepFacts(context, deployed),
  });
  const context: OperationContext = {
    stack,
    list,
    engine,
    documents,
    cloudflare,
    aws,
    env,
    now,
    configuration: async (signal) =>
      checkConfiguration(await readStackFile(directory, stack), await list.read(signal)),
    hostnamesElsewhere: async (settings) =>
      hostnamesElsewhere(await readStackFile(directory, stack), settings),
    bring: (change, call) => changes.bring(change, call),
    audited: async (filter) => (await audit.read?.(filter)) ?? [],
    report: reportTo,
  };
  const record = new AuditRecorder(audit, {
    environment: settings.environment,
    stack,
    actor: options.actor,
    surface: options.surface,
  });

  const run =
    <N extends OperationName>(name: N) =>
    async (input: InputOf<N>, call: Call = {}): Promise<ResultOf<N>> => {
      const checked = checkInput(name, input);
      const tell = (message: string) => reportTo(call, { kind: ProgressKind.Note, message });
      try {
        return await record.around(name, checked, call, () =>
          announcing(tell, () => IMPLEMENTATION[name](context, checked, call)),
        );
      } catch (error) {
        throw knownError(error, call.signal);
      }
    };

  return {
    ...byName(run),
    plan: async (name, input, call = {}) => await plan(context, changes, name, checkInput(name, input), call),
    target: { environment: settings.environment, stack, list: list.location },
    budget: cloudflare.budget,
    async close() {
      await changes.idle();
      await aws.close();
    },
  };
}

/** A header could not carry it, and clients repeat in their errors what they cannot send. */
function checkedToken(token: string | undefined): string | undefined {
  const trimmed = token?.trim();
  if (trimmed === undefined || trimmed === "") return undefined;
  if (/^[!-~]+$/.test(trimmed)) return trimmed;
  throw new OperationError(ErrorCode.NotSetUp, "the Cloudflare API token is more than one word", {
    ways: ["set CLOUDFLARE_API_TOKEN, or cloudflare:apiToken of the stack, to the token alone"],
  });
}
