/** What the routes work with. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Operations } from "../operations/contract.ts";
import type { Allow } from "./auth/allow.ts";
import type { ServiceEnv } from "./environment.ts";
import type { Metrics } from "./observe/metrics.ts";
import type { RecentList } from "./observe/recently.ts";
import type { IdempotencyKeys } from "./runs/idempotencyKeys.ts";
import type { Reads } from "./runs/reads.ts";
import type { Runner } from "./runs/runner.ts";

export type ServiceApp = OpenAPIHono<ServiceEnv>;

export interface ServiceContext {
  operations: Operations;
  runner: Runner;
  reads: Reads;
  keys: IdempotencyKeys;
  allow: Allow;
  metrics: Metrics;
  recentList: RecentList;
  /** Where the service is mounted: empty, or as `/staging`. */
  basePath: string;
  /** How long an answer may be waited for. */
  waitSeconds: number;
  metricsOpen: boolean;
  /** Aborts when the process has waited long enough for what runs. */
  stopping: AbortSignal;
  /** Rejects when the document store does not answer. */
  checkStorage(): Promise<unknown>;
  tokensReadable(): boolean;
}
