/** The HTTP service: the operations of one environment, for programs. */
import { OpenAPIHono, type z } from "@hono/zod-openapi";
import { methodNotAllowed } from "hono/method-not-allowed";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import type { Logger } from "pino";
import type { Operations } from "../operations/contract.ts";
import type { DocumentStore } from "../storage/documentStore.ts";
import { ACCESS_LIMITS, type AccessLimits, createAllow } from "./auth/allow.ts";
import type { TokenSource } from "./auth/tokenFile.ts";
import type { ServiceApp, ServiceContext } from "./context.ts";
import { registerComponents } from "./document/responses.ts";
import type { ServiceEnv } from "./environment.ts";
import { describeError } from "./observe/describeError.ts";
import { createMetrics } from "./observe/metrics.ts";
import { observeRequest } from "./observe/observeRequest.ts";
import { recently } from "./observe/recently.ts";
import { checkOptions } from "./options.ts";
import { answerProblem } from "./problems/answerProblem.ts";
import { problem } from "./problems/problem.ts";
import { ServiceCode } from "./problems/problemTypes.ts";
import { addDocumentation } from "./routes/documentation.ts";
import { addEnvironment } from "./routes/environment.ts";
import { addHealth } from "./routes/health.ts";
import { addManagedCloudflare } from "./routes/managedCloudflare.ts";
import { addOperations } from "./routes/operations.ts";
import { addPlans } from "./routes/plans.ts";
import { addTenants } from "./routes/tenants.ts";
import { addTunnels } from "./routes/tunnels.ts";
import { IdempotencyKeys } from "./runs/idempotencyKeys.ts";
import { Reads } from "./runs/reads.ts";
import { Runner } from "./runs/runner.ts";
import { RunStore } from "./runs/runRecord.ts";

export interface ServiceOptions {
  /** Of one stack, or of all stacks of an environment. For several of them, make a service of each, with a base path of its own. */
  operations: Operations;
  tokens: TokenSource;
  /** Where operations and idempotency keys are kept, for a restart and for the next process. */
  documents: DocumentStore;
  log: Logger;
  /** For the document. */
  version: string;
  /** Where it is reached: mounted by another app, or behind a proxy, as "/staging". Default: at the root. */
  basePath?: string | undefined;
  /** How long an answer may be waited for, 1 to 3600. Default 240. */
  waitSeconds?: number | undefined;
  /** For how long the progress of what has ended stays in memory. Default 900. */
  progressSeconds?: number | undefined;
  /** Operations that run or wait at once. Default 100. */
  mostRuns?: number | undefined;
  /** After how long what a process runs that says nothing more is taken up by another. Default 30. */
  leaseSeconds?: number | undefined;
  /** Default: ACCESS_LIMITS. */
  limits?: AccessLimits | undefined;
  /** Proxies in front of the service that add to X-Forwarded-For, at most 10. Default 0: the header is not looked at. */
  trustedProxies?: number | undefined;
  /** true: /metrics needs no token. Default false. */
  metricsOpen?: boolean | undefined;
  now?: (() => Date) | undefined;
}

export interface Service {
  readonly app: ServiceApp;
  /** Takes up what a former process left unfinished, and forgets what is too old. @returns how many it took up. */
  resume(): Promise<number>;
  /**
   * Refuses new operations, lets what runs end within the bound, aborts the rest for the next process to take up.
   *
   * @param hurry cuts the bound short.
   */
  drain(milliseconds: number, hurry?: AbortSignal): Promise<void>;
}

const LIST_MILLISECONDS = 10_000;
const STORAGE_MILLISECONDS = 5000;
const TIDY_MILLISECONDS = 3600 * 1000;

/** Headers tell what the client got wrong in writing the request; everything else is its content. */
function refuse(target: string, error: z.ZodError): never {
  const problems = error.issues.map(({ path, message }) => ({
    path: [target, ...path.map(String)].join("."),
    message,
  }));
  const code = target === "header" ? ServiceCode.MalformedRequest : ServiceCode.InvalidRequest;
  throw problem(code, "The request is not what this route takes; problems says where.", { problems });
}

