/** Operations on tenants that live in memory, whose pace the test decides. */
import { randomUUID } from "node:crypto";
import { hostnameProblem, RESERVED_SUBDOMAINS } from "../../config/hostnames.ts";
import { tenantIdOf } from "../../lifecycle/tenantIds.ts";
import {
  type Call,
  type InputOf,
  OPERATIONS,
  type OperationName,
  type Operations,
  ProgressKind,
  type ResultOf,
} from "../../operations/contract.ts";
import { ErrorCode, OperationError } from "../../operations/errors.ts";
import { EXAMPLES } from "../../service/examples.ts";

interface Tenant {
  tenant: string;
  hubId: string | null;
  hostname: string;
  tunnelId: string;
  bucket: string | null;
  keyGeneration: number;
  tunnelSecretGeneration: number;
  enabled: boolean;
}

export interface FakeCall {
  operation: string;
  input: unknown;
  actor: string | undefined;
  requestId: string | undefined;
}

/** What an answer never may carry. */
export const MASTER_TOKEN = "cloudflare-master-token-3f9a";

export class FakeOperations {
  readonly tenants = new Map<string, Tenant>();
  readonly calls: FakeCall[] = [];
  /** Changing operations wait here; they go on when the test resolves it, or when they are aborted. */
  gate: Promise<void> = Promise.resolve();
  /** Thrown by the next operation with this name. */
  readonly failures = new Map<string, unknown>();
  /** Without it the operations do not even look at their signal. */
  heedsSignals = true;

