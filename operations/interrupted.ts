/**
 * What updates of a stack were doing that were killed. The engine is made to forget it before what they left is removed, and
 * nothing else explains the leftovers of which a removal has failed: so it is kept until one has not.
 */
import { z } from "zod";
import { because } from "../clients/failureText.ts";
import type { PendingOperation } from "../orphans/known.ts";
import { updateDocument } from "../storage/documentStore.ts";
import type { OperationContext } from "./context.ts";
import { type Call, ProgressKind } from "./contract.ts";

/** Whoever brings back an old state later than that must not find its newer things explained by it. */
const LONGEST_KEPT_HOURS = 24;

const keptDocument = z.array(
  z.object({
    urn: z.string(),
    type: z.string(),
    name: z.string(),
    tenant: z.string(),
    action: z.string(),
    /** When the engine forgot it; RFC 3339. */
    forgottenAt: z.iso.datetime(),
  }),
);

type Kept = z.output<typeof keptDocument>;

const keyOf = (stack: string): string => `interrupted/${stack}.json`;

/** What is damaged explains nothing. */
function parse(text: string | undefined, now: Date): Kept {
  const oldest = now.getTime() - LONGEST_KEPT_HOURS * 3_600_000;
  return keptDocument
    .catch([])
    .parse(json(text))
    .filter(({ forgottenAt }) => Date.parse(forgottenAt) >= oldest);
}

function json(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}

/** Without it, more stays than has to: that stops nothing. */
async function told<T>(context: OperationContext, call: Call, use: () => Promise<T>): Promise<T | undefined> {
  try {
    return await use();
  } catch (error) {
    call.signal?.throwIfAborted();
    const message = `what killed updates were doing cannot be kept between runs: ${because(error)}`;
    context.report(call, { kind: ProgressKind.Note, message });
    return undefined;
  }
}

/** @param pending what the state tells of. @returns that, and what earlier runs had the engine forget. */
export async function withKept(
  context: OperationContext,
  pending: readonly PendingOperation[],
  call: Call,
): Promise<PendingOperation[]> {
  const { documents, stack } = context;
  const found = await told(context, call, () => documents.read(keyOf(stack), call.signal));
  const kept = parse(found?.text, context.now()).map(({ forgottenAt: _, ...one }) => one);
  return [...pending, ...kept];
}

/** To be called right after the engine forgot it, and not before: what is under way was not killed. */
export async function keep(
  context: OperationContext,
  pending: readonly PendingOperation[],
  call: Call,
): Promise<void> {
  if (pending.length === 0) return;
  const { documents, stack } = context;
  const now = context.now();
  const added = pending.map(({ urn, type, name, tenant, action }): Kept[number] => ({
    ...{ urn, type, name, tenant, action },
    forgottenAt: now.toISOString(),
  }));
  const urns = new Set(pending.map(({ urn }) => urn));
  await told(context, call, () =>
    updateDocument(documents, keyOf(stack), (text) =>
      JSON.stringify([...parse(text, now).filter(({ urn }) => !urns.has(urn)), ...added]),
    ),
  );
}

/** When all that it explains was settled. */
export async function drop(context: OperationContext, call: Call): Promise<void> {
  await told(context, call, () => context.documents.delete(keyOf(context.stack)));
}
