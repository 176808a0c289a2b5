/** Lets one call go wrong. */
import { setTimeout as sleep } from "node:timers/promises";
import { FaultKind } from "./kinds.ts";
import type { FaultRule } from "./rule.ts";

/** How the faults look where they are injected. */
export interface FaultForms<Answer> {
  /** Lets the call take effect. */
  proceed(): Promise<Answer>;
  /** As `proceed`, in the world before the last write. */
  proceedStale(): Promise<Answer>;
  /** A refusal: an answer, or an error that is thrown. */
  refuse(rule: FaultRule): Answer | Promise<Answer>;
  /** The connection is gone: usually an error that is thrown. */
  drop(): Answer | Promise<Answer>;
}

export async function inject<Answer>(rule: FaultRule, forms: FaultForms<Answer>): Promise<Answer> {
  switch (rule.kind) {
    case FaultKind.slow:
      await sleep(rule.delay);
      return forms.proceed();
    case FaultKind.staleRead:
      return forms.proceedStale();
    case FaultKind.droppedConnection:
      return forms.drop();
    case FaultKind.timeoutBefore:
      await sleep(rule.delay);
      return forms.drop();
    case FaultKind.timeoutAfter:
      // A refusal is lost like any other answer.
      await Promise.allSettled([forms.proceed()]);
      await sleep(rule.delay);
      return forms.drop();
    default:
      return forms.refuse(rule);
  }
}
