/** A tenant moves to another stack of its environment; nothing of it is touched at Cloudflare or AWS. */
import { resolve } from "node:path";
import { openAudit } from "../../../audit/openAudit.ts";
import { openDocumentStore } from "../../../storage/openDocumentStore.ts";
import { auditedWork } from "../../auditedWork.ts";
import type { Call } from "../../contract.ts";
import { ErrorCode, OperationError } from "../../errors.ts";
import { knownError } from "../../knownErrors.ts";
import { auditPlace, dataPlace } from "../../places.ts";
import { environmentOf, type FoundMove, findMove, type MoveRequest } from "./findMove.ts";
import { goBack, undone } from "./goBack.ts";
import { MoveStopped } from "./moveStopped.ts";
import { MoveLog } from "./record.ts";
import { refuseMove } from "./refuse.ts";
import { StateCommands } from "./stateCommands.ts";
import { CHECKING, MOVING, type Move, NotTheSame, runSteps, TELLING } from "./steps.ts";

const LOCK_PATIENCE_SECONDS = 300;

export interface MoveTenantOptions {
  /** Folder of Pulumi.yaml and the stack files. Default: the present one. */
  directory?: string | undefined;
  /** Id of the tenant. */
  tenant: string;
  /** Name of the stack that is to have it, as its file has it: `prod-2`. */
  to: string;
  /** Of both stacks. Default: that of the stack that is to have it. */
  environment?: string | undefined;
  /** Where the engine, its backend and the clouds' credentials are found. Default: that of this process. */
  env?: NodeJS.ProcessEnv | undefined;
  /** Who acts, for the audit. Default: the user of this process and the machine. */
  actor?: string | undefined;
  /** For the audit. Default `library`. */
  surface?: string | undefined;
  /** How long to wait for another process that works on one of the stacks. Default 300. */
  lockPatienceSeconds?: number | undefined;
  /** Where it is kept what was begun: as for `openOperations`. */
  data?: string | undefined;
  /** As for `openOperations`. */
  audit?: string | undefined;
}

export interface MovePlan {
  tenant: string;
  /** Empty when the stack has it already. */
  from: string;
  to: string;
  /** Of the state, components included; 0 when nothing is to be done, or a move that was begun goes on. */
  resources: number;
  /** What would be done, in words. */
  notes: string[];
}

export interface MoveResult {
  tenant: string;
  /** Empty when the stack had it already. */
  from: string;
  to: string;
  /** False when the stack had it already, and its outputs told of it. */
  changed: boolean;
}

interface Opened extends FoundMove {
  request: MoveRequest;
  environment: string;
  log: MoveLog;
  /** URL of what is kept between runs. */
  data: string;
}

async function open(options: MoveTenantOptions): Promise<Opened> {
  const { tenant, to, environment: named, env = process.env } = options;
  const directory = resolve(options.directory ?? ".");
  const lockPatienceSeconds = options.lockPatienceSeconds ?? LOCK_PATIENCE_SECONDS;
  const request = { directory, env, tenant, to, environment: named, lockPatienceSeconds };
  const environment = await environmentOf(request);
  const data = dataPlace(directory, env, options.data);
  const documents = await openDocumentStore(data, env);
  const log = new MoveLog(documents, environment);
  const states = new StateCommands({ directory, env });
  const found = await findMove(request, environment, log, { documents, states });
  return { ...found, request, environment, log, data };
}

