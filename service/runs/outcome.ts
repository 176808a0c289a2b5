/** Runs an operation to its end, whatever that is. */
import type { Logger } from "pino";
import type { Operations } from "../../operations/contract.ts";
import { describeError } from "../observe/describeError.ts";
import { problemOf } from "../problems/problem.ts";
import { ServiceCode } from "../problems/problemTypes.ts";
import { type Ask, invoke } from "./invoke.ts";
import type { Outcome, Run } from "./run.ts";

export async function outcomeOf(run: Run, operations: Operations, log: Logger): Promise<Outcome> {
  const { operation, input, actor, requestId } = run.record;
  const ask = { operation, input } as Ask;
  const call = { signal: run.abort.signal, onProgress: run.report.bind(run), actor, requestId };
  try {
    return { kind: "succeeded", result: await invoke(operations, ask, call) };
  } catch (error) {
    if (run.abort.signal.aborted) return { kind: "handed-over" };
    const found = problemOf(error);
    if (found.code === ServiceCode.InternalError) {
      log.error({ request_id: requestId, operation, error: describeError(error) }, "unknown error");
    }
    return { kind: "failed", problem: found };
  }
}
