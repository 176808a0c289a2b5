import type { z } from "zod";
import {
  type Candidate,
  CLOUD_OF,
  findOrphans,
  type Orphan,
  refusal,
  YOUNG_MINUTES,
} from "../orphans/decide.ts";
import { isSameStack, knownThings } from "../orphans/known.ts";
import { type Accounts, Kept } from "../orphans/source.ts";
import { sourceOf } from "../orphans/sources.ts";
import type { OperationContext } from "./context.ts";
import { type Call, ProgressKind, type ResultOf } from "./contract.ts";
import { ErrorCode, OperationError } from "./errors.ts";
import { markedThings } from "./markedThings.ts";
import type { sweepOrphansInput } from "./schemas.ts";

export const DEFAULT_DELETIONS = 10;

type Outcome = ResultOf<"sweepOrphans">["orphans"][number];

/**
 * Lists what carries our mark and this environment in the accounts and is in no stack: neither a resource of one, nor
 * of a tenant that one has or that is in this stack's list. With `delete`, deletes them in an order that works: hosts,
 * records, tunnels, keys, parameters, groups, roles, and buckets when they are empty. An error with one does not stop
 * the others.
 *
 * Kept are: what is younger than 30 minutes, with all else of its tenant; buckets with objects; and every name that
 * this program would not give. Looks into the stack's Cloudflare account and zone, its AWS account and its region.
 *
 * @throws OperationError unintended-changes when more would be deleted than `maxDeletions`, or more than half of a kind;
 * not-allowed-now when a stack of the project cannot be read. Nothing is deleted then.
 */
export async function sweepOrphans(
  context: OperationContext,
  input: z.output<typeof sweepOrphansInput>,
  call: Call,
): Promise<ResultOf<"sweepOrphans">> {
  const { signal } = call;
  const { accounts, candidates } = await markedThings(context, signal);
  const { stacks, unreadable } = await context.engine.projectStacks(signal);
  const { tenants } = await context.configuration(signal);
  const known = knownThings(accounts.environment, context.stack, tenants, stacks);
  const suspects = findOrphans(candidates, known, context.now());
  const orphans = await confirmed(accounts, suspects, known.tenants);

  if (input.delete === true) {
    // A backend without this very stack is the wrong one, or is read before the first update.
    const isRead = [...unreadable, ...stacks.map(({ stack }) => stack)].some((name) =>
      isSameStack(name, context.stack),
    );
    const unread = isRead ? unreadable : [...unreadable, context.stack];
    refuseUnlessSafe(orphans, candidates, unread, input.maxDeletions ?? DEFAULT_DELETIONS);
  } else if (unreadable.length > 0) {
    const message = `tenants of ${unreadable.join(", ")} may be among these: the stack could not be read`;
    context.report(call, { kind: ProgressKind.Note, message });
  }

  const outcomes: Outcome[] = [];
  for (const [index, orphan] of orphans.entries()) {
    if (input.delete === true) signal?.throwIfAborted();
    const outcome = await settle(accounts, orphan, input.delete === true);
    outcomes.push(outcome);
    if (outcome.outcome === "found") continue;
    const { kind, name, tenant } = outcome;
    const message = `${kind} ${name}: ${outcome.outcome}${outcome.detail === "" ? "" : `, ${outcome.detail}`}`;
    context.report(call, {
      kind: ProgressKind.Resource,
      message,
      ...(tenant !== "" && { tenant }),
      done: index + 1,
      total: orphans.length,
    });
  }
  return { seen: candidates.length, orphans: byTenant(outcomes) };
}

async function confirmed(
  accounts: Accounts,
  suspects: readonly Orphan[],
  tenants: ReadonlySet<string>,
): Promise<Orphan[]> {
  const orphans: Orphan[] = [];
  for (const suspect of suspects) {
    const source = sourceOf(suspect.candidate);
    if (source.confirm === undefined) {
      orphans.push(suspect);
      continue;
    }
    accounts.signal?.throwIfAborted();
    const candidate = await source.confirm(accounts, suspect.candidate);
    const isKnown = candidate?.tenant !== undefined && tenants.has(candidate.tenant);
    if (candidate !== undefined && !isKnown) orphans.push({ ...suspect, candidate });
  }
  return orphans;
}

function refuseUnlessSafe(
  orphans: readonly Orphan[],
  candidates: readonly Candidate[],
  unread: readonly string[],
  maxDeletions: number,
): void {
  if (unread.length > 0) {
    throw new OperationError(
      ErrorCode.NotAllowedNow,
      `nothing was deleted: ${unread.join(", ")} could not be read, and its tenants would look like orphans`,
      { ways: ["Log in to the backend that has all stacks of the project, and run it again."] },
    );
  }
  const reason = refusal(orphans, candidates, maxDeletions);
  if (reason === undefined) return;
  throw new OperationError(ErrorCode.UnintendedChanges, `nothing was deleted: ${reason}`, {
    ways: [
      "Run it without delete and look at the list; check account, zone, environment and backend.",
      "When they are orphans: raise maxDeletions, or delete some by hand.",
    ],
  });
}

async function settle(
  accounts: Accounts,
  { candidate, reason, isYoung }: Orphan,
  isDeletion: boolean,
): Promise<Outcome> {
  const { kind, id, name, tenant = "" } = candidate;
  const as = (outcome: Outcome["outcome"], detail: string): Outcome => ({
    cloud: CLOUD_OF[kind],
    kind,
    id,
    name,
    tenant,
    outcome,
    detail,
  });
  if (isYoung) return as("kept", `${reason}, but something of it is younger than ${YOUNG_MINUTES} minutes`);
  if (!isDeletion) return as("found", reason);
  try {
    await sourceOf(candidate).delete(accounts, candidate);
    return as("deleted", reason);
  } catch (error) {
    accounts.signal?.throwIfAborted();
    if (error instanceof Kept) return as("kept", error.message);
    return as("failed", error instanceof Error ? error.message : String(error));
  }
}

function byTenant(outcomes: readonly Outcome[]): Outcome[] {
  return outcomes.toSorted((one, other) =>
    one.tenant < other.tenant ? -1 : one.tenant > other.tenant ? 1 : 0,
  );
}
