/** How a tenant is. */
import type { z } from "zod";
import { because } from "../clients/failureText.ts";
import { changeKept, factsOf, keepProbe } from "../probes/keptProbes.ts";
import { type KnownTenant, knownTenants } from "../probes/knownTenants.ts";
import { probe as makeProbe } from "../probes/probe.ts";
import { tenantStatus } from "../probes/tenantStatus.ts";
import type { Configuration, OperationContext } from "./context.ts";
import { type Call, ProgressKind, type ResultOf } from "./contract.ts";
import { findTenant, type TenantReference } from "./findTenant.ts";
import type { statusInput } from "./schemas.ts";

type Input = z.output<typeof statusInput>;

/**
 * From the list, from what is kept of the last update and of the last probe; the engine is asked only when the tenant is
 * not deployed as the list has it. With `probe`, after a look at the tenant.
 */
export async function status(
  context: OperationContext,
  { probe, ...reference }: Input,
  call: Call,
): Promise<ResultOf<"status">> {
  const { settings, tenants } = await knownTenants(context, call, (one) => isReferred(one, reference));
  const known = tenants[0] ?? (await foundByEngine(context, reference, call));
  return tenantStatus(probe === true ? await probed(context, settings, known, call) : known);
}

/** @throws OperationError tenant-not-found */
async function foundByEngine(
  context: OperationContext,
  reference: TenantReference,
  call: Call,
): Promise<KnownTenant> {
  const { id, listed, deployed } = await findTenant(context, reference, call.signal);
  return { id, listed, kept: deployed && { facts: factsOf(deployed) } };
}

function isReferred({ id, listed, kept }: KnownTenant, { tenant, hubId, tunnelId }: TenantReference) {
  if (tenant !== undefined) return id === tenant;
  if (hubId !== undefined) return (listed?.hubId ?? kept?.facts?.hubId) === hubId;
  return kept?.facts?.tunnelId === tunnelId;
}

/** A tenant that was never deployed has nothing to look at. */
async function probed(
  context: OperationContext,
  settings: Configuration["settings"],
  known: KnownTenant,
  call: Call,
): Promise<KnownTenant> {
  const { id, listed } = known;
  const { tenants } = await context.engine.deployed({ signal: call.signal });
  const deployed = tenants.get(id);
  if (deployed === undefined) return known;
  context.report(call, { kind: ProgressKind.Probing, message: `looks at ${id}`, tenant: id });
  const made = await makeProbe(context, settings, { id, listed, deployed }, call.signal);
  try {
    await changeKept(context, (kept) => keepProbe(kept, id, made), call.signal);
  } catch (error) {
    const message = `the probe could not be kept: ${because(error)}`;
    context.report(call, { kind: ProgressKind.Note, message, tenant: id });
  }
  return { ...known, kept: { ...known.kept, probe: made } };
}
