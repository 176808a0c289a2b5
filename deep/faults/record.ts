/** Finds the calls of a tenant's life: a run without faults is watched. */
import type { Engine } from "../../sandbox/engine/engine.ts";
import type { FaultCall } from "../../sandbox/faults/faults.ts";
import { FaultPlace } from "../../sandbox/faults/kinds.ts";
import { type KnownCall, onAnyTenant } from "./faultCase.ts";
import { LIFE, Operation, type Step, tenantOf } from "./life.ts";
import { openTrialStack, type TrialStack } from "./trialStack.ts";

export interface KnownCalls {
  /** Of every tenant. */
  bare: KnownCall[];
  /** Only of tenants with a host. */
  host: KnownCall[];
}

/** A call that polls is made as often as it takes; what is so of the first ones is so of all. */
const MOST_WRITES = 3;
const MOST_READS = 1;

const BARE = tenantOf(1, false);
const HOSTED = tenantOf(2, true);

const keyOf = ({ where, operation, resource, call, number }: Omit<KnownCall, "followsWrite">) =>
  [where, operation, resource, call, number].join(" ");

function numbered(calls: readonly FaultCall[], id: string): KnownCall[] {
  const counts = new Map<string, number>();
  const written = new Set<string>();
  return calls
    .filter(({ resource }) => resource?.includes(id))
    .flatMap((made) => {
      const call = onAnyTenant(made);
      if (call === undefined) return [];
      const key = keyOf({ ...call, number: 0 });
      const number = (counts.get(key) ?? 0) + 1;
      counts.set(key, number);
      const followsWrite = written.has(call.resource);
      if (call.writes && call.where !== FaultPlace.provider) written.add(call.resource);
      return number <= (call.writes ? MOST_WRITES : MOST_READS) ? [{ ...call, number, followsWrite }] : [];
    });
}

async function watch(stack: TrialStack, step: Step): Promise<KnownCalls> {
  const calls: FaultCall[] = [];
  const stop = stack.faults.onCall((call) => calls.push(call));
  stack.enter(step, [BARE, HOSTED]);
  const { exitCode, stdout, stderr } = await stack.run(step.operation);
  stop();
  if (exitCode !== 0) throw new Error(`${step.operation} failed without any fault:\n${stdout}\n${stderr}`);
  const bare = numbered(calls, BARE.id);
  const known = new Set(bare.map(keyOf));
  return { bare, host: numbered(calls, HOSTED.id).filter((call) => !known.has(keyOf(call))) };
}

/** The calls of each operation: of all, or of those that one of a stack's lives with just these steps has. */
export async function recordCalls(
  engine: Engine,
  operations: readonly Operation[],
): Promise<Map<Operation, KnownCalls>> {
  const found = new Map<Operation, KnownCalls>();
  const live = async (steps: readonly Step[]) => {
    const stack = await openTrialStack(engine);
    try {
      for (const step of steps) found.set(step.operation, await watch(stack, step));
    } finally {
      await stack.close();
    }
  };
  const steps = LIFE.filter(({ operation }) => operations.includes(operation));
  const creation = steps.filter(({ operation }) => operation === Operation.create);
  const end = steps.filter(({ operation }) => operation === Operation.destroy);
  const rest = steps.filter((step) => !creation.includes(step) && !end.includes(step));
  const lives = [rest, end].filter(({ length }) => length > 0);
  await Promise.all(lives.map((life) => live([...creation, ...life])));
  return found;
}
