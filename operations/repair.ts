import type { z } from "zod";
import { because } from "../clients/failureText.ts";
import type { HeldResource, StackContents } from "../orphans/known.ts";
import type { EngineStack, OperationContext } from "./context.ts";
import { type Call, ProgressKind, type ResultOf } from "./contract.ts";
import { isDeadHolder, isLocked, lockedError, lockHolder } from "./engine/failures.ts";
import { type Leftover, settleLeftovers } from "./leftovers.ts";
import type { repairInput } from "./schemas.ts";

/**
 * Mends what a run left that was killed: takes away its lock, has the engine forget what was under way, and removes what
 * carries our mark, belongs to a tenant of this stack, is in no state of the project and in no use; and has the engine look
 * again at what seems to be gone. Nothing is done to a stack that is as it should be.
 *
 * @throws OperationError stack-locked while a process works on the stack that is alive, of another user or machine, or of a
 * backend that is no folder.
 */
export async function repair(
  context: OperationContext,
  _input: z.output<typeof repairInput>,
  call: Call,
): Promise<ResultOf<"repair">> {
  return await mend(context, false, call);
}

/** @param isDryRun only looks. @throws as `repair`. */
export async function mend(
  context: OperationContext,
  isDryRun: boolean,
  call: Call,
): Promise<ResultOf<"repair">> {
  const { engine, stack } = context;
  const contents = await engine.contents();
  const interrupted = (contents?.pending ?? []).map(({ tenant, type, name, action }) => {
    const message = `an update was killed while ${action} ${name}`;
    context.report(call, { kind: ProgressKind.Note, message, tenant });
    return { tenant, type, name, action };
  });
  const unlocked = contents !== undefined && !isDryRun && (await forget(engine, stack, contents));
  const { leftovers, gone } = await settleLeftovers(context, contents?.pending ?? [], !isDryRun, call.signal);
  for (const leftover of leftovers) reportLeftover(context, call, leftover);
  await lookAgain(context, gone, isDryRun, call);
  return {
    unlocked,
    interrupted,
    leftovers,
    gone: gone.map(({ tenant, type, name, id }) => ({ tenant, type, name, id })),
  };
}

function reportLeftover(context: OperationContext, call: Call, leftover: Leftover): void {
  const { kind, name, tenant, outcome, detail } = leftover;
  const message = `${kind} ${name}: ${outcome}, ${detail}`;
  context.report(call, { kind: ProgressKind.Resource, message, tenant });
}

/** Has the engine forget what is gone: it could never delete it. */
async function lookAgain(
  context: OperationContext,
  gone: readonly HeldResource[],
  isDryRun: boolean,
  call: Call,
): Promise<void> {
  if (gone.length === 0) return;
  for (const { tenant, name, id } of gone) {
    const message = `${name} (${id}) is in the state, and perhaps no more at Cloudflare`;
    context.report(call, { kind: ProgressKind.Note, message, tenant });
  }
  if (isDryRun) return;
  // The engine refuses to look at what is not in the state any more.
  const held = new Set((await context.engine.contents())?.held.map(({ urn }) => urn));
  const urns = gone.map(({ urn }) => urn).filter((urn) => held.has(urn));
  if (urns.length > 0) await context.engine.lookAgain(urns);
}

/** @returns whether a lock had to be taken away for it. */
async function forget(engine: EngineStack, stack: string, contents: StackContents): Promise<boolean> {
  try {
    await engine.forgetInterrupted(contents);
    return false;
  } catch (error) {
    if (!isLocked(error)) throw error;
    if (!isDeadHolder(lockHolder(error))) throw lockedError(stack, error, 0);
  }
  await engine.unlock();
  await engine.forgetInterrupted(contents);
  return true;
}

/**
 * The same before an update, whose previous one was killed or has failed. What cannot be looked at or removed does not
 * stop it.
 *
 * @throws EngineCommandError while another process has the stack's lock.
 */
export async function mendBeforeUpdate(
  context: OperationContext,
  contents: StackContents,
  call: Call,
): Promise<void> {
  if (contents.pending.length > 0) await context.engine.forgetInterrupted(contents);
  try {
    const { leftovers, gone } = await settleLeftovers(context, contents.pending, true, call.signal);
    for (const leftover of leftovers) reportLeftover(context, call, leftover);
    await lookAgain(context, gone, false, call);
  } catch (error) {
    call.signal?.throwIfAborted();
    if (isLocked(error)) throw error;
    const message = `leftovers of the last update could not be looked for: ${because(error)}; tenant-edge repair does it`;
    context.report(call, { kind: ProgressKind.Note, message });
  }
}
