/** What happens to a tenant, step by step, as its entry in the stack file. */

/** What is tried with a tenant: with a host, or without one, which is far quicker. */
export interface Tenant {
  id: string;
  hasHost: boolean;
}

/** An entry of `tenant-edge:tenants`; `undefined` when the tenant is not in the list. */
export type Entry = Readonly<Record<string, unknown>> | undefined;

export const Operation = {
  create: "create",
  update: "update",
  newKey: "rotate keys: new key",
  oldKey: "rotate keys: old key revoked",
  rotateTunnel: "rotate tunnel",
  disable: "disable",
  remove: "remove",
  destroy: "destroy",
} as const;
export type Operation = (typeof Operation)[keyof typeof Operation];

export interface Step {
  operation: Operation;
  entry(tenant: Tenant): Entry;
  /** Makes no sense without this one before it. */
  needs?: Operation;
}

/** Matches the ids of `tenantOf`, and nothing else that there is in the clouds. */
export const TENANT_ID = /tenant-\d{4}/;

export function tenantOf(index: number, hasHost: boolean): Tenant {
  return { id: `tenant-${String(index).padStart(4, "0")}`, hasHost };
}

const LIFECYCLE_RULE = { id: "logs", prefix: "logs/", expireAfterDays: 30 };
const PAST = "2026-11-22T10:00:00Z";

const basic = ({ id, hasHost }: Tenant) => ({ id, ...(hasHost ? {} : { host: { enabled: false } }) });

const later = (tenant: Tenant, keyGenerations: readonly number[], tunnelSecretGeneration = 1) => ({
  ...basic(tenant),
  hostnames: [`more-${tenant.id}.example.com`],
  origin: { service: "http://127.0.0.1:9000" },
  tunnelSecretGeneration,
  bucket: { access: "read-only", keyGenerations, lifecycleRules: [LIFECYCLE_RULE] },
});

const disabled = (tenant: Tenant) => ({
  ...later(tenant, [2], 2),
  disabled: { since: PAST, keepUntil: PAST, purge: true },
});

/** In their order. Each is one update of the stack, and the last one its end. */
export const LIFE: readonly Step[] = [
  { operation: Operation.create, entry: basic },
  { operation: Operation.update, entry: (tenant) => later(tenant, [1]) },
  { operation: Operation.newKey, entry: (tenant) => later(tenant, [1, 2]), needs: Operation.update },
  { operation: Operation.oldKey, entry: (tenant) => later(tenant, [2]), needs: Operation.newKey },
  { operation: Operation.rotateTunnel, entry: (tenant) => later(tenant, [2], 2), needs: Operation.oldKey },
  { operation: Operation.disable, entry: disabled, needs: Operation.rotateTunnel },
  { operation: Operation.remove, entry: () => undefined, needs: Operation.disable },
  { operation: Operation.destroy, entry: () => undefined },
];