/** What `moveTenant` would do. Changes nothing. @throws as that, before it changes something. */
export async function planMove(options: MoveTenantOptions, call: Call = {}): Promise<MovePlan> {
  const { tenant, to } = options;
  try {
    const { move, record } = await open(options);
    if (move === undefined) return { tenant, from: "", to, resources: 0, notes: [`${to} has it already`] };
    const [from, other] = [move.from.stack, move.to.stack];
    if (from === other) {
      const notes = [`updates ${to}, whose state has it, so that its outputs tell of it`];
      return { tenant, from: "", to, resources: 0, notes };
    }
    if (record !== undefined) {
      const way = record.isUndone ? "takes back" : "goes on with";
      const notes = [`${way} the move from ${from} to ${other} that was not ended`];
      return { tenant, from: record.isUndone ? other : from, to, resources: 0, notes };
    }
    const resources = await refuseMove(move, call);
    const notes = [
      `updates ${other}, so that its outputs announce it`,
      `moves its entry from ${move.from.list.location} to ${move.to.list.location}`,
      `moves ${resources} resources from the state of ${from} to that of ${to}`,
      "then looks by a preview of both stacks whether that changes anything, and takes it back if it does",
      "changes nothing at Cloudflare or AWS",
    ];
    return { tenant, from, to, resources, notes };
  } catch (error) {
    throw knownError(error, call.signal);
  }
}

/** For a tenant of which the list and the state of one stack have all, and no outputs tell. */
async function tell(move: Move, call: Call): Promise<void> {
  try {
    await runSteps([CHECKING, TELLING], move, call);
  } catch (error) {
    if (!(error instanceof NotTheSame)) throw error;
    const { tenant, to } = move;
    throw new OperationError(
      ErrorCode.NotAllowedNow,
      `${to.stack} has ${tenant}, and is not as its file says; nothing was changed:\n${error.message}`,
      { ways: [`pulumi up --stack ${to.stack}`] },
    );
  }
}

async function bring(opened: Opened, call: Call): Promise<MoveResult> {
  const { move, record, isRecorded, log, request } = opened;
  const { tenant, to } = request;
  if (move === undefined) return { tenant, from: "", to, changed: false };
  if (move.from.stack === to && move.to.stack === to) {
    await tell(move, call);
    return { tenant, from: "", to, changed: true };
  }
  if (record?.isUndone === true) {
    await goBack(move, record, log, call);
    return { tenant, from: record.to, to: record.from, changed: true };
  }
  if (record === undefined) await refuseMove(move, call);
  const from = move.from.stack;
  const begun = record ?? { tenant, from, to, isUndone: false, startedAt: new Date().toISOString() };
  if (!isRecorded) await log.begin(begun);
  try {
    await runSteps([...MOVING, CHECKING], move, call);
  } catch (error) {
    // Whoever stopped it may want it to go on; and what it stopped at itself, going back would not mend.
    if (call.signal?.aborted === true || error instanceof MoveStopped) throw error;
    throw await undone(error, move, begun, log, call);
  }
  await runSteps([TELLING], move, call);
  await log.drop(tenant);
  return { tenant, from, to, changed: true };
}

/**
 * Moves a tenant's entry, and all that the state has of it, to another stack of the environment, and looks by a preview of
 * both stacks whether that changes anything: then it goes back. A run that was stopped or killed is completed by the next
 * one, or taken back by the one that names the stack where it came from; until then updates of the two stacks are refused,
 * or change nothing of the tenant.
 *
 * @throws OperationError tenant-not-found, invalid-input; not-allowed-now with every reason, before anything was changed, or
 * where a move that was stopped can neither go on nor back before somebody has looked;
 * unintended-changes when it was taken back because something would have changed; stack-locked; those of the engine.
 */
export async function moveTenant(options: MoveTenantOptions, call: Call = {}): Promise<MoveResult> {
  const { tenant, to, env = process.env, actor, surface, audit } = options;
  try {
    const opened = await open(options);
    const { environment, move, data } = opened;
    const sink = await openAudit(auditPlace(data, env, audit), env);
    const about = {
      operation: "move",
      environment,
      stack: move?.from.stack ?? to,
      tenants: [tenant],
      details: { reason: `to the stack ${to}` },
      actor,
      surface,
    };
    return await auditedWork(sink, about, call, async () => {
      try {
        return await bring(opened, call);
      } catch (error) {
        throw knownError(error, call.signal);
      }
    });
  } catch (error) {
    throw knownError(error, call.signal);
  }
}
