/**
 * What a move consists of. Each step does nothing when it was done before, so that all of them can be run again, and back:
 * with source and target exchanged.
 *
 * Two things keep updates away meanwhile. While both lists have the tenant, the program of either stack refuses to run (see
 * `environment/otherShards.ts`): so it is from before the state moves until it has moved. An update from another checkout,
 * whose lists are older, does not see that; but the target's outputs say before the state moves that the tenant comes, and
 * a list without it is refused as soon as the state has it (see `config/checkLosses.ts`). Afterwards the target has all that
 * its list says; and the source's program lets go of a tenant that its state does not have any more.
 */

import { keepFacts } from "../../../probes/keptProbes.ts";
import type { DocumentStore } from "../../../storage/documentStore.ts";
import { type Call, ProgressKind } from "../../contract.ts";
import { reportTo } from "../../report.ts";
import { listInTarget, unlistInSource } from "./entries.ts";
import type { MovingStack } from "./movingStack.ts";
import type { States } from "./stateCommands.ts";
import { announceInTarget, moveState } from "./stateSteps.ts";
import { listText, stepText } from "./stepText.ts";
import { whenFree } from "./whenFree.ts";

export interface Move {
  tenant: string;
  /** The same as `to` when all that is left is to tell of it there. */
  from: MovingStack;
  to: MovingStack;
  states: States;
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

/** A preview has shown changes where none may be. */
export class NotTheSame extends Error {
  constructor(changes: readonly string[]) {
    super(listText(changes));
    this.name = "NotTheSame";
  }
}

/** The target first: when it is told, there is always one whose outputs tell of the tenant. */
function stacksOf({ from, to }: Move): MovingStack[] {
  return from.stack === to.stack ? [to] : [to, from];
}

async function check(move: Move, { signal }: Call): Promise<void> {
  const stacks = stacksOf(move);
  const found = await Promise.allSettled(stacks.map((one) => one.pendingSteps(signal)));
  signal?.throwIfAborted();
  const changes = found.flatMap((result, index) => {
    const stack = stacks[index]?.stack ?? "";
    if (result.status === "fulfilled") return result.value.map((step) => stepText(stack, step));
    return [`${stack}: ${result.reason instanceof Error ? result.reason.message : String(result.reason)}`];
  });
  if (changes.length > 0) throw new NotTheSame(changes);
}

async function tellOutputs(move: Move, call: Call): Promise<void> {
  const { tenant, from, to, documents } = move;
  const message = `move ${tenant} from ${from.stack} to ${to.stack}`;
  for (const one of stacksOf(move)) {
    const deployed = await whenFree(move, one, call, () => one.update(message, call.signal));
    await keepFacts({ stack: one.stack, documents, now: () => new Date() }, deployed, call);
  }
}

/** As often as one likes, and back with source and target exchanged. */
export const MOVING: readonly MoveStep[] = [
  { message: ({ to }) => `announcing it in the outputs of ${to.stack}`, run: announceInTarget },
  { message: ({ to }) => `listing it in ${to.list.location}`, run: listInTarget },
  { message: ({ from, to }) => `moving its state from ${from.stack} to ${to.stack}`, run: moveState },
  { message: ({ from }) => `taking it out of ${from.list.location}`, run: unlistInSource },
];

/** Whether it has to go back. @throws NotTheSame */
export const CHECKING: MoveStep = {
  message: (move) =>
    `previewing ${stacksOf(move).length === 1 ? move.to.stack : "both stacks"}: nothing may change`,
  run: check,
};

/** Only when nothing changes otherwise. */
export const TELLING: MoveStep = {
  message: (move) =>
    `updating the outputs of ${stacksOf(move)
      .map(({ stack }) => stack)
      .join(" and ")}`,
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
