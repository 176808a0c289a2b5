/** What the operations on one tenant cost, on a stack of others: one more tenant, from its enrolment to its removal. */
import type { Operations } from "../operations/contract.ts";
import { openOperations } from "../operations/open.ts";
import { DEFAULT_STACK } from "../sandbox/engine/defaultStack.ts";
import type { ScratchStack } from "../sandbox/scratchStack.ts";
import { type Figure, median, Series } from "./figure.ts";
import { tenantsText } from "./tenantsText.ts";

const TENANT = { tenant: "one-more" };
const ENROLL = "enroll";

/** In the order in which they are done, with the Cloudflare calls that they may make on a stack of any size. */
const STEPS: readonly {
  name: string;
  calls: number;
  series: { time: Series; calls: Series };
  run(operations: Operations): Promise<unknown>;
}[] = [
  {
    name: ENROLL,
    calls: 5,
    series: { time: Series.EnrollOne, calls: Series.CallsToCreate },
    run: (operations) => operations.enroll(TENANT),
  },
  {
    name: "rotateKeys",
    calls: 2,
    series: { time: Series.RotateOne, calls: Series.CallsToRotate },
    run: (operations) => operations.rotateKeys(TENANT),
  },
  {
    name: "disable",
    calls: 4,
    series: { time: Series.DisableOne, calls: Series.CallsToDisable },
    run: (operations) => operations.disable(TENANT),
  },
  {
    name: "remove",
    calls: 6,
    series: { time: Series.RemoveOne, calls: Series.CallsToRemove },
    run: (operations) => operations.remove({ ...TENANT, purge: true }),
  },
];

/** Status of a tenant is asked so often. */
const STATUSES = 5;
/** Milliseconds for one. */
const STATUS_BOUND = 100;

function open({ project, sandbox }: ScratchStack, env: NodeJS.ProcessEnv): Promise<Operations> {
  return openOperations({ directory: project, stack: DEFAULT_STACK, env: { ...sandbox.env, ...env } });
}

/** Milliseconds for the status of a tenant that was probed before, where there is no engine that could be run. */
async function statuses(stack: ScratchStack): Promise<number[]> {
  const operations = await open(stack, { PATH: stack.project });
  try {
    const times: number[] = [];
    for (let ask = 0; ask < STATUSES; ask += 1) {
      const start = performance.now();
      const { pending, lastHealthCheck } = await operations.status(TENANT);
      times.push(performance.now() - start);
      if (pending || lastHealthCheck === null) throw new Error("the status is not that of a probed tenant");
    }
    return times;
  } finally {
    await operations.close();
  }
}

/** @param repetitions of which the median is told. Afterwards the stack is as it was. */
export async function operationFigures(
  stack: ScratchStack,
  tenants: number,
  repetitions: number,
): Promise<Figure[]> {
  const of = tenantsText(tenants);
  const { calls } = stack.sandbox.cloudflare;
  const runs = STEPS.map((step) => ({ step, seconds: [] as number[], made: [] as number[] }));
  const times: number[] = [];
  const lists: number[] = [];
  const operations = await open(stack, {});
  try {
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      for (const { step, seconds, made } of runs) {
        const mark = calls.mark();
        const start = performance.now();
        await step.run(operations);
        seconds.push((performance.now() - start) / 1000);
        made.push(calls.since(mark, "api").length);
        await stack.sandbox.hosts.settled();
        if (step.name !== ENROLL) continue;
        await operations.status({ ...TENANT, probe: true });
        times.push(...(await statuses(stack)));
        const asked = performance.now();
        await operations.list({});
        lists.push((performance.now() - asked) / 1000);
      }
    }
  } finally {
    await operations.close();
  }
  return [
    ...runs.flatMap(({ step: { name, calls: bound, series }, seconds, made }): Figure[] => [
      {
        name: `${name} one more tenant, stack of ${of}`,
        value: median(seconds),
        unit: "s",
        runs: repetitions,
        point: { series: series.time, tenants },
      },
      {
        name: `Cloudflare calls, ${name}, stack of ${of}`,
        value: Math.max(...made),
        unit: "",
        runs: repetitions,
        bound,
        point: { series: series.calls, tenants },
      },
    ]),
    {
      name: `status of all, stack of ${of}`,
      value: median(lists),
      unit: "s",
      runs: lists.length,
      point: { series: Series.StatusOfAll, tenants },
    },
    {
      name: `status of a tenant without an engine, stack of ${of}`,
      value: median(times),
      unit: "ms",
      runs: times.length,
      bound: STATUS_BOUND,
    },
  ];
}
