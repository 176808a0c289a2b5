/**
 * What a move consists of. Each step does nothing when it was done before, so that all of them can be run again, and back:
 * with source and target exchanged.
 *
 * While both lists have the tenant, the program of either stack refuses to run (see `environment/otherShards.ts`): so it is
 * from before the state moves until it has moved. Afterwards the target has all that its list says; and the source's program
 * lets go of a tenant that its state does not have any more (see `config/checkLosses.ts`).
 */

import { keepFacts } from "../../../probes/keptProbes.ts";
import type { DocumentStore } from "../../../storage/documentStore.ts";
import { type Call, ProgressKind } from "../../contract.ts";
import { awaitLock } from "../../engine/awaitLock.ts";
import { isLocked, updateFailed } from "../../engine/failures.ts";
import { EngineCommandError } from "../../engine/pulumiCommand.ts";
import type { Step as EngineStep } from "../../engine/steps.ts";
import { ErrorCode, OperationError } from "../../errors.ts";
import { reportTo } from "../../report.ts";
import type { MovingStack } from "./movingStack.ts";
import { areSame } from "./stackState.ts";
import type { StateCommands } from "./stateCommands.ts";

export interface Move {
  tenant: string;
  from: MovingStack;
  to: MovingStack;
  states: StateCommands;
  /** Where it is kept what the outputs tell. */
  documents: DocumentStore;
  /** How long to wait for another process that has one of the stacks. */
  lockPatienceSeconds: number;
}

export interface MoveStep {
  /** For people. */
  message(move: Move): string;
  run(move: Move, call: Call): Promise<void>;
}

/** The engine refuses to hand over to a stack whose own provider of the same name has other settings. */
const OTHER_PROVIDER = /provider \S+ already exists in destination stack/;

/** Steps that an error names, at most. */
const SHOWN = 20;

/** Again and again while another process has the lock of the stack. */
async function whenFree<T>(
  { lockPatienceSeconds }: Move,
  { stack }: MovingStack,
  call: Call,
  run: () => Promise<T>,
): Promise<T> {
  const signal = call.signal ?? new AbortController().signal;
  let since: number | undefined;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!isLocked(error)) throw error;
      since ??= performance.now();
      await awaitLock({ stack, lockPatienceSeconds }, error, since, signal, (event) => reportTo(call, event));
    }
  }
}

async function listInTarget({ tenant, from, to }: Move): Promise<void> {
  const entry = (await from.list.read()).entries.find(({ id }) => id === tenant);
  await to.list.change((document) => {
    if (document.entry(tenant) !== undefined) return;
    if (entry === undefined) {
      throw new OperationError(
        ErrorCode.TenantNotFound,
        `${tenant} is neither in ${from.list.location} nor in ${to.list.location} any more`,
        { ways: ["put its entry back into one of them, then run it again"] },
      );
    }
    document.put({ ...entry, id: tenant });
  });
}

async function unlistInSource({ tenant, from }: Move): Promise<void> {
  await from.list.change((document) => document.remove(tenant));
}

async function moveState(move: Move, call: Call): Promise<void> {
  const { tenant, from, to, states } = move;
  const source = await states.read(from.stack);
  if (source.resourcesOf(tenant).length === 0) return;
  const target = await states.read(to.stack);
  // From here on no update begins; one that began before is not lost when it has ended.
  await Promise.all([
    whenFree(move, from, call, () => from.awaitUpdates(source.root)),
    whenFree(move, to, call, () => to.awaitUpdates(target.root)),
  ]);
  call.signal?.throwIfAborted();
  await whenFree(move, from, call, () => handOver(move));
}

async function handOver({ tenant, from, to, states }: Move): Promise<void> {
  const [source, target] = await Promise.all([states.read(from.stack), states.read(to.stack)]);
  const [leaving, there] = [source.resourcesOf(tenant), target.resourcesOf(tenant)];
  if (leaving.length === 0) return;
  const urns = leaving.map(({ urn }) => urn);
  try {
    if (there.length === 0) await states.move(urns, from.stack, to.stack);
    // Only the first half was written.
    else if (areSame(leaving, there)) await states.forget(urns, from.stack);
    else throw twoTenants(tenant, from.stack, to.stack);
  } catch (error) {
    if (!(error instanceof EngineCommandError) || isLocked(error)) throw error;
    throw notMoved(from.stack, to.stack, error);
  }
  const after = await Promise.all([states.read(from.stack), states.read(to.stack)]);
  const [left, arrived] = [after[0].resourcesOf(tenant), after[1].resourcesOf(tenant)];
  if (areSame(leaving, arrived) && left.length === 0) return;
  throw new OperationError(
    ErrorCode.UpdateFailed,
    `${to.stack} has ${arrived.length} of the ${leaving.length} resources of ${tenant}, ${from.stack} has ${left.length}`,
    { ways: ["another process has written one of the states: run it again when that is done"] },
  );
}

