/** One stack with so many tenants, from its creation to its end. */
import { fileURLToPath } from "node:url";
import { scratchConfig } from "../../sandbox/scratchConfig.ts";
import { benchConfig } from "../config.ts";
import { type Figure, Series } from "../figure.ts";
import {
  DESTROY,
  type MeasuredStack,
  openMeasured,
  REFRESH,
  type Run,
  repeated,
  timed,
  UP,
} from "../measured.ts";
import { operationFigures } from "../operations.ts";
import type { BenchOptions, BenchPart } from "../part.ts";
import { tenantsText } from "../tenantsText.ts";

const EMPTY_PROGRAM = fileURLToPath(new URL("../programs/emptyProgram.js", import.meta.url));
/** Megabytes. */
const MEMORY_BOUND = 350;
const CALLS = { create: 5, noOp: 0, destroy: 4 };
/** Of a no-op of one tenant, over that of an empty program: so many times its time, and so many seconds. */
const OVER_EMPTY = { times: 1.25, seconds: 0.6 };
/** Stacks by their number of tenants, beside the one of the full size, and how often operations are measured on them. */
const SMALLER = [
  { tenants: 1, operations: 3 },
  { tenants: 10, operations: 1 },
];

interface Life {
  create: Run;
  noOp: Run;
  changeOne: Run;
  refresh: Run;
  destroy: Run;
  memory: number;
  operations: Figure[];
}

interface Size {
  tenants: number;
  /** How often each of them is measured. */
  operations: number;
}

/** Another origin of the first tenant's tunnel, then another, so that each run changes something. */
async function changeOne(stack: MeasuredStack, tenants: number, repetitions: number): Promise<Run> {
  const { "tenant-edge:tenants": list } = benchConfig(tenants);
  const [first, ...rest] = list as { id: string }[];
  let port = 8080;
  return await repeated(repetitions, async () => {
    port += 1;
    const changed = { ...first, origin: { service: `http://localhost:${port}` } };
    stack.configure({ "tenant-edge:tenants": [changed, ...rest] });
    return await timed(stack, UP);
  });
}

async function life({ engine, repetitions, report }: BenchOptions, size: Size): Promise<Life> {
  const { tenants } = size;
  report(tenantsText(tenants));
  const stack = await openMeasured({ engine, config: benchConfig(tenants) });
  try {
    const create = await timed(stack, UP);
    const memory = stack.memory();
    await stack.sandbox.hosts.settled();
    const noOp = await repeated(repetitions, () => timed(stack, UP));
    const changed = await changeOne(stack, tenants, repetitions);
    const refresh = await repeated(repetitions, () => timed(stack, REFRESH));
    report(`operations on ${tenantsText(tenants)}`);
    const operations = await operationFigures(stack, tenants, Math.min(size.operations, repetitions));
    const destroy = await timed(stack, DESTROY);
    return { create, memory, noOp, changeOne: changed, refresh, operations, destroy };
  } finally {
    await stack.close();
  }
}

/** A program without a resource, without TypeScript, on the same engine. */
async function emptyProgram({ engine, repetitions, report }: BenchOptions): Promise<number> {
  report("an empty program");
  const stack = await openMeasured({ engine, config: scratchConfig("bench"), main: EMPTY_PROGRAM });
  try {
    await timed(stack, UP);
    return (await repeated(repetitions, () => timed(stack, UP))).seconds;
  } finally {
    await stack.close();
  }
}

function figuresOf(tenants: number, life: Life, empty: number, runs: number): Figure[] {
  const of = tenantsText(tenants);
  const { create, noOp, changeOne, refresh, destroy, memory, operations } = life;
  const promised = tenants === 1 ? { bound: OVER_EMPTY.times * empty + OVER_EMPTY.seconds } : {};
  const times = (value: number, than: number, what: string) => ({ ratio: { value: value / than, of: what } });
  const calls = (series: Series, what: string, value: number, bound: number): Figure => ({
    name: `Cloudflare calls ${what} ${of}`,
    value,
    unit: "",
    bound,
    point: { series, tenants },
  });
  return [
    { name: `create ${of}`, value: create.seconds, unit: "s", point: { series: Series.Create, tenants } },
    {
      name: `no-op of ${of}`,
      value: noOp.seconds,
      unit: "s",
      runs,
      ...promised,
      ...times(noOp.seconds, empty, "a no-op of an empty program"),
      point: { series: Series.NoOp, tenants },
    },
    {
      name: `change one of ${of}`,
      value: changeOne.seconds,
      unit: "s",
      runs,
      ...times(changeOne.seconds, noOp.seconds, "its no-op"),
      point: { series: Series.ChangeOne, tenants },
    },
    {
      name: `refresh ${of}`,
      value: refresh.seconds,
      unit: "s",
      runs,
      ...times(refresh.seconds, noOp.seconds, "its no-op"),
      point: { series: Series.Refresh, tenants },
    },
    {
      name: `destroy ${of}`,
      value: destroy.seconds,
      unit: "s",
      ...times(destroy.seconds, create.seconds, "its creation"),
      point: { series: Series.Destroy, tenants },
    },
    calls(Series.CallsToCreate, "per tenant, create", create.calls / tenants, CALLS.create),
    calls(Series.CallsOfNoOp, "of a no-op of", noOp.calls, CALLS.noOp),
    calls(Series.CallsToDestroy, "per tenant, destroy", destroy.calls / tenants, CALLS.destroy),
    {
      name: `memory of the program, ${of}`,
      value: memory,
      unit: "MB",
      bound: MEMORY_BOUND,
      point: { series: Series.Memory, tenants },
    },
    ...operations,
  ];
}

export const part: BenchPart = {
  title: "One stack",
  async run(options) {
    const { repetitions, tenants } = options;
    const empty = await emptyProgram(options);
    const figures: Figure[] = [
      { name: "no-op of an empty program", value: empty, unit: "s", runs: repetitions },
    ];
    const smaller = SMALLER.filter((size) => size.tenants < tenants);
    for (const size of [...smaller, { tenants, operations: 1 }]) {
      figures.push(...figuresOf(size.tenants, await life(options, size), empty, repetitions));
    }
    return figures;
  },
};
