/** Probes the tenants, and restarts what is down. */
import pMap, { pMapSkip } from "p-map";
import type { z } from "zod";
import { inBackground } from "../clients/apiWork.ts";
import { because } from "../clients/failureText.ts";
import type { ResolvedTenant } from "../config/tenants.ts";
import { changeKept, type Kept, keepSweep, readKept } from "../probes/keptProbes.ts";
import { type Probe, type ProbedTenant, probe } from "../probes/probe.ts";
import {
  acted,
  counted,
  type Decision,
  decide,
  type SweepLimits,
  type Swept,
} from "../probes/sweepDecision.ts";
import { Condition } from "./choices.ts";
import type { Configuration, OperationContext } from "./context.ts";
import { type Call, ProgressKind, type ResultOf } from "./contract.ts";
import { ErrorCode, OperationError } from "./errors.ts";
import { dropConnections } from "./hosts/dropConnections.ts";
import { mend } from "./hosts/mend.ts";
import type { sweepHealthInput } from "./schemas.ts";

type Input = z.output<typeof sweepHealthInput>;
type Unhealthy = ResultOf<"sweepHealth">["unhealthy"][number];

/** Tenants that are probed side by side. */
const CONCURRENCY = 4;
/** Calls of Cloudflare's API that one probe makes. */
const CALLS_OF_A_PROBE = 3;

interface Looked {
  target: ProbedTenant;
  probe: Probe;
}

/**
 * Probes every tenant that was deployed, those first whose last probe is the oldest: a sweep that stops because the
 * budget of API calls is nearly used up leaves the others to the next one. Acts only on a tunnel that two sweeps in a row
 * found down or degraded; of a tenant that is out of service, it drops the connections that are left.
 */
export async function sweepHealth(
  context: OperationContext,
  input: Input,
  call: Call,
): Promise<ResultOf<"sweepHealth">> {
  if (!context.cloudflare.hasToken) {
    throw new OperationError(ErrorCode.NotSetUp, "a sweep needs a Cloudflare API token, and there is none", {
      ways: ["Set CLOUDFLARE_API_TOKEN, or cloudflare:apiToken as a secret of the stack."],
    });
  }
  const startedAt = context.now();
  const { settings, tenants } = await context.configuration(call.signal);
  const targets = await targetsOf(context, tenants, input.tenants, call);
  const looked = await inBackground(() => lookAtAll(context, settings, targets, call));
  const limits = {
    act: input.act === true,
    maxActions: input.maxActions ?? settings.lifecycle.sweepActions,
    coolDownMinutes: settings.lifecycle.sweepCoolDownMinutes,
    now: context.now(),
  };
  const decided = await claim(context, looked, { startedAt, ...limits }, call);

  const unhealthy: Unhealthy[] = [];
  for (const one of decided) {
    if (!isReported(one.probe)) continue;
    if (call.signal?.aborted === true) throw new OperationError(ErrorCode.Aborted, "the sweep was aborted");
    const done =
      one.probe.condition === Condition.Disabled
        ? await dropConnections(context, one, limits.act, call)
        : await mend(context, one.target, one, call);
    unhealthy.push({
      tenant: one.target.id,
      condition: one.probe.condition,
      errors: one.probe.errors,
      failures: one.state.failures,
      ...done,
    });
  }
  return { checked: looked.length, notChecked: targets.length - looked.length, unhealthy };
}

function isReported({ condition, connectors }: Probe): boolean {
  return condition === Condition.Disabled ? connectors.length > 0 : condition !== Condition.Ready;
}

/** Deployed ones alone: of the others there is nothing to look at yet. */
async function targetsOf(
  context: OperationContext,
  listed: readonly ResolvedTenant[],
  wanted: readonly string[] | undefined,
  call: Call,
): Promise<ProbedTenant[]> {
  const unknown = wanted?.filter((id) => !listed.some((tenant) => tenant.id === id)) ?? [];
  if (unknown.length > 0) {
    throw new OperationError(ErrorCode.TenantNotFound, `not in the tenant list: ${unknown.join(", ")}`, {
      ways: ["`tenant-edge list` shows all tenants."],
    });
  }
  const [{ tenants: deployed }, kept] = await Promise.all([
    context.engine.deployed({ fresh: true, signal: call.signal }),
    stored(() => readKept(context, call.signal)),
  ]);
  const probedAt = ({ id }: ProbedTenant) => kept.tenants.get(id)?.probe?.at ?? "";
  return listed
    .filter(({ id }) => wanted === undefined || wanted.includes(id))
    .flatMap((tenant): ProbedTenant[] => {
      const outputs = deployed.get(tenant.id);
      return outputs === undefined ? [] : [{ id: tenant.id, listed: tenant, deployed: outputs }];
    })
    .sort((left, right) => probedAt(left).localeCompare(probedAt(right)));
}

async function lookAtAll(
  context: OperationContext,
  settings: Configuration["settings"],
  targets: readonly ProbedTenant[],
  call: Call,
): Promise<Looked[]> {
  let done = 0;
  const looked = await pMap(
    targets,
    async (target): Promise<Looked | typeof pMapSkip> => {
      // A probe whose calls had to wait would tell nothing in its time.
      if (context.cloudflare.budget.left() < CONCURRENCY * CALLS_OF_A_PROBE) return pMapSkip;
      const made = await probe(context, settings, target, call.signal);
      done += 1;
      context.report(call, {
        kind: ProgressKind.Probing,
        message: `${target.id}: ${made.condition}`,
        tenant: target.id,
        done,
        total: targets.length,
      });
      return { target, probe: made };
    },
    { concurrency: CONCURRENCY },
  );
  if (looked.length < targets.length) {
    context.report(call, {
      kind: ProgressKind.Note,
      message: `${targets.length - looked.length} tenants were not probed: what is left of Cloudflare's calls is kept for operations. The next sweep begins with them.`,
    });
  }
  return looked;
}

/**
 * Keeps the probes, counts, decides, and notes who is about to be acted on, all in one compare-and-swap: two sweeps at
 * the same time never act on the same tenant.
 */
async function claim(
  context: OperationContext,
  looked: readonly Looked[],
  limits: SweepLimits & { startedAt: Date },
  call: Call,
): Promise<(Looked & Swept & Decision)[]> {
  let decided: (Looked & Swept & Decision)[] = [];
  const change = (kept: Kept) => {
    decided = decide(
      looked.map((one) => ({ ...one, ...foundOut(one, kept, limits) })),
      limits,
    );
    for (const { target, probe: made, state, remedy } of decided) {
      keepSweep(kept, target.id, made, remedy === undefined ? state : acted(state, limits.now));
    }
  };
  await stored(() => changeKept(context, change, call.signal));
  return decided;
}

function foundOut(
  { target: { id, listed, deployed }, probe: made }: Looked,
  kept: Kept,
  times: { startedAt: Date; now: Date },
): Omit<Swept, "probe"> {
  return {
    hasHosts: listed?.host !== undefined && deployed.instanceIds.length > 0,
    sessionManager: listed?.host?.sessionManager === true,
    state: counted(kept.tenants.get(id)?.sweep, made, times),
  };
}

/** Nobody is acted on while what was done cannot be noted. */
async function stored<T>(use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    throw new OperationError(ErrorCode.CloudFailed, `the probes cannot be kept: ${because(error)}`, {
      cause: error,
    });
  }
}