  /** Closes the gate. @returns what opens it. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.gate = promise;
    return resolve;
  }

  count(operation: OperationName): number {
    return this.calls.filter((call) => call.operation === operation).length;
  }

  async #pass(operation: string, input: unknown, call: Call | undefined): Promise<void> {
    this.calls.push({ operation, input, actor: call?.actor, requestId: call?.requestId });
    if (OPERATIONS[operation as OperationName]?.changes) {
      const report = (message: string) =>
        call?.onProgress?.({ time: new Date().toISOString(), kind: ProgressKind.Note, message });
      report(`${operation} begins`);
      const aborted = new Promise((_, reject) => {
        if (!this.heedsSignals) return;
        const stop = () => reject(new OperationError(ErrorCode.Aborted, "It was stopped."));
        if (call?.signal?.aborted) stop();
        call?.signal?.addEventListener("abort", stop);
      });
      await Promise.race([this.gate, aborted]);
      report(`${operation} ends`);
    }
    const failure = this.failures.get(operation);
    this.failures.delete(operation);
    if (failure !== undefined) throw failure;
  }

  #find(input: { tenant?: unknown; hubId?: unknown; tunnelId?: unknown }): Tenant {
    for (const tenant of this.tenants.values()) {
      if (tenant.tenant === input.tenant || tenant.tunnelId === input.tunnelId) return tenant;
      if (input.hubId !== undefined && tenant.hubId === input.hubId) return tenant;
    }
    throw new OperationError(ErrorCode.TenantNotFound, "There is no such tenant.", {
      ways: ["List the tenants."],
    });
  }

  #credentials({ tenant, bucket, keyGeneration }: Tenant) {
    const key = (kind: string) => (bucket === null ? null : `${kind}-${tenant}-${keyGeneration}`);
    return {
      bucket,
      endpoint: bucket === null ? null : "https://r2.test",
      region: "auto" as const,
      accessKeyId: key("id"),
      secretAccessKey: key("secret"),
      keyGeneration: bucket === null ? null : keyGeneration,
    };
  }

  #enrolled(tenant: Tenant, created: boolean): ResultOf<"enroll"> {
    const { hostname, tunnelId } = tenant;
    const result = {
      ...this.#credentials(tenant),
      tenant: tenant.tenant,
      created,
      tunnelId,
      tunnelName: `test-${tenant.tenant}`,
      tunnelToken: `token-${tenant.tenant}-${tenant.tunnelSecretGeneration}`,
      hostname,
      hostnames: [hostname],
      url: `https://${hostname}`,
    };
    // As if a careless implementation told too much.
    return Object.assign(result, { master: MASTER_TOKEN });
  }

  #status(tenant: Tenant): ResultOf<"status"> {
    return {
      ...EXAMPLES.status.result,
      ...{ tenant: tenant.tenant, hubId: tenant.hubId, enabled: tenant.enabled, tunnelId: tenant.tunnelId },
      state: tenant.enabled ? "active" : "disabled",
      disabled: tenant.enabled ? null : DISABLED,
      condition: tenant.enabled ? "Ready" : "Disabled",
      hostname: tenant.hostname,
      bucket: tenant.bucket,
      keyGenerations: tenant.bucket === null ? [] : [tenant.keyGeneration],
      tunnelSecretGeneration: tenant.tunnelSecretGeneration,
    };
  }

  /** The operations themselves. */
  open(): Operations {
    const method =
      <N extends OperationName>(name: N, run: (input: InputOf<N>) => ResultOf<N>) =>
      async (input: InputOf<N>, call?: Call) => {
        await this.#pass(name, input, call);
        return run(input);
      };
    return {
      target: { environment: "test", stack: "organization/tenant-edge/test", list: "Pulumi.test.yaml" },
      budget: { left: () => 1200 },
      close: async () => undefined,
      plan: async (operation, input, call) => {
        await this.#pass("plan", input, call);
        return { operation, tenant: "", list: [], steps: [], notes: [] };
      },
      enroll: method("enroll", (input) => {
        const id = input.tenant ?? tenantIdOf(input.hubId ?? "");
        const present = this.tenants.get(id);
        if (present !== undefined) {
          if (!present.enabled && input.reactivate !== true) {
            throw new OperationError(ErrorCode.TenantDisabled, `${id} is disabled.`);
          }
          present.enabled = true;
          return this.#enrolled(present, false);
        }
        refuseWrong(input);
        const tenant: Tenant = {
          tenant: id,
          hubId: input.hubId ?? null,
          hostname: input.hostname ?? `${input.subdomain ?? id}.example.com`,
          tunnelId: randomUUID(),
          bucket: input.bucket === false ? null : `test-${id}`,
          keyGeneration: 1,
          tunnelSecretGeneration: 1,
          enabled: true,
        };
        this.tenants.set(id, tenant);
        return this.#enrolled(tenant, true);
      }),
      status: method("status", (input) => this.#status(this.#find(input))),
      token: method("token", (input) => {
        const { tenant, tunnelId, tunnelSecretGeneration } = this.#find(input);
        return { tenant, tunnelId, token: `token-${tenant}-${tunnelSecretGeneration}` };
      }),
      rotateKeys: method("rotateKeys", (input) => {
        const tenant = this.#find(input);
        if (tenant.bucket === null) throw new OperationError(ErrorCode.NoBucket, "It has no bucket.");
        tenant.keyGeneration = input.to ?? tenant.keyGeneration + 1;
        const kept = { keyGenerations: [tenant.keyGeneration], revoked: [], oldKeysUntil: null };
        return { ...this.#credentials(tenant), ...kept, tenant: tenant.tenant };
      }),
      rotateTunnel: method("rotateTunnel", (input) => {
        const tenant = this.#find(input);
        tenant.tunnelSecretGeneration = input.to ?? tenant.tunnelSecretGeneration + 1;
        const { tunnelId, tunnelSecretGeneration } = tenant;
        const token = `token-${tenant.tenant}-${tunnelSecretGeneration}`;
        return { tenant: tenant.tenant, tunnelId, tunnelSecretGeneration, token };
      }),
      disable: method("disable", (input) => {
        const tenant = this.#find(input);
        tenant.enabled = false;
        const { bucket } = tenant;
        return { tenant: tenant.tenant, state: "disabled", disabled: DISABLED, bucket, objectsDeleted: 0 };
      }),
      enable: method("enable", (input) => {
        const tenant = this.#find(input);
        tenant.enabled = true;
        return this.#enrolled(tenant, false);
      }),
      remove: method("remove", (input) => {
        const id = input.tenant ?? this.#find(input).tenant;
        return { tenant: id, state: "absent", changed: this.tenants.delete(id), objectsDeleted: 0 };
      }),
      expire: method("expire", () => ({ due: [] })),
      list: method("list", () => ({
        environment: "test",
        stack: "organization/tenant-edge/test",
        tenants: [...this.tenants.values()].map((tenant) => this.#status(tenant)),
      })),
      sweepHealth: method("sweepHealth", () => ({
        checked: this.tenants.size,
        notChecked: 0,
        unhealthy: [],
      })),
      sweepOrphans: method("sweepOrphans", () => ({ seen: 0, orphans: [] })),
      repair: method("repair", () => ({ unlocked: false, interrupted: [], leftovers: [], gone: [] })),
      usage: method("usage", () => EXAMPLES.usage.result),
      history: method("history", () => EXAMPLES.history.result),
    };
  }
}

/** What the real ones refuse, by the same rules. */
function refuseWrong({ subdomain, hostname }: InputOf<"enroll">): void {
  const zone = {
    ...{ accountId: "account", zoneId: "zone", zoneName: "example.com" },
    ...{ subdomainPrefix: "", certificateHostnames: [] },
  };
  const wanted = [
    ...(subdomain === undefined ? [] : [{ path: "subdomain", hostname: `${subdomain}.${zone.zoneName}` }]),
    ...(hostname === undefined ? [] : [{ path: "hostname", hostname }]),
  ];
  const problems = wanted.flatMap((name) => {
    const found = hostnameProblem(name, zone, RESERVED_SUBDOMAINS);
    return found === undefined ? [] : [{ path: name.path, message: `allowed: ${found.allowed}` }];
  });
  if (problems.length === 0) return;
  throw new OperationError(ErrorCode.InvalidInput, "enroll cannot be done like this", { problems });
}

const DISABLED = EXAMPLES.disable.result.disabled;
