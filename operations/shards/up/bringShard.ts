/** Brings one stack to what its file says, or says what that would change. */
import type { AuditSink } from "../../../audit/audit.ts";
import { because } from "../../../clients/failureText.ts";
import { auditedWork, endWith } from "../../auditedWork.ts";
import type { AutomationStack, UpdateOptions } from "../../engine/automationStack.ts";
import { awaitLock } from "../../engine/awaitLock.ts";
import { isLocked, UpdateFailure } from "../../engine/failures.ts";
import { changesSomething, isDestructive } from "../../engine/steps.ts";
import { ErrorCode, OperationError } from "../../errors.ts";
import { knownError } from "../../knownErrors.ts";
import { openOperations } from "../../open.ts";
import {
  NO_CHANGES,
  type ShardChanges,
  ShardOutcome,
  type ShardResult,
  type UpEvent,
  UpEventKind,
} from "./contract.ts";
import { upMessage } from "./inputs.ts";

export interface ShardRun {
  /** Folder of Pulumi.yaml. */
  directory: string;
  stack: string;
  /** Path of its stack file. */
  file: string;
  env: NodeJS.ProcessEnv;
  engine: AutomationStack;
  /** See `inputsDigest`. */
  digest: string | undefined;
  /** True when its last update is known to have failed, or to have been killed. */
  isBroken: boolean;
  lockPatienceSeconds: number;
  environment: string;
  /** As for `openOperations`, with the next three. */
  actor: string | undefined;
  surface: string | undefined;
  data: string | undefined;
  audit: string | undefined;
  /** Where the audit goes. */
  sink: AuditSink;
  signal: AbortSignal;
  tell(event: Omit<UpEvent, "time" | "stack">): void;
}

const MILLISECONDS = 1000;

/** @param byAction how many resources, by what the engine calls it. */
function changesOf(byAction: Readonly<Record<string, number>>): ShardChanges {
  const { create = 0, update = 0, replace = 0 } = byAction;
  return { created: create, updated: update, replaced: replace, deleted: byAction["delete"] ?? 0 };
}

function hasChanges({ created, updated, replaced, deleted }: ShardChanges): boolean {
  return created + updated + replaced + deleted > 0;
}

export function resultOf(stack: string, outcome: ShardOutcome, more: Partial<ShardResult> = {}): ShardResult {
  return {
    stack,
    outcome,
    changes: NO_CHANGES,
    seconds: 0,
    failedTenants: [],
    destroyedTenants: [],
    reason: null,
    errorCode: null,
    ways: [],
    ...more,
  };
}

function failed(stack: string, thrown: unknown, signal: AbortSignal): ShardResult {
  const isOfTenants = thrown instanceof UpdateFailure;
  const known = knownError(isOfTenants ? thrown.error : thrown, signal);
  if (!(known instanceof OperationError)) {
    return resultOf(stack, ShardOutcome.Failed, {
      reason: because(known),
      errorCode: ErrorCode.UpdateFailed,
      ways: ["tenant-edge doctor says what is missing", "run it again"],
    });
  }
  const { code, message, ways } = known;
  if (code === ErrorCode.Aborted) {
    return resultOf(stack, ShardOutcome.Interrupted, { reason: "it was stopped while it was under way" });
  }
  return resultOf(stack, ShardOutcome.Failed, {
    failedTenants: isOfTenants ? thrown.tenants.sort() : [],
    reason: message,
    errorCode: code,
    ways: [...ways],
  });
}

