/** Finds and removes what runs that were killed left of this stack's tenants. */
import { inBackground } from "../clients/apiWork.ts";
import { because } from "../clients/failureText.ts";
import { factsOf, isLeft, refusalOfUnexplained } from "../leftovers/decide.ts";
import { KEPT_ADVICE } from "../leftovers/finding.ts";
import { deletedTunnels, seemGone } from "../leftovers/gone.ts";
import { type Judgement, judge } from "../leftovers/judge.ts";
import { listTokens, type TokenListing } from "../leftovers/key.ts";
import { KIND_OF } from "../leftovers/kinds.ts";
import { networkFactsOf } from "../leftovers/network.ts";
import { type Left, remove } from "../leftovers/remove.ts";
import { options } from "../orphans/awsCall.ts";
import { CLOUD_OF } from "../orphans/decide.ts";
import {
  type HeldResource,
  isSameStack,
  type PendingOperation,
  type StackContents,
} from "../orphans/known.ts";
import { type Accounts, Kept } from "../orphans/source.ts";
import { OrphanKind } from "./choices.ts";
import type { OperationContext } from "./context.ts";
import type { ResultOf } from "./contract.ts";
import { ErrorCode, OperationError } from "./errors.ts";
import { type ListedNetworks, listNetworks } from "./listedNetworks.ts";
import { type MarkedThings, markedThings } from "./markedThings.ts";
import { settleNetworkLeftovers } from "./networkLeftovers.ts";

/** What differs between the clouds and the stack's state. */
export interface Differences {
  leftovers: Leftover[];
  /** In the state, and perhaps no more at Cloudflare. */
  gone: HeldResource[];
  /** URNs of those of them that were deleted for certain, and that the engine cannot see to be. */
  deleted: string[];
  /** URNs of parts of the network that are in the state, and not as it says. */
  changed: string[];
}

export type Leftover = ResultOf<"repair">["leftovers"][number];

const EMPTY = "nothing was ever made in this stack, so it may be in the state of another backend";

/** Whose ids are names: another thing may have the id a moment later. */
const NAMED: ReadonlySet<OrphanKind> = new Set([
  OrphanKind.Parameter,
  OrphanKind.Role,
  OrphanKind.InstanceProfile,
  OrphanKind.Bucket,
]);

/** What the clouds have. */
export interface Looked extends MarkedThings {
  networks: ListedNetworks;
}

/**
 * Looks into the clouds for what carries our mark. To be called before states are read.
 *
 * @param contents of this stack. @param interrupted what an update of it was doing that was killed.
 */
export async function look(
  context: OperationContext,
  contents: StackContents | undefined,
  interrupted: readonly PendingOperation[],
  signal: AbortSignal | undefined,
): Promise<Looked> {
  const marked = await markedThings(context, signal);
  const configuration = await context.configuration(signal);
  const networks = await listNetworks(marked.accounts, configuration, contents, interrupted);
  return { ...marked, networks };
}

/**
 * Decides about what carries our mark, belongs to a tenant of this stack or to its network, and is in no state of the
 * project.
 *
 * @param interrupted what an update of this stack was doing that was killed, before the engine forgot it.
 * @param isRemoval false: only looks.
 * @throws OperationError not-allowed-now when a state cannot be read, the backend does not have this stack, or an update is
 * under way; nothing was removed then.
 */
export async function settleLeftovers(
  context: OperationContext,
  { accounts, candidates, networks: listed }: Looked,
  interrupted: readonly PendingOperation[],
  isRemoval: boolean,
): Promise<Differences> {
  const { signal } = accounts;
  const { environment } = accounts;
  const { stacks, unreadable } = await context.engine.projectStacks(signal);
  const own = stacks.filter(({ stack }) => isSameStack(stack, context.stack));
  if (isRemoval) refuseUncertain(context.stack, own, unreadable);
  const { tenants } = await context.configuration(signal);
  const facts = factsOf(environment, context.stack, tenants, stacks, candidates, interrupted);

  // A state without anything tells nothing: another backend may have the one that counts.
  const isEmpty = own.every(({ root }) => root === "");
  let listing: Promise<TokenListing> | undefined;
  const tokens = async () => {
    listing ??= inBackground(() => listTokens(accounts, accounts.accountId));
    return (await listing).tokens;
  };
  const judgements: Judgement[] = [];
  for (const candidate of candidates.filter((one) => isLeft(one, facts))) {
    signal?.throwIfAborted();
    const judgement = await judge(accounts, candidate, facts, tokens);
    if (judgement === undefined) continue;
    judgements.push(isEmpty ? { ...judgement, reason: EMPTY } : judgement);
  }
  const refusal = refusalOfUnexplained(
    judgements.map(({ left }) => left),
    candidates,
    facts,
  );
  const leftovers: Leftover[] = [];
  const freed = new Set<string>();
  for (const judgement of judgements) {
    signal?.throwIfAborted();
    const reason =
      judgement.reason ?? (refusal?.leftovers.has(judgement.left) === true ? refusal.reason : undefined);
    const leftover = await settle(context, accounts, { ...judgement, reason }, freed, isRemoval);
    if (leftover !== undefined) leftovers.push(leftover);
  }
  const networks = await settleNetworkLeftovers(accounts, {
    listed,
    facts: networkFactsOf(context.stack, stacks, interrupted),
    interrupted,
    obstacle: isEmpty ? EMPTY : undefined,
    isRemoval,
    contents: () => context.engine.contents(),
  });
  const held = own.flatMap((one) => one.held);
  const gone = seemGone(environment, candidates, held);
  return {
    leftovers: [...leftovers, ...networks.leftovers],
    gone,
    deleted: await deletedTunnels(accounts, gone),
    changed: networks.changed,
  };
}

