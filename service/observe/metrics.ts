/** What the service counts, in Prometheus' text format. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { Condition, TenantState } from "../../operations/choices.ts";
import type { RecentList } from "./recently.ts";

export interface MetricsOptions {
  recentList: RecentList;
  running: () => number;
  /** Calls of Cloudflare's API that may still be made now. */
  apiCallsLeft: () => number;
  tokensReadable: () => boolean;
}

export interface Metrics {
  countRequest(labels: { route: string; method: string; status: number }, seconds: number): void;
  countOperation(operation: string, result: string, seconds: number): void;
  contentType: string;
  text(): Promise<string>;
}

/** Methods are whatever a client sends; labels must not be. */
const METHODS = new Set(["GET", "HEAD", "POST", "DELETE", "PUT", "PATCH", "OPTIONS"]);

const REQUEST_BUCKETS = [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 240];
const OPERATION_BUCKETS = [1, 5, 15, 30, 60, 120, 300, 600, 1800];

export function createMetrics(options: MetricsOptions): Metrics {
  const { recentList, running, apiCallsLeft, tokensReadable } = options;
  const registry = new Registry();
  const registers = [registry];
  const requests = new Histogram({
    name: "tenant_edge_http_request_duration_seconds",
    help: "Requests answered, by route, method and status.",
    labelNames: ["route", "method", "status"],
    buckets: REQUEST_BUCKETS,
    registers,
  });
  const operations = new Counter({
    name: "tenant_edge_operations_total",
    help: "Operations ended, by operation and result.",
    labelNames: ["operation", "result"],
    registers,
  });
  const durations = new Histogram({
    name: "tenant_edge_operation_duration_seconds",
    help: "How long operations took, waiting for others included.",
    labelNames: ["operation"],
    buckets: OPERATION_BUCKETS,
    registers,
  });
  new Gauge({
    name: "tenant_edge_operations_running",
    help: "Operations that run or wait.",
    registers,
    collect() {
      this.set(running());
    },
  });
  /** Undefined when the list cannot be read, of which tenant_edge_list_readable tells. */
  const tenants = async () => {
    try {
      return (await recentList()).tenants;
    } catch {
      return undefined;
    }
  };
  new Gauge({
    name: "tenant_edge_tenants",
    help: "Tenants by state.",
    labelNames: ["state"],
    registers,
    async collect() {
      const all = await tenants();
      this.reset();
      if (all === undefined) return;
      for (const state of Object.values(TenantState)) {
        this.set({ state }, all.filter((tenant) => tenant.state === state).length);
      }
    },
  });
  new Gauge({
    name: "tenant_edge_tunnels",
    help: "Tenants by condition, as last probed.",
    labelNames: ["condition"],
    registers,
    async collect() {
      const all = await tenants();
      this.reset();
      if (all === undefined) return;
      for (const condition of Object.values(Condition)) {
        this.set({ condition }, all.filter((tenant) => tenant.condition === condition).length);
      }
    },
  });
  new Gauge({
    name: "tenant_edge_list_readable",
    help: "1 when the list of tenants could be read for this scrape.",
    registers,
    async collect() {
      this.set((await tenants()) === undefined ? 0 : 1);
    },
  });
  new Gauge({
    name: "tenant_edge_cloudflare_api_calls_left",
    help: "Calls of Cloudflare's API that operations, sweeps and service of this machine may still make now.",
    registers,
    collect() {
      this.set(apiCallsLeft());
    },
  });
  new Gauge({
    name: "tenant_edge_tokens_readable",
    help: "1 while the file of the service's tokens can be read.",
    registers,
    collect() {
      this.set(tokensReadable() ? 1 : 0);
    },
  });
  return {
    countRequest: ({ route, method, status }, seconds) => {
      requests.observe({ route, method: METHODS.has(method) ? method : "other", status }, seconds);
    },
    countOperation: (operation, result, seconds) => {
      operations.inc({ operation, result });
      durations.observe({ operation }, seconds);
    },
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}
