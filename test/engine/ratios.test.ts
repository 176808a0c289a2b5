/**
 * That things have not become many times slower. Only ratios within one run are compared, with bounds far above what
 * `npm run bench` measures: they hold on a machine that does other things at the same time.
 */
import { expect, it, onTestFinished } from "vitest";
import { benchConfig } from "../../bench/config.ts";
import type { Figure } from "../../bench/figure.ts";
import { type MeasuredStack, openMeasured, timed, UP } from "../../bench/measured.ts";
import type { BenchPart } from "../../bench/part.ts";
import { part as checks } from "../../bench/parts/checks.ts";
import { part as floor } from "../../bench/parts/floor.ts";
import { openOperations } from "../../operations/open.ts";
import { DEFAULT_STACK } from "../../sandbox/engine/defaultStack.ts";
import { findEngine } from "../../sandbox/engine/findEngine.ts";

const TENANTS = 10;
const TURNS = 2;
/** Times the ratio that is promised for a quiet machine. */
const GENEROUS = 2;

const engineOf = () => findEngine({ report: () => {} });

async function figuresOf(part: BenchPart): Promise<Figure[]> {
  const engine = await engineOf();
  return await part.run({ engine, repetitions: TURNS + 1, tenants: TENANTS, shards: 1, report: () => {} });
}

/** The figures whose ratio is far over what is promised. */
const farOver = (figures: readonly Figure[]): Figure[] =>
  figures.filter(({ ratio }) => ratio?.bound !== undefined && ratio.value > ratio.bound * GENEROUS);

it("creating tenants takes little more than the same registrations by a flat program", async () => {
  const figures = await figuresOf(floor);

  expect(figures.filter(({ ratio }) => ratio?.bound !== undefined)).toHaveLength(1);
  expect(farOver(figures)).toEqual([]);
});

it("checking many tenants takes no longer, for each of them, than checking few, and little memory", async () => {
  const figures = await figuresOf(checks);

  expect(figures.filter(({ ratio }) => ratio?.bound !== undefined)).toHaveLength(3);
  expect(farOver(figures)).toEqual([]);
  expect(figures.filter(({ value, unit, bound = value }) => unit === "MB" && value > bound)).toEqual([]);
});

async function deployed(tenants: number): Promise<MeasuredStack> {
  const config = {
    ...benchConfig(tenants),
    "tenant-edge:limits": { tenantsPerStack: tenants + TURNS },
  };
  const stack = await openMeasured({ engine: await engineOf(), config });
  onTestFinished(() => stack.close());
  const { calls } = await timed(stack, UP);
  expect(calls).toBe(5 * tenants);
  return stack;
}

/** Seconds, with a bound on the calls. */
async function enroll({ sandbox, project }: MeasuredStack, tenant: string): Promise<number> {
  const operations = await openOperations({
    directory: project,
    stack: DEFAULT_STACK,
    env: { ...sandbox.env },
  });
  try {
    const mark = sandbox.cloudflare.calls.mark();
    const start = performance.now();
    await operations.enroll({ tenant });
    const seconds = (performance.now() - start) / 1000;
    expect(sandbox.cloudflare.calls.since(mark, "api").length).toBeLessThanOrEqual(5);
    return seconds;
  } finally {
    await operations.close();
  }
}

it("a further tenant costs much the same in a stack of one and of ten, and a run that changes nothing no call", async () => {
  // One tenant with a host has the network already.
  const few = await deployed(1);
  const many = await deployed(TENANTS);
  const times = { few: [] as number[], many: [] as number[] };
  for (let turn = 1; turn <= TURNS; turn += 1) {
    times.few.push(await enroll(few, `one-more-${turn}`));
    times.many.push(await enroll(many, `one-more-${turn}`));
  }

  // The quickest: what else the machine does only makes it slower.
  expect(Math.min(...times.many) / Math.min(...times.few)).toBeLessThanOrEqual(GENEROUS * 1.5);
  expect((await timed(many, UP)).calls).toBe(0);
});