function refuseUncertain(stack: string, own: readonly StackContents[], unreadable: readonly string[]): void {
  if (unreadable.length > 0) {
    throw new OperationError(
      ErrorCode.NotAllowedNow,
      `nothing was removed: ${unreadable.join(", ")} could not be read, and what it has would look like leftovers`,
      { ways: ["log in to the backend that has all stacks of the project, and run it again"] },
    );
  }
  if (own.length === 0) {
    throw new OperationError(
      ErrorCode.NotAllowedNow,
      `nothing was removed: this backend has no stack ${stack}, and all of its things would look like leftovers`,
      {
        ways: [
          "log in to the backend that has the stack (pulumi whoami --verbose shows yours), and run it again",
        ],
      },
    );
  }
  if (own.some(({ pending }) => pending.length > 0)) {
    throw new OperationError(
      ErrorCode.NotAllowedNow,
      `nothing was removed: an update of ${stack} is under way`,
      {
        ways: ["run it again when that is done"],
      },
    );
  }
}

/**
 * @param freed tenants of whom a host was terminated; added to.
 * @returns undefined for what the state has by now, or is getting.
 */
async function settle(
  context: OperationContext,
  accounts: Accounts,
  { left, reason, failure }: Judgement,
  freed: Set<string>,
  isRemoval: boolean,
): Promise<Leftover | undefined> {
  const { kind, id, name, tenant } = left;
  const as = (outcome: Leftover["outcome"], detail: string): Leftover => ({
    cloud: CLOUD_OF[kind],
    kind,
    id,
    name,
    tenant,
    outcome,
    detail,
  });
  if (failure !== undefined) return as("failed", failure);
  if (reason !== undefined) return as("kept", `${reason}; ${KEPT_ADVICE}`);
  if (!isRemoval) return as("found", "no state has it");
  try {
    if (NAMED.has(kind) && (await isKnownNow(context, accounts, left))) return undefined;
    await remove(accounts, left, freed.has(tenant));
    if (kind === OrphanKind.Instance) freed.add(tenant);
    return as("deleted", "no state had it");
  } catch (error) {
    accounts.signal?.throwIfAborted();
    if (error instanceof Kept) return as("kept", `${error.message}; ${KEPT_ADVICE}`);
    return as("failed", because(error));
  }
}

/** Another update may have removed it and made one of the same name since. */
async function isKnownNow({ engine }: OperationContext, accounts: Accounts, left: Left): Promise<boolean> {
  const { id, kind, tenant } = left;
  const contents = await engine.contents();
  return (
    contents === undefined ||
    contents.resourceIds.has(id) ||
    contents.pending.some((one) => one.tenant === tenant && KIND_OF[one.type] === kind) ||
    (await isWrittenSince(accounts, left))
  );
}

/** A parameter may be of an update on another machine whose state is not written yet. Hosts write their reports all the time. */
async function isWrittenSince({ aws, signal }: Accounts, { id, kind, createdAt }: Left): Promise<boolean> {
  if (kind !== OrphanKind.Parameter || createdAt === undefined) return false;
  const { DescribeParametersCommand } = await import("@aws-sdk/client-ssm");
  const look = new DescribeParametersCommand({ ParameterFilters: [{ Key: "Name", Values: [id] }] });
  const { Parameters = [] } = await (await aws.ssm()).send(look, options(signal));
  return Parameters.some(({ LastModifiedDate }) => LastModifiedDate?.getTime() !== createdAt.getTime());
}
