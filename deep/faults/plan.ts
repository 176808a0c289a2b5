/** Which cases are tried in which stack: a tenant has one case in each step of its life. */
import type { FaultCase } from "./faultCase.ts";
import { LIFE, Operation, type Step, type Tenant, tenantOf } from "./life.ts";

export interface PlannedStep {
  step: Step;
  cases: ReadonlyMap<Tenant, FaultCase>;
}

export interface StackPlan {
  tenants: readonly Tenant[];
  steps: readonly PlannedStep[];
}

/** Tenants of one stack. Larger ones cost more time for each tenant: every step writes the whole state. */
const MAXIMUM_TENANTS = 15;

/**
 * The steps of one stack: those with a case to try and those that they need, up to one end. Of a host only its calls
 * are tried, and they are the same whatever happened before.
 */
function stepsFor(queues: ReadonlyMap<Operation, FaultCase[]>, hasHost: boolean): Step[] {
  const left = (operation: Operation) => queues.get(operation)?.length ?? 0;
  const removes = LIFE.slice(1, -1).reduce((sum, { operation }) => sum + Math.min(1, left(operation)), 0) > 0;
  const isWanted = ({ operation }: Step) =>
    operation === Operation.destroy ? !removes && left(operation) > 0 : left(operation) > 0;
  const wanted = new Set<Operation>([Operation.create]);
  for (const step of LIFE.toReversed()) {
    if (!wanted.has(step.operation) && !isWanted(step)) continue;
    wanted.add(step.operation);
    if (step.needs !== undefined && !hasHost) wanted.add(step.needs);
  }
  return LIFE.filter(({ operation }) => wanted.has(operation));
}

/** All cases, in as few stacks as they fit in. Each stack begins with a tenant that has no fault in all its life. */
export function planStacks(cases: readonly FaultCase[]): StackPlan[] {
  return [true, false].flatMap((hasHost) => {
    const queues = new Map<Operation, FaultCase[]>();
    for (const one of cases.filter((candidate) => candidate.hasHost === hasHost)) {
      queues.set(one.step, [...(queues.get(one.step) ?? []), one]);
    }
    const plans: StackPlan[] = [];
    while ([...queues.values()].some(({ length }) => length > 0)) {
      const steps = stepsFor(queues, hasHost);
      const longest = Math.max(...steps.map(({ operation }) => queues.get(operation)?.length ?? 0));
      const size = Math.min(longest, MAXIMUM_TENANTS);
      const tenants = Array.from({ length: size + 1 }, (_, index) => tenantOf(index, hasHost));
      const planned = steps.map((step) => {
        const taken = queues.get(step.operation)?.splice(0, size) ?? [];
        return { step, cases: new Map(taken.flatMap((one, index) => pairOf(tenants[index + 1], one))) };
      });
      plans.push({ tenants, steps: planned });
    }
    return plans;
  });
}

function pairOf(tenant: Tenant | undefined, one: FaultCase): [Tenant, FaultCase][] {
  return tenant === undefined ? [] : [[tenant, one]];
}