/** @throws OperationError not-set-up for options that are out of bounds. */
export function createService(options: ServiceOptions): Service {
  checkOptions(options);
  const { operations, tokens, documents, log, version } = options;
  const now = options.now ?? (() => new Date());
  const prefix = `service/${operations.target.environment.replaceAll(/[^A-Za-z0-9_-]/g, "-")}`;
  const store = new RunStore(documents, prefix);
  const keys = new IdempotencyKeys(documents, prefix, now);
  const recentList = recently(
    () => operations.list({}, { signal: AbortSignal.timeout(LIST_MILLISECONDS), actor: "service" }),
    now,
  );
  const tokensReadable = () => tokens.readable?.() ?? true;
  const metrics = createMetrics({
    recentList,
    running: () => runner.running,
    apiCallsLeft: () => operations.budget.left(),
    tokensReadable,
  });
  const runner = new Runner({
    operations,
    store,
    log,
    now,
    progressSeconds: options.progressSeconds ?? 900,
    mostRuns: options.mostRuns ?? 100,
    leaseSeconds: options.leaseSeconds ?? 30,
    onEnd: metrics.countOperation,
  });
  const stopping = new AbortController();
  const context: ServiceContext = {
    operations,
    runner,
    reads: new Reads(),
    keys,
    allow: createAllow({
      tokens,
      limits: options.limits ?? ACCESS_LIMITS,
      trustedProxies: options.trustedProxies ?? 0,
      now,
    }),
    metrics,
    recentList,
    basePath: options.basePath ?? "",
    waitSeconds: options.waitSeconds ?? 240,
    metricsOpen: options.metricsOpen ?? false,
    stopping: stopping.signal,
    checkStorage: recently(
      () => documents.read(`${prefix}/ready`, AbortSignal.timeout(STORAGE_MILLISECONDS)),
      now,
    ),
    tokensReadable,
  };

  const problems = { log, basePath: context.basePath };

  const app: ServiceApp = new OpenAPIHono<ServiceEnv>({
    defaultHook: (result) => {
      if (!result.success) refuse(result.target, result.error);
    },
  });
  app.use(requestId());
  app.use(
    secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      overwrite: false,
    }),
  );
  app.use(observeRequest(metrics, log));
  app.use(async (c, next) => {
    await next();
    // Answers hold secrets, and change from one moment to the next.
    if (!c.res.headers.has("Cache-Control")) c.res.headers.set("Cache-Control", "no-store");
  });
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) =>
        answerProblem(
          c,
          problem(
            ServiceCode.MethodNotAllowed,
            `There is no ${c.req.method} here, but ${methods.join(", ")}.`,
            {
              headers: { Allow: methods.join(", ") },
            },
          ),
          problems,
        ),
    }),
  );
  app.onError((error, c) => answerProblem(c, error, problems));
  app.notFound((c) =>
    answerProblem(
      c,
      problem(ServiceCode.NotFound, "There is no such path. /openapi.json has them all."),
      problems,
    ),
  );

  registerComponents(app);
  addTunnels(app, context);
  addManagedCloudflare(app, context);
  addTenants(app, context);
  addEnvironment(app, context);
  addPlans(app, context);
  addOperations(app, context);
  addHealth(app, context);
  addDocumentation(app, context, version);

  const tidy = async () => {
    await keys.tidy();
    await runner.resume();
  };
  const timer = setInterval(() => {
    tidy().catch((error: unknown) =>
      log.error({ error: describeError(error) }, "old operations not forgotten"),
    );
  }, TIDY_MILLISECONDS);
  timer.unref();

  return {
    app,
    resume: async () => {
      await keys.tidy();
      return runner.resume();
    },
    drain: async (milliseconds, hurry) => {
      clearInterval(timer);
      await runner.drain(milliseconds, hurry);
      stopping.abort();
    },
  };
}
