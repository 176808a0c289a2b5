/** A stack whose operations meet faults in the calls that they make themselves. */

import type { Operations } from "../../operations/contract.ts";
import { openOperations } from "../../operations/open.ts";
import { watchedOperations } from "../../sandbox/canaries/watchedOperations.ts";
import { DEFAULT_STACK } from "../../sandbox/engine/defaultStack.ts";
import type { Engine } from "../../sandbox/engine/engine.ts";
import { type FaultCall, Faults } from "../../sandbox/faults/faults.ts";
import type { FaultRule } from "../../sandbox/faults/rule.ts";
import { openScratchStack, type ScratchStack } from "../../sandbox/scratchStack.ts";
import { killConfig } from "../kills/config.ts";
import { KillStack } from "../kills/killStack.ts";

/** Rules that name no resource are for calls that are made for none: those of operations, and of the program. */
class OwnCallFaults extends Faults {
  override decide(made: FaultCall, isPossible: (rule: FaultRule) => boolean = () => true) {
    const isMeant = (rule: FaultRule) => rule.resource !== undefined || made.resource === undefined;
    return super.decide(made, (rule) => isMeant(rule) && isPossible(rule));
  }
}

export class OperationStack {
  readonly stack: ScratchStack;
  readonly operations: Operations;
  readonly faults: Faults;
  /** A killed run and a failed one are to end in the same state. */
  readonly before = KillStack.prototype.before;
  readonly look = KillStack.prototype.look;
  readonly listed = KillStack.prototype.listed;

  private constructor(stack: ScratchStack, operations: Operations, faults: Faults) {
    this.stack = stack;
    this.operations = operations;
    this.faults = faults;
  }

  static async open(engine: Engine): Promise<OperationStack> {
    const faults = new OwnCallFaults();
    const stack = await openScratchStack({ engine, faults, config: killConfig([]) });
    const options = { directory: stack.project, stack: DEFAULT_STACK, actor: "deep run" };
    const operations = await openOperations({ ...options, env: { ...stack.sandbox.env } });
    return new OperationStack(stack, watchedOperations(operations, stack.canaries), faults);
  }

  async close(): Promise<void> {
    await this.operations.close();
    await this.stack.close();
  }
}
