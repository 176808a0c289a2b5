/** What is known of tenants without the engine, and with it where that does not suffice. */

import { because } from "../clients/failureText.ts";
import type { ResolvedTenant } from "../config/tenants.ts";
import type { Configuration, OperationContext } from "../operations/context.ts";
import { type Call, ProgressKind } from "../operations/contract.ts";
import { type Facts, type Kept, type KeptTenant, keepFacts, learn, readKept } from "./keptProbes.ts";

export interface KnownTenant {
  id: string;
  listed: ResolvedTenant | undefined;
  kept: KeptTenant | undefined;
}

export interface KnownTenants {
  settings: Configuration["settings"];
  tenants: KnownTenant[];
}

/** What the engine said is believed for so long, although the list says something else by now. */
const ASK_AGAIN_MILLISECONDS = 10_000;

/** True when the list says something else than what was deployed, as far as is known. */
export function isPending(listed: ResolvedTenant | undefined, facts: Facts | undefined): boolean {
  return listed === undefined || facts === undefined || listed.entryDigest !== facts.entryDigest;
}

/**
 * The tenants of the list in its order, then those that are deployed and not in it any more. One read of the list and
 * one of what is kept. Only when one of the tenants in question is not deployed as the list has it, or is not found, the
 * engine is asked, too; not more often than every ten seconds.
 *
 * @param isMeant which tenants the answer is about. Default: all.
 * @throws OperationError when the list or the engine cannot be read.
 */
export async function knownTenants(
  context: OperationContext,
  call: Call,
  isMeant: (tenant: KnownTenant) => boolean = () => true,
): Promise<KnownTenants> {
  const [{ settings, tenants: listed }, kept] = await Promise.all([
    context.configuration(call.signal),
    readOrNothing(context, call),
  ]);
  const meant = together(listed, kept).filter(isMeant);
  const suffices = meant.length > 0 && meant.every((one) => !isPending(one.listed, one.kept?.facts));
  if (suffices || isRecent(kept.askedAt, context.now())) return { settings, tenants: meant };
  return { settings, tenants: together(listed, await askEngine(context, kept, call)).filter(isMeant) };
}

function together(listed: readonly ResolvedTenant[], { tenants }: Kept): KnownTenant[] {
  const ids = new Set(listed.map(({ id }) => id));
  const known: KnownTenant[] = listed.map((one) => ({ id: one.id, listed: one, kept: tenants.get(one.id) }));
  for (const [id, kept] of tenants) {
    if (!ids.has(id) && kept.facts !== undefined) known.push({ id, listed: undefined, kept });
  }
  return known;
}

function isRecent(askedAt: string | undefined, now: Date): boolean {
  const age = now.getTime() - Date.parse(askedAt ?? "");
  return age >= 0 && age < ASK_AGAIN_MILLISECONDS;
}

/** What is kept makes answers cheap, and no answer needs it. */
async function readOrNothing(context: OperationContext, call: Call): Promise<Kept> {
  try {
    return await readKept(context, call.signal);
  } catch (error) {
    call.signal?.throwIfAborted();
    context.report(call, {
      kind: ProgressKind.Note,
      message: `the last probes could not be read: ${because(error)}`,
    });
    return { askedAt: undefined, tenants: new Map() };
  }
}

async function askEngine(context: OperationContext, kept: Kept, call: Call): Promise<Kept> {
  const deployed = await context.engine.deployed({ fresh: true, signal: call.signal });
  learn(kept, deployed, context.now());
  await keepFacts(context, deployed, call);
  return kept;
}
