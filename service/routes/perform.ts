/** How routes run operations: those that only look at once, those that change something under an id. */
import type { Context } from "hono";
import type { Call, ChangingOperation, ResultOf } from "../../operations/contract.ts";
import { Scope } from "../../operations/contract.ts";
import type { ServiceContext } from "../context.ts";
import type { ServiceEnv } from "../environment.ts";
import { ProblemError, problem } from "../problems/problem.ts";
import { ServiceCode } from "../problems/problemTypes.ts";
import { sha256 } from "../runs/idempotencyKeys.ts";
import type { Ask } from "../runs/invoke.ts";
import { viewRun } from "../runs/runView.ts";

/** Runs what changes nothing; gives up when the caller does, or after the bound. */
export async function look<R>(
  c: Context<ServiceEnv>,
  { waitSeconds, stopping }: ServiceContext,
  operation: (call: Call) => Promise<R>,
): Promise<R> {
  const bound = AbortSignal.timeout(waitSeconds * 1000);
  const signal = AbortSignal.any([bound, stopping, c.req.raw.signal]);
  try {
    return await operation({ signal, actor: c.get("caller").name, requestId: c.get("requestId") });
  } catch (error) {
    if (bound.aborted)
      throw problem(ServiceCode.TimedOut, `There was no answer within ${waitSeconds} seconds.`);
    if (stopping.aborted)
      throw problem(ServiceCode.ShuttingDown, "The service is shutting down. Ask the next one.");
    throw error;
  }
}

/**
 * Starts an operation, or joins the same one under way, and answers its result; 202 when that takes longer than the
 * caller or the service waits. The operation goes on when the caller goes away.
 *
 * @param ask a function where it has to be found out first what is to be done.
 */
export async function perform<N extends ChangingOperation>(
  c: Context<ServiceEnv>,
  service: ServiceContext,
  ask: Ask<N> | (() => Promise<Ask<N>>),
  answer: (result: ResultOf<N>) => object,
  status: 200 | 201 = 200,
): Promise<Response> {
  const asker = { actor: c.get("caller").name, requestId: c.get("requestId") };
  const key = unquoted(c.req.header("idempotency-key"));
  const input = typeof ask === "function" ? null : ask.input;
  const fingerprint = sha256(JSON.stringify([c.req.method, c.req.path, input]));
  const id = key === undefined ? undefined : await service.keys.claim(asker.actor, key, fingerprint);
  const run = await service.runner.start(ask as Ask | (() => Promise<Ask>), asker, id);

  const seconds = preferredWait(c.req.header("prefer"), service.waitSeconds);
  const bound = AbortSignal.timeout(seconds * 1000);
  await run.settled(AbortSignal.any([bound, c.req.raw.signal]));
  if (run.outcome?.kind === "failed") throw new ProblemError(run.outcome.problem);
  if (run.outcome?.kind === "succeeded") return c.json(answer(run.outcome.result as ResultOf<N>), status);
  const headers = { Location: `${service.basePath}/v1/operations/${run.record.id}`, "Retry-After": "2" };
  return c.json(viewRun(run, c.get("caller").scopes.includes(Scope.Secrets)), 202, headers);
}

/** The draft's syntax is a quoted string; many clients send it bare. */
function unquoted(key: string | undefined): string | undefined {
  return /^"(.+)"$/.exec(key ?? "")?.[1] ?? key;
}

/** RFC 7240, "Prefer Header for HTTP": the first `wait` counts; preferences that are not understood are ignored. */
export function preferredWait(prefer: string | undefined, longest: number): number {
  const preferences = (prefer ?? "").toLowerCase().split(",");
  const wait = preferences
    .map((one) => /^\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:;|$)/.exec(one)?.[1])
    .find(Boolean);
  if (wait !== undefined) return Math.min(Number(wait), longest);
  return preferences.some((one) => /^\s*respond-async\s*(?:;|$)/.test(one)) ? 0 : longest;
}