/** What an update has left that failed or was killed: it carries our mark, and is in no state. As before operations. */
async function mend(run: ShardRun): Promise<void> {
  const { directory, stack, env, actor, surface, data, audit, signal, tell } = run;
  const note = (message: string) => tell({ kind: UpEventKind.Note, message });
  try {
    const operations = await openOperations({ directory, stack, env, actor, surface, data, audit });
    try {
      await operations.repair({}, { signal, onProgress: ({ message }) => note(message) });
    } finally {
      await operations.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    // It is under way, and was not killed.
    if (error instanceof OperationError && error.code === ErrorCode.StackLocked) return;
    note(`what the last update left could not be looked for: ${because(error)}; tenant-edge repair does it`);
  }
}

/** By what the state tells. What cannot be read now, the update itself complains of. */
async function isInterrupted({ engine }: ShardRun): Promise<boolean> {
  const contents = await engine.contents().catch(() => undefined);
  return contents !== undefined && contents.pending.length > 0;
}

/**
 * Rejects with what kept the engine from beginning, or when it was stopped.
 *
 * @param touched gets the ids of the tenants of whom something is changed.
 */
async function update(run: ShardRun, touched: Set<string>): Promise<ShardResult> {
  const { stack, file, engine, digest, signal, tell } = run;
  let changes = NO_CHANGES;
  let done = 0;
  const options: UpdateOptions = {
    message: upMessage(digest),
    configFile: file,
    replace: [],
    steps: [],
    signal,
    onStep: ({ action, name, tenant }) => {
      done += 1;
      if (tenant !== "") touched.add(tenant);
      tell({ kind: UpEventKind.Resource, message: `${action} ${name}`, done });
    },
    onSummary: (byAction) => {
      changes = changesOf(byAction);
    },
  };
  if (run.isBroken || (await isInterrupted(run))) await mend(run);
  let lockedSince: number | undefined;
  for (;;) {
    try {
      const complaints = await engine.update(options);
      for (const message of complaints) tell({ kind: UpEventKind.Note, message });
      const outcome = hasChanges(changes) ? ShardOutcome.Updated : ShardOutcome.Unchanged;
      return resultOf(stack, outcome, { changes });
    } catch (error) {
      if (!isLocked(error)) return { ...failed(stack, error, signal), changes };
      lockedSince ??= performance.now();
      await awaitLock(run, error, lockedSince, signal, ({ message }) =>
        tell({ kind: UpEventKind.Waiting, message }),
      );
    }
  }
}

async function timed(
  run: ShardRun,
  message: string,
  work: (run: ShardRun) => Promise<ShardResult>,
): Promise<ShardResult> {
  const begun = performance.now();
  run.tell({ kind: UpEventKind.Begun, message });
  const result = await work(run).catch((error: unknown) => failed(run.stack, error, run.signal));
  return { ...result, seconds: Math.round(performance.now() - begun) / MILLISECONDS };
}

async function preview({ stack, file, engine, signal }: ShardRun): Promise<ShardResult> {
  const steps = await engine.preview({ configFile: file, signal });
  const changing = steps.filter(changesSomething);
  const byAction = Object.groupBy(changing, ({ action }) => action);
  const counts = Object.entries(byAction).map(([action, found = []]) => [action, found.length] as const);
  const changes = changesOf(Object.fromEntries(counts));
  return resultOf(stack, hasChanges(changes) ? ShardOutcome.Planned : ShardOutcome.Unchanged, {
    changes,
    destroyedTenants: [...new Set(changing.filter(isDestructive).map(({ tenant }) => tenant))].sort(),
  });
}

async function auditedUpdate(run: ShardRun): Promise<ShardResult> {
  const { sink, environment, stack, actor, surface, signal } = run;
  const touched = new Set<string>();
  const about = { operation: "up", environment, stack, tenants: [], actor, surface };
  return await auditedWork(
    sink,
    about,
    { signal },
    () => update(run, touched).catch((error: unknown) => failed(stack, error, signal)),
    ({ changes, errorCode, outcome }) => ({
      tenants: [...touched].sort(),
      details: { ...changes },
      ...(outcome === ShardOutcome.Interrupted && endWith(ErrorCode.Aborted)),
      ...(errorCode !== null && endWith(errorCode)),
    }),
  );
}

/** One update of the engine, kept in the audit. Never rejects. */
export const updateShard = (run: ShardRun): Promise<ShardResult> => timed(run, "updating", auditedUpdate);

/** One preview of the engine. Never rejects. @param run of a stack that was made already: previewing one makes it. */
export const previewShard = (run: ShardRun): Promise<ShardResult> => timed(run, "previewing", preview);
