/** How routes run operations: those that only look at once, those that change something under an id. */
import type { Context } from "hono";
import { type Call, type ChangingOperation, type ResultOf, Scope } from "../../operations/contract.ts";
import { scopeMissing } from "../auth/allow.ts";
import type { ServiceContext } from "../context.ts";
import type { ServiceEnv } from "../environment.ts";
import { ProblemError, problem } from "../problems/problem.ts";
import { ServiceCode } from "../problems/problemTypes.ts";
import { sha256 } from "../runs/idempotencyKeys.ts";
import { type Ask, hasSecrets } from "../runs/invoke.ts";
import { viewRun } from "../runs/runView.ts";

async function inTime<R>(
  { waitSeconds, stopping }: ServiceContext,
  read: (signal: AbortSignal) => Promise<R>,
  gone?: AbortSignal,
): Promise<R> {
  const bound = AbortSignal.timeout(waitSeconds * 1000);
  const signal = AbortSignal.any([bound, stopping, ...(gone === undefined ? [] : [gone])]);
  try {
    return await read(signal);
  } catch (error) {
    if (bound.aborted)
      throw problem(ServiceCode.TimedOut, `There was no answer within ${waitSeconds} seconds.`);
    if (stopping.aborted)
      throw problem(ServiceCode.ShuttingDown, "The service is shutting down. Ask the next one.");
    if (gone?.aborted) throw problem(ServiceCode.TimedOut, "Whoever asked is gone.");
    throw error;
  }
}

const askerOf = (c: Context<ServiceEnv>) => ({
  actor: c.get("caller").name,
  requestId: c.get("requestId"),
});

/** Runs what changes nothing; gives up when the caller does, or after the bound. */
export function look<R>(
  c: Context<ServiceEnv>,
  service: ServiceContext,
  operation: (call: Call & { signal: AbortSignal }) => Promise<R>,
): Promise<R> {
  return inTime(service, (signal) => operation({ signal, ...askerOf(c) }), c.req.raw.signal);
}

/** The same for what runs the engine or asks the clouds: it waits its turn. */
export function lookFar<R>(
  c: Context<ServiceEnv>,
  service: ServiceContext,
  operation: (call: Call) => Promise<R>,
): Promise<R> {
  return look(c, service, (call) => service.reads.run(() => operation(call), call.signal));
}

/** Looks at a tenant now, once for all who ask meanwhile. Not for those who may only read: it costs calls of the clouds. */
export function probe(
  c: Context<ServiceEnv>,
  service: ServiceContext,
  tenant: string,
): Promise<ResultOf<"status">> {
  const { reads, operations } = service;
  const { name, scopes } = c.get("caller");
  if (!scopes.includes(Scope.Operate)) throw scopeMissing(name, [Scope.Operate], [Scope.Read, Scope.Operate]);
  const status = (signal: AbortSignal) =>
    operations.status({ tenant, probe: true }, { signal, ...askerOf(c) });
  // When one of them goes away, the others still wait.
  return reads.shared(tenant, () => inTime(service, (signal) => reads.run(() => status(signal), signal)));
}

export interface PerformOptions {
  /** Of success. Default 200. */
  status?: 200 | 201 | undefined;
  /** true: a rotation that ended a short time ago is answered again. */
  repeats?: boolean | undefined;
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
  { status = 200, repeats }: PerformOptions = {},
): Promise<Response> {
  const asker = askerOf(c);
  const key = unquoted(c.req.header("idempotency-key"));
  const input = typeof ask === "function" ? null : ask.input;
  const fingerprint = sha256(JSON.stringify([c.req.method, c.req.path, input]));
  const id = key === undefined ? undefined : await service.keys.claim(asker.actor, key, fingerprint);
  let run = await service.runner.start(ask as Ask | (() => Promise<Ask>), asker, { id, repeats });

  const seconds = preferredWait(c.req.header("prefer"), service.waitSeconds);
  const bound = AbortSignal.timeout(seconds * 1000);
  const waiting = AbortSignal.any([bound, c.req.raw.signal]);
  await run.settled(waiting);
  // It was run for another request: what is secret is given out again only with a record of that.
  if (run.asker !== asker && run.outcome?.kind === "succeeded" && hasSecrets(run.record.operation)) {
    run = await service.runner.repeat(run.record, asker);
    await run.settled(waiting);
  }
  if (run.outcome?.kind === "failed") throw new ProblemError(run.outcome.problem);
  if (run.outcome?.kind === "succeeded") return c.json(answer(run.outcome.result as ResultOf<N>), status);
  const headers = { Location: `${service.basePath}/v1/operations/${run.record.id}`, "Retry-After": "2" };
  return c.json(viewRun(run), 202, headers);
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
