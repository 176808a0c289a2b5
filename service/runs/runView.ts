/** What is told of an operation to somebody who asks after it. */
import { z } from "@hono/zod-openapi";
import { OPERATIONS, type ProgressEvent, ProgressKind } from "../../operations/contract.ts";
import { storedProblem } from "../problems/problem.ts";
import { CHANGING, hasSecrets } from "./invoke.ts";
import { isRotation } from "./rotations.ts";
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
const anyResult = z.union(
  CHANGING.filter((operation) => !hasSecrets(operation)).map((operation) => OPERATIONS[operation].result),
);
const generation = z.int().nullable();

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
        "Of an operation that succeeded and whose result holds no secret. Answers with secrets are given by the operation's own route only: message says how to get one again.",
      ),
    keyGeneration: generation.describe("Of rotateKeys: the generation that it ends with."),
    tunnelSecretGeneration: generation.describe("Of rotateTunnel: the generation that it ends with."),
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
  keyGeneration: number | null;
  tunnelSecretGeneration: number | null;
  problem: RunRecord["problem"];
  message: string;
}

export function viewRun(found: Run | RunRecord): RunAnswer {
  const record = found instanceof Run ? found.record : found;
  const run = found instanceof Run ? found : undefined;
  const { id, operation, state, actor, createdAt, endedAt, result, problem } = record;
  const to = typeof record.input["to"] === "number" ? record.input["to"] : null;
  return {
    id,
    operation,
    state,
    actor,
    createdAt,
    endedAt,
    progress: run?.lastEvent ?? null,
    result,
    keyGeneration: operation === "rotateKeys" ? to : null,
    tunnelSecretGeneration: operation === "rotateTunnel" ? to : null,
    problem,
    message: messageOf(record, run, to),
  };
}

function messageOf(record: RunRecord, run: Run | undefined, to: number | null): string {
  const { state, operation } = record;
  if (state === RunState.Failed) return "It failed; problem says why.";
  const again = hasSecrets(operation) ? ` ${whereAnswer(record, to)}` : "";
  if (state === RunState.Succeeded) return `It succeeded.${again}`;
  if (run?.outcome?.kind === "handed-over") return `Another process of the service goes on with it.${again}`;
  return `It is under way.${again}`;
}

function whereAnswer({ operation, tenant }: RunRecord, to: number | null): string {
  if (!isRotation(operation)) {
    return "Its answer has secrets, and is not told here: send the same request again for it.";
  }
  const name = operation === "rotateKeys" ? "rotate-keys" : "rotate-tunnel";
  return `Its answer has a secret, and is not told here: POST /v1/tenants/${tenant ?? "{tenant}"}/${name} with "to": ${to} gives it, or the same request with the same Idempotency-Key. Without either another rotation would begin.`;
}
