/** What the routes work with. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Operations } from "../operations/contract.ts";
import type { Allow } from "./auth/allow.ts";
import type { ServiceEnv } from "./environment.ts";
import type { Metrics } from "./observe/metrics.ts";
import type { RecentList } from "./observe/recentList.ts";
import type { IdempotencyKeys } from "./runs/idempotencyKeys.ts";
import type { Runner } from "./runs/runner.ts";

export type ServiceApp = OpenAPIHono<ServiceEnv>;

export interface ServiceContext {
  operations: Operations;
  runner: Runner;
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
  /** The document store answers. */
  checkStorage(signal: AbortSignal): Promise<void>;
}
