import type { z } from "zod";
import { because } from "../clients/failureText.ts";
import type { PendingOperation, StackContents } from "../orphans/known.ts";
import type { EngineStack, OperationContext } from "./context.ts";
import { type Call, ProgressKind, type ResultOf } from "./contract.ts";
import { isLocked, lockedError } from "./engine/failures.ts";
import { removeDeadLocks } from "./engine/locks.ts";
import { drop, keep, withKept } from "./interrupted.ts";
import { type Differences, type Leftover, type Looked, look, settleLeftovers } from "./leftovers.ts";
import type { repairInput } from "./schemas.ts";
import { tellOfMoves } from "./shards/move/record.ts";

/**
 * Mends what a run left that was killed: takes away its lock, has the engine forget what was under way, and removes what
 * carries our mark, belongs to a tenant of this stack or to its network, is in no state of the project and in no use; and
 * has the engine look again at what seems to be gone. Nothing is done to a stack that is as it should be.
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
  const pending = contents?.pending ?? [];
  const interrupted = pending.map(({ tenant, type, name, action }) => {
    const message = `an update was killed while ${action} ${name}`;
    context.report(call, { kind: ProgressKind.Note, message, tenant });
    return { tenant, type, name, action };
  });
  await tellOfMoves(context, call);
  const explaining = await withKept(context, pending, call);
  // When the clouds cannot be looked into, all stays as it is.
  const looked = await look(context, contents, explaining, call.signal);
  let unlocked = false;
  if (contents !== undefined && !isDryRun) {
    unlocked = await forget(engine, stack, contents);
    await keep(context, pending, call);
  }
  const { leftovers, gone } = await settle(context, looked, explaining, isDryRun, call);
  return {
    unlocked,
    interrupted,
    leftovers,
    gone: gone.map(({ tenant, type, name, id }) => ({ tenant, type, name, id })),
  };
}

async function settle(
  context: OperationContext,
  looked: Looked,
  interrupted: readonly PendingOperation[],
  isDryRun: boolean,
  call: Call,
): Promise<Differences> {
  const differences = await settleLeftovers(context, looked, interrupted, !isDryRun);
  for (const leftover of differences.leftovers) reportLeftover(context, call, leftover);
  await lookAgain(context, differences, isDryRun, call);
  const hasFailed = differences.leftovers.some(({ outcome }) => outcome === "failed");
  if (!isDryRun && !hasFailed && interrupted.length > 0) await drop(context, call);
  return differences;
}

function reportLeftover(context: OperationContext, call: Call, leftover: Leftover): void {
  const { kind, name, tenant, outcome, detail } = leftover;
  const message = `${kind} ${name}: ${outcome}, ${detail}`;
  context.report(call, { kind: ProgressKind.Resource, message, ...(tenant !== "" && { tenant }) });
}

/** Has the engine forget what is gone: it could never delete it. What has changed, the next update makes right. */
async function lookAgain(
  context: OperationContext,
  { gone, deleted, changed }: Omit<Differences, "leftovers">,
  isDryRun: boolean,
  call: Call,
): Promise<void> {
  for (const { tenant, name, id } of gone) {
    const message = `${name} (${id}) is in the state, and perhaps no more at Cloudflare`;
    context.report(call, { kind: ProgressKind.Note, message, tenant });
  }
  if (isDryRun || gone.length + changed.length === 0) return;
  // The engine refuses to look at what is not in the state any more.
  const held = new Set((await context.engine.contents())?.held.map(({ urn }) => urn));
  const urns = [...gone.map(({ urn }) => urn).filter((urn) => held.has(urn)), ...changed];
  if (urns.length > 0) await context.engine.lookAgain(urns);
  const tunnels = deleted.filter((urn) => held.has(urn));
  if (tunnels.length > 0) await forgetTunnels(context, tunnels, call);
}

/** While its tenant stays, what leads to the tunnel depends on it, and the engine refuses. */
async function forgetTunnels(context: OperationContext, urns: readonly string[], call: Call): Promise<void> {
  try {
    await context.engine.forgetDeleted(urns);
  } catch (error) {
    if (isLocked(error)) throw error;
    const message = `tunnels that were deleted stay in the state: ${because(error)}`;
    context.report(call, { kind: ProgressKind.Note, message });
  }
}

/** @returns whether a lock had to be taken away for it. */
async function forget(engine: EngineStack, stack: string, contents: StackContents): Promise<boolean> {
  for (let isUnlocked = false; ; isUnlocked = true) {
    try {
      await engine.forgetInterrupted(contents);
      return isUnlocked;
    } catch (error) {
      if (!isLocked(error)) throw error;
      if (!(await removeDeadLocks(error))) throw lockedError(stack, error, 0);
    }
  }
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
  // Before the clouds are looked into: whoever waits for the lock tries it again and again.
  if (contents.pending.length > 0) await context.engine.forgetInterrupted(contents);
  await keep(context, contents.pending, call);
  try {
    const interrupted = await withKept(context, contents.pending, call);
    const looked = await look(context, contents, interrupted, call.signal);
    await settle(context, looked, interrupted, false, call);
  } catch (error) {
    call.signal?.throwIfAborted();
    if (isLocked(error)) throw error;
    const message = `leftovers of the last update could not be looked for: ${because(error)}; tenant-edge repair does it`;
    context.report(call, { kind: ProgressKind.Note, message });
  }
}
