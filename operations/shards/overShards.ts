/** One operation on several stacks: a stack that fails does not hide what the others answer. */
import pMap from "p-map";
import type { Call } from "../contract.ts";
import { reportTo } from "../report.ts";
import type { ShardLists } from "./shardLists.ts";

/** Stacks that are asked side by side; for some of them an engine is started. */
export const READERS = 4;

/** As results have it. */
export interface FailedStack {
  stack: string;
  outcome: "failed";
  error: string;
}

export interface Answers<T> {
  /** In the order of the stacks. */
  answers: { stack: string; result: T }[];
  failed: FailedStack[];
}

/** Stacks whose file or list cannot be read have not answered either. */
export function withUnreadable<T>({ answers, failed }: Answers<T>, { unreadable }: ShardLists): Answers<T> {
  const unasked = unreadable.map(({ path, found }): FailedStack => {
    const stack = /(?:^| )Pulumi\.([^ ]+)\.yaml$/.exec(path)?.[1] ?? path;
    return { stack, outcome: "failed", error: `${path} is ${found}` };
  });
  return { answers, failed: [...failed, ...unasked] };
}

/** What a result has of it: nothing when all have answered. */
export function failures({ failed }: Pick<Answers<unknown>, "failed">): { failedStacks?: FailedStack[] } {
  return failed.length === 0 ? {} : { failedStacks: failed };
}

/** The same call, whose progress says of which stack it is. */
export function ofStack(call: Call, stack: string): Call {
  return {
    ...call,
    onProgress: ({ time: _, ...event }) =>
      reportTo(call, { ...event, message: `${stack}: ${event.message}` }),
  };
}

/**
 * @param concurrency how many at once: 1 for what changes something.
 * @throws what the first one has thrown when none has answered, or when the call was aborted.
 */
export async function askThese<T>(
  stacks: readonly string[],
  ask: (stack: string, call: Call) => Promise<T>,
  call: Call,
  concurrency: number,
): Promise<Answers<T>> {
  const errors: unknown[] = [];
  const failed: FailedStack[] = [];
  const results = await pMap(
    stacks,
    async (stack) => {
      call.signal?.throwIfAborted();
      try {
        return [{ stack, result: await ask(stack, ofStack(call, stack)) }];
      } catch (error) {
        if (call.signal?.aborted === true) throw error;
        errors.push(error);
        failed.push({
          stack,
          outcome: "failed",
          error: error instanceof Error ? error.message : String(error),
        });
        return [];
      }
    },
    { concurrency },
  );
  const answers = results.flat();
  if (answers.length === 0 && errors.length > 0) throw errors[0];
  return { answers, failed };
}

/** The same of all stacks of the environment. */
export async function askAll<T>(
  lists: ShardLists,
  ask: (stack: string, call: Call) => Promise<T>,
  call: Call,
  concurrency: number,
): Promise<Answers<T>> {
  const stacks = lists.shards.map(({ stack }) => stack);
  return withUnreadable(await askThese(stacks, ask, call, concurrency), lists);
}