function twoTenants(tenant: string, from: string, to: string): OperationError {
  return new OperationError(
    ErrorCode.NotAllowedNow,
    `the states of ${from} and ${to} have different things of ${tenant}: an update has made some of them again`,
    {
      ways: [
        `pulumi stack --show-urns --show-ids --stack ${to} shows them; forget those that are not ${tenant}'s with pulumi state delete, and run it again`,
      ],
    },
  );
}

function notMoved(from: string, to: string, error: EngineCommandError): OperationError {
  if (!OTHER_PROVIDER.test(error.stderr + error.stdout))
    return updateFailed("the move of the state", [], error);
  return new OperationError(
    ErrorCode.NotAllowedNow,
    `${from} and ${to} have different settings of a provider (aws:…, cloudflare:…), and the engine moves nothing from one to the other`,
    {
      ways: [
        `give both the same, also the same API token, and bring both there: pulumi up --stack ${from}; pulumi up --stack ${to}`,
      ],
    },
  );
}

/** A preview has shown changes where none may be. */
export class NotTheSame extends Error {
  constructor(changes: readonly string[]) {
    const more = changes.length > SHOWN ? [`  and ${changes.length - SHOWN} more`] : [];
    super([...changes.slice(0, SHOWN).map((change) => `  ${change}`), ...more].join("\n"));
    this.name = "NotTheSame";
  }
}

export function stepText(stack: string, { action, name, type }: EngineStep): string {
  return `${stack}: ${action} ${name} (${type})`;
}

async function check({ from, to }: Move, { signal }: Call): Promise<void> {
  const stacks = [to, from];
  const found = await Promise.allSettled(stacks.map((one) => one.pendingSteps(signal)));
  signal?.throwIfAborted();
  const changes = found.flatMap((result, index) => {
    const stack = stacks[index]?.stack ?? "";
    if (result.status === "fulfilled") return result.value.map((step) => stepText(stack, step));
    return [`${stack}: ${result.reason instanceof Error ? result.reason.message : String(result.reason)}`];
  });
  if (changes.length > 0) throw new NotTheSame(changes);
}

/** The target first: then there is always one whose outputs tell of the tenant. */
async function tellOutputs(move: Move, call: Call): Promise<void> {
  const { tenant, from, to, documents } = move;
  const message = `move ${tenant} from ${from.stack} to ${to.stack}`;
  for (const one of [to, from]) {
    const deployed = await whenFree(move, one, call, () => one.update(message, call.signal));
    await keepFacts({ stack: one.stack, documents, now: () => new Date() }, deployed, call);
  }
}

/** As often as one likes, and back with source and target exchanged. */
export const MOVING: readonly MoveStep[] = [
  { message: ({ to }) => `listing it in ${to.list.location}`, run: listInTarget },
  { message: ({ from, to }) => `moving its state from ${from.stack} to ${to.stack}`, run: moveState },
  { message: ({ from }) => `taking it out of ${from.list.location}`, run: unlistInSource },
];

/** Whether it has to go back. @throws NotTheSame */
export const CHECKING: MoveStep = {
  message: () => "previewing both stacks: nothing may change",
  run: check,
};

/** Only when nothing changes otherwise. */
export const TELLING: MoveStep = {
  message: () => "updating the outputs of both stacks",
  run: tellOutputs,
};

/** @throws what a step throws; the signal's reason between two of them. */
export async function runSteps(steps: readonly MoveStep[], move: Move, call: Call): Promise<void> {
  for (const step of steps) {
    reportTo(call, { kind: ProgressKind.Note, message: step.message(move), tenant: move.tenant });
    call.signal?.throwIfAborted();
    await step.run(move, call);
  }
}
