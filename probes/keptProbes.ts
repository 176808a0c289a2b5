/**
 * What is kept about a stack's tenants between runs, as one document: what was deployed last, the last probe, and what
 * the sweep has counted. Nothing in it is the only copy: a document that is lost or damaged is made anew. A tenant that
 * is not deployed any more is dropped from it, counters and all.
 */
import { z } from "zod";
import { because } from "../clients/failureText.ts";
import type { DeployedTenant, DeployedTenants } from "../lifecycle/deployed.ts";
import { BucketFate } from "../lifecycle/states.ts";
import type { OperationContext } from "../operations/context.ts";
import type { Call } from "../operations/contract.ts";
import { ProgressKind } from "../operations/contract.ts";
import { reportTo } from "../operations/report.ts";
import { probe } from "../operations/schemas.ts";
import { updateDocument } from "../storage/documentStore.ts";

/** What the answer to `status` needs of a tenant's outputs. */
const facts = z.object({
  displayName: z.string(),
  hostname: z.string(),
  hostnames: z.array(z.string()),
  tunnelId: z.string(),
  tunnelName: z.string(),
  bucket: z.string().nullable(),
  keyGenerations: z.array(z.number()),
  tunnelSecretGeneration: z.number(),
  hubId: z.string().nullable(),
  accountId: z.string().nullable(),
  disabled: z
    .object({
      since: z.string(),
      keepUntil: z.string(),
      bucket: z.enum(BucketFate),
      purge: z.boolean(),
    })
    .nullable(),
  /** Of the entry that was deployed. */
  entryDigest: z.string(),
});

/** Of the sweep; times are RFC 3339. */
const sweepState = z.object({
  /** Sweeps in a row that found it unhealthy. */
  failures: z.number(),
  /** Those in a row that found its tunnel down or degraded. */
  tunnelFailures: z.number(),
  /** When a failure was counted last. */
  countedAt: z.string(),
  /** Actions since its tunnel was last healthy. */
  actions: z.number(),
  actedAt: z.string().nullable(),
});

const keptTenant = z.object({
  facts: facts.optional(),
  probe: probe.optional(),
  sweep: sweepState.optional(),
});

export type Facts = z.output<typeof facts>;
export type SweepState = z.output<typeof sweepState>;
export type KeptTenant = z.output<typeof keptTenant>;

export interface Kept {
  /** When the engine was last asked what is deployed; undefined: never. */
  askedAt: string | undefined;
  tenants: Map<string, KeptTenant>;
}

const keptDocument = z.object({ askedAt: z.string().optional(), tenants: z.record(z.string(), z.unknown()) });

export type KeptContext = Pick<OperationContext, "stack" | "documents">;

const keyOf = (stack: string): string => `probes/${stack}.json`;

function parse(text: string | undefined): Kept {
  const kept: Kept = { askedAt: undefined, tenants: new Map() };
  const { data } = keptDocument.safeParse(json(text));
  kept.askedAt = data?.askedAt;
  for (const [id, value] of Object.entries(data?.tenants ?? {})) {
    const tenant = keptTenant.safeParse(value);
    if (tenant.success) kept.tenants.set(id, tenant.data);
  }
  return kept;
}

function json(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}

/** @throws StorageError */
export async function readKept(
  { stack, documents }: KeptContext,
  signal?: AbortSignal | undefined,
): Promise<Kept> {
  return parse((await documents.read(keyOf(stack), signal))?.text);
}

/**
 * @param change changes what it is given; run again, on newer contents, when another writer was faster.
 * @throws StorageError, VersionConflictError
 */
export async function changeKept(
  { stack, documents }: KeptContext,
  change: (kept: Kept) => void,
  signal?: AbortSignal | undefined,
): Promise<Kept> {
  const edit = (text: string | undefined) => {
    const kept = parse(text);
    change(kept);
    return `${JSON.stringify({ askedAt: kept.askedAt, tenants: Object.fromEntries(kept.tenants) })}\n`;
  };
  return parse((await updateDocument(documents, keyOf(stack), edit, signal))?.text);
}

export function factsOf(deployed: DeployedTenant): Facts {
  return facts.parse(deployed);
}

/** Takes over what the engine said. Tenants whose outputs cannot be read lose their facts and keep the rest. */
export function learn(kept: Kept, { tenants, unreadable }: DeployedTenants, now: Date): void {
  kept.askedAt = now.toISOString();
  for (const [id, tenant] of tenants) {
    kept.tenants.set(id, { ...kept.tenants.get(id), facts: factsOf(tenant) });
  }
  for (const [id, { facts: _outdated, ...rest }] of [...kept.tenants]) {
    if (unreadable.includes(id)) kept.tenants.set(id, rest);
    else if (!tenants.has(id)) kept.tenants.delete(id);
  }
}

/**
 * Keeps what an update of the stack has made, for answers that do not ask the engine. Call it after every update. It never
 * rejects: facts that could not be kept belong to an older entry, so that the next `status` asks the engine.
 */
export async function keepFacts(
  context: KeptContext & Pick<OperationContext, "now">,
  deployed: DeployedTenants,
  call: Call = {},
): Promise<void> {
  try {
    await changeKept(context, (kept) => learn(kept, deployed, context.now()), call.signal);
  } catch (error) {
    const message = `what was deployed could not be kept for later answers: ${because(error)}`;
    reportTo(call, { kind: ProgressKind.Note, message });
  }
}

/** Keeps a probe that was made on request; the sweep's counters stay as they are. */
export function keepProbe(kept: Kept, tenant: string, made: z.output<typeof probe>): void {
  kept.tenants.set(tenant, { ...kept.tenants.get(tenant), probe: made });
}

/** Keeps a probe of the sweep, and its counters. */
export function keepSweep(kept: Kept, tenant: string, made: z.output<typeof probe>, sweep: SweepState): void {
  kept.tenants.set(tenant, { ...kept.tenants.get(tenant), probe: made, sweep });
}
