/**
 * The program beside a naive one with the same resources: whole packages, types checked at every run, and each tunnel's
 * token asked of Cloudflare.
 */
import { benchConfig } from "../config.ts";
import type { Figure } from "../figure.ts";
import {
  type MeasuredStack,
  openMeasured,
  openOther,
  Program,
  type Run,
  repeated,
  timed,
  UP,
} from "../measured.ts";
import type { BenchOptions, BenchPart } from "../part.ts";
import { exportedRegistrations } from "../registrations.ts";
import { tenantsText } from "../tenantsText.ts";

interface Measured {
  create: Run;
  noOp: Run;
  memory: number;
}

/** No-ops of a stack without tenants: what every run begins with. */
async function start(runs: number, opened: Promise<MeasuredStack>): Promise<Run> {
  const stack = await opened;
  try {
    await timed(stack, UP);
    return await repeated(runs, () => timed(stack, UP));
  } finally {
    await stack.close();
  }
}

async function measured<T>(
  runs: number,
  opened: Promise<MeasuredStack>,
  then: (stack: MeasuredStack) => Promise<T>,
): Promise<[Measured, T]> {
  const stack = await opened;
  try {
    const create = await timed(stack, UP);
    const memory = stack.memory();
    await stack.sandbox.hosts.settled();
    const noOp = await repeated(runs, () => timed(stack, UP));
    return [{ create, noOp, memory }, await then(stack)];
  } finally {
    await stack.close();
  }
}

function figuresOf(tenants: number, ours: Measured, naive: Measured, runs: number): Figure[] {
  const of = tenantsText(tenants);
  const pair = (what: string, unit: string, value: (measured: Measured) => number, runs = 1): Figure[] => [
    { name: `${what}, naive`, value: value(naive), unit, runs },
    {
      name: what,
      value: value(ours),
      unit,
      runs,
      ...(value(naive) === 0
        ? {}
        : { ratio: { value: value(ours) / value(naive), of: "the naive program's" } }),
    },
  ];
  return [
    ...pair(`create ${of}`, "s", ({ create }) => create.seconds),
    ...pair(`no-op of ${of}`, "s", ({ noOp }) => noOp.seconds, runs),
    ...pair(`memory of the program, ${of}`, "MB", ({ memory }) => memory),
    ...pair(`Cloudflare calls, create ${of}`, "", ({ create }) => create.calls),
    ...pair(`Cloudflare calls, no-op of ${of}`, "", ({ noOp }) => noOp.calls),
  ];
}

function startFigures(runs: number, ours: Run, naive: Run, again: Run): Figure[] {
  const name = "no-op without tenants";
  const ratio = { value: ours.seconds / naive.seconds, of: "the naive program's" };
  return [
    { name: `${name}, naive`, value: naive.seconds, unit: "s", runs },
    { name: `${name}, naive, unchanged on the same machine`, value: again.seconds, unit: "s", runs },
    { name, value: ours.seconds, unit: "s", runs, ratio },
  ];
}

export const part: BenchPart = {
  title: "Against a naive program",
  async run({ engine, tenants, repetitions, report }: BenchOptions): Promise<Figure[]> {
    // What takes a quarter of a minute each is not measured five times.
    const runs = Math.ceil(repetitions / 2);
    const [config, empty] = [benchConfig(tenants), benchConfig(0)];
    const { Naive, NaiveAgain } = Program;
    report("the start");
    const ourStart = await start(runs, openMeasured({ engine, config: empty }));
    const naiveStart = await start(runs, openOther(engine, Naive, empty, []));
    const againStart = await start(runs, openOther(engine, NaiveAgain, empty, []));
    report("the program");
    const [ours, registrations] = await measured(
      runs,
      openMeasured({ engine, config }),
      exportedRegistrations,
    );
    report("the naive one");
    const [naive] = await measured(runs, openOther(engine, Naive, config, registrations), async () => {});
    return [
      ...startFigures(runs, ourStart, naiveStart, againStart),
      ...figuresOf(tenants, ours, naive, runs),
    ];
  },
};
