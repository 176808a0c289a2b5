/** Waits for other processes that have one of the stacks. */
import type { Call } from "../../contract.ts";
import { awaitLock } from "../../engine/awaitLock.ts";
import { isLocked } from "../../engine/failures.ts";
import { reportTo } from "../../report.ts";
import type { MovingStack } from "./movingStack.ts";
import type { Move } from "./steps.ts";

/** Again and again while another process has the lock of the stack. */
export async function whenFree<T>(
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
