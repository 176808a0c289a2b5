/** What the engine would do, or does, from its events. */
import type { EngineEvent } from "@pulumi/pulumi/automation/events.js";
import { ResourceType } from "../../naming/resourceTypes.ts";

const TENANT_TYPE = "tenant-edge:index:Tenant";
/** Steps that change nothing in the clouds. */
const QUIET = new Set(["same", "read", "read-replacement", "refresh", "read-discard", "discard-replaced"]);
const DESTRUCTIVE = new Set(["delete", "replace", "delete-replaced", "create-replacement"]);

/** The bucket and what hangs on it. */
export const BUCKET_TYPES: ReadonlySet<string> = new Set([
  "tenant-edge:index:TenantBucket",
  ResourceType.bucket,
  ResourceType.bucketLifecycle,
]);

/** What a tenant keeps while it is disabled. */
export const KEPT_WHILE_DISABLED: ReadonlySet<string> = new Set([
  TENANT_TYPE,
  "tenant-edge:index:TenantTunnel",
  "tenant-edge:index:TenantBucket",
  "tenant-edge:index:TenantSecrets",
  ResourceType.tunnel,
  ResourceType.record,
  ResourceType.bucket,
]);

export interface Step {
  urn: string;
  /** Pulumi's token: `aws:ec2/instance:Instance`. */
  type: string;
  /** Name of the resource in the program. */
  name: string;
  /** Id of the tenant whose resource it is; empty for what is shared. */
  tenant: string;
  /** As the engine calls it: create, update, replace, delete, same... */
  action: string;
}

/** Collects the events of one run. */
export class StepRecorder {
  readonly #steps = new Map<string, Omit<Step, "tenant">[]>();
  readonly #parents = new Map<string, string>();
  readonly diagnostics: string[] = [];
  /** URNs of what could not be done. */
  readonly #failed = new Set<string>();
  /** By URN. */
  readonly #known: ReadonlyMap<string, string>;

  /** @param previewed tells whose a resource is, where the engine ends before it gets to its parents. */
  constructor(previewed: readonly Step[] = []) {
    this.#known = new Map(previewed.map(({ urn, tenant }) => [urn, tenant]));
  }

  record(event: EngineEvent): Step | undefined {
    const { resourcePreEvent, diagnosticEvent, resOpFailedEvent } = event;
    if (resOpFailedEvent !== undefined) this.#failed.add(resOpFailedEvent.metadata.urn);
    if (diagnosticEvent?.severity === "error") this.diagnostics.push(diagnosticEvent.message.trim());
    if (resourcePreEvent === undefined) return undefined;
    const { urn, type, op, old: before, new: after } = resourcePreEvent.metadata;
    const parent = after?.parent ?? before?.parent;
    if (parent) this.#parents.set(urn, parent);
    const step = { urn, type, name: urn.slice(urn.lastIndexOf("::") + 2), action: op };
    this.#steps.set(urn, [...(this.#steps.get(urn) ?? []), step]);
    return { ...step, tenant: this.#tenantOf(urn) };
  }

  /** Every resource the engine looked at; a replacement is several steps. */
  all(): Step[] {
    return [...this.#steps].flatMap(([urn, steps]) =>
      steps.map((step) => ({ ...step, tenant: this.#tenantOf(urn) })),
    );
  }

  /** Ids of the tenants of which something could not be done; "" among them for what is shared. */
  failedTenants(): Set<string> {
    return new Set([...this.#failed].map((urn) => this.#tenantOf(urn)));
  }

  #tenantOf(urn: string): string {
    const known = this.#known.get(urn);
    if (known !== undefined) return known;
    for (let at: string | undefined = urn; at !== undefined; at = this.#parents.get(at)) {
      const [, , type = "", name = ""] = at.slice("urn:pulumi:".length).split("::");
      if (type === TENANT_TYPE) return name;
    }
    return "";
  }
}

export function changesSomething({ action }: Pick<Step, "action">): boolean {
  return !QUIET.has(action);
}

export function isDestructive({ action }: Pick<Step, "action">): boolean {
  return DESTRUCTIVE.has(action);
}
