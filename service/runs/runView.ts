/** What is told of an operation to somebody who asks after it. */
import { z } from "@hono/zod-openapi";
import { OPERATIONS, type ProgressEvent, ProgressKind } from "../../operations/contract.ts";
import { storedProblem } from "../problems/problem.ts";
import { CHANGING, hasSecrets } from "./invoke.ts";
import { Run } from "./run.ts";
import { type RunRecord, RunState } from "./runRecord.ts";

export const progressEvent = z.object({
  time: z.iso.datetime(),
  kind: z.enum(ProgressKind),
  message: z.string(),
  tenant: z.string().optional(),
  done: z.number().optional(),
  total: z.number().optional(),
});

/** For the document: which result it is, `operation` says. */
const anyResult = z.union(CHANGING.map((operation) => OPERATIONS[operation].result));

export const runView = z
  .object({
    id: z.uuid(),
    operation: z.enum(CHANGING),
    state: z.enum(RunState),
    actor: z.string().describe("Name of the token that asked for it."),
    createdAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
    progress: progressEvent.nullable().describe("The last that was reported."),
    result: anyResult
      .nullable()
      .describe(
        "Of an operation that succeeded. Results with secrets are told for a few minutes only, and only to tokens that may have them: afterwards the same request gives the same answer again.",
      ),
    problem: storedProblem.nullable().describe("Why it failed."),
    message: z.string(),
  })
  .openapi("Operation");

export interface RunAnswer {
  id: string;
  operation: RunRecord["operation"];
  state: RunState;
  actor: string;
  createdAt: string;
  endedAt: string | null;
  progress: ProgressEvent | null;
  result: unknown;
  problem: RunRecord["problem"];
  message: string;
}

/** @param secrets whether the one who asks may have them. */
export function viewRun(found: Run | RunRecord, secrets: boolean): RunAnswer {
  const record = found instanceof Run ? found.record : found;
  const run = found instanceof Run ? found : undefined;
  const { id, operation, state, actor, createdAt, endedAt, problem } = record;
  const inMemory = run?.outcome?.kind === "succeeded" ? run.outcome.result : record.result;
  const result = hasSecrets(operation) && !secrets ? null : (inMemory ?? null);
  const message = messageOf(record, run, result !== null);
  return {
    id,
    operation,
    state,
    actor,
    createdAt,
    endedAt,
    progress: run?.lastEvent ?? null,
    result,
    problem,
    message,
  };
}

function messageOf({ state }: RunRecord, run: Run | undefined, hasResult: boolean): string {
  if (state === RunState.Failed) return "It failed; problem says why.";
  if (state === RunState.Succeeded) {
    return hasResult ? "It succeeded." : "It succeeded. Ask again with the same request for the answer.";
  }
  if (run?.outcome?.kind === "handed-over") return "This service is shutting down; the next one goes on.";
  return "It is under way.";
}
