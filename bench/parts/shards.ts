/** Environments of one shard and of many: whether what one tenant costs grows with the number of all. */
import { BenchEnvironment, type UpRun } from "../environment.ts";
import { type Figure, median, Series } from "../figure.ts";
import { DESTROY, middle, REFRESH, type Run } from "../measured.ts";
import type { BenchOptions, BenchPart } from "../part.ts";
import { tenantsText } from "../tenantsText.ts";

/** Times what so many shards take one after another, alone. */
const SIDE_BY_SIDE_BOUND = 0.85;
/** Times the enrolment of one more into one shard, or into an empty one. */
const ENROLL_BOUNDS = { many: 1.2, one: 2 };
/** Megabytes. */
const MEMORY_BOUND = 350;
const CALLS_TO_CREATE = 5;
/** Part of the shards that are there when an environment in between is measured: 200 of 500 tenants. */
const FIRST_PART = 0.4;
/** What is quick at any size. */
const LISTS = 5;

/** What an environment costs that is there. */
interface Use {
  noOp: UpRun;
  upToDate: UpRun;
  changeOne: UpRun;
  refresh: Run;
  /** Seconds. */
  list: number;
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index + 1);

async function seconds(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000;
}

async function use(environment: BenchEnvironment, shards: number, port: number): Promise<Use> {
  // A tenant of the last shard: the others are not touched.
  const noOp = await environment.up("all");
  const upToDate = await environment.up("changed");
  environment.change(shards, port);
  const changeOne = await environment.up("changed");
  if (upToDate.begun !== 0 || changeOne.begun !== 1) {
    throw new Error(
      `${upToDate.begun} of unchanged stacks were begun, and ${changeOne.begun} for one change`,
    );
  }
  const refresh = await environment.each(range(0, shards), REFRESH);
  const list = await environment.operate(async (operations) => {
    const times: number[] = [];
    for (let ask = 0; ask < LISTS; ask += 1) times.push(await seconds(() => operations.list({})));
    return median(times);
  });
  return { noOp, upToDate, changeOne, refresh, list };
}

const enrollOne = (environment: BenchEnvironment, run: number): Promise<Run> =>
  environment.operate(async (operations) => ({
    seconds: await seconds(() => operations.enroll({ tenant: `one-more-${run + 1}` })),
    calls: 0,
  }));

interface Environments {
  /** Shards without a tenant. */
  none: BenchEnvironment;
  one: BenchEnvironment;
  many: BenchEnvironment;
}

async function opened<T>({ engine }: BenchOptions, work: (all: Environments) => Promise<T>): Promise<T> {
  const open: BenchEnvironment[] = [];
  const another = async () => {
    const environment = await BenchEnvironment.open(engine);
    open.push(environment);
    return environment;
  };
  try {
    return await work({ none: await another(), one: await another(), many: await another() });
  } finally {
    for (const environment of open) await environment.close();
  }
}

interface Sized {
  tenants: number;
  shards: number;
  create: number;
  use: Use;
  destroy: number;
  /** To create it. */
  calls: number;
  memory: number;
}

/** What the others are multiples of. */
type Alone = Pick<Sized, "create"> & { noOp: number };

function figuresOf({ tenants, shards, create, use, destroy, calls, memory }: Sized, alone: Alone): Figure[] {
  const of = `${tenantsText(tenants)} in ${shards} shards`;
  const alones = (value: number, what: string, one: number, bound?: number) => ({
    ratio: {
      value: value / (shards * one),
      of: `${shards} times ${what} of one`,
      ...(bound === undefined ? {} : { bound }),
    },
  });
  const time = (name: string, value: number, series?: Series): Figure => ({
    name,
    value,
    unit: "s",
    ...(series === undefined ? {} : { point: { series, tenants } }),
  });
  return [
    {
      ...time(`create ${of}`, create, Series.Create),
      ...alones(create, "the creation", alone.create, SIDE_BY_SIDE_BOUND),
    },
    {
      ...time(`no-op of ${of}`, use.noOp.seconds, Series.NoOp),
      ...alones(use.noOp.seconds, "a no-op", alone.noOp),
    },
    time(`look at ${of} of which nothing changed`, use.upToDate.seconds),
    time(`change one of ${of}`, use.changeOne.seconds, Series.ChangeOne),
    time(`refresh ${of}`, use.refresh.seconds, Series.Refresh),
    time(`status of all ${of}`, use.list, Series.StatusOfAll),
    time(`destroy ${of}`, destroy, Series.Destroy),
    {
      name: `Cloudflare calls per tenant, create ${of}`,
      value: calls / tenants,
      unit: "",
      bound: CALLS_TO_CREATE,
      point: { series: Series.CallsToCreate, tenants },
    },
    {
      name: `Cloudflare calls, no-op of ${of}`,
      value: use.noOp.calls,
      unit: "",
      bound: 0,
      point: { series: Series.CallsOfNoOp, tenants },
    },
    { name: `memory of what brings up ${of}`, value: memory, unit: "MB", bound: MEMORY_BOUND },
  ];
}

export const part: BenchPart = {
  title: "Shards",
  async run(options: BenchOptions): Promise<Figure[]> {
    const { tenants, shards, repetitions, report } = options;
    const enrolments = Math.ceil(repetitions / 2);
    const first = Math.max(1, Math.round(shards * FIRST_PART));
    return await opened(options, async ({ none, one, many }) => {
      report("one shard");
      one.add(1, tenants, enrolments);
      const createOne = await one.up("changed");
      const useOne = await use(one, 1, 8081);

      report(`${first} shards`);
      many.add(first, tenants, enrolments);
      const createSome = await many.up("changed");
      const useSome = await use(many, first, 8081);

      report(`${shards} shards`);
      many.add(shards - first, tenants, enrolments);
      const createRest = await many.up("changed");
      const useAll = await use(many, shards, 8082);

      report("one more tenant");
      // Each gets a stack of its own.
      none.add(enrolments, 0, 0);
      await none.up("changed");
      const enrolled = { none: [] as Run[], one: [] as Run[], many: [] as Run[] };
      for (let run = 0; run < enrolments; run += 1) {
        enrolled.none.push(await enrollOne(none, run));
        enrolled.one.push(await enrollOne(one, run));
        enrolled.many.push(await enrollOne(many, run));
      }

      report("the end");
      const destroyRest = await many.each(range(first, shards), DESTROY);
      const destroySome = await many.each(range(0, first), DESTROY);

      const alone = { create: createOne.seconds, noOp: useOne.noOp.seconds };
      const [intoNone, intoOne, intoMany] = [enrolled.none, enrolled.one, enrolled.many].map(
        (runs) => middle(runs).seconds,
      ) as [number, number, number];
      const all = tenants * shards;
      const enroll = (into: string, value: number): Figure => ({
        name: `enroll one more into ${into}`,
        value,
        unit: "s",
        runs: enrolments,
      });
      return [
        { name: `create ${tenantsText(tenants)} in one shard`, value: alone.create, unit: "s" },
        { name: `no-op of ${tenantsText(tenants)} in one shard`, value: alone.noOp, unit: "s" },
        {
          name: `status of all ${tenantsText(tenants)} in one shard`,
          value: useOne.list,
          unit: "s",
          runs: LISTS,
          point: { series: Series.StatusOfAll, tenants },
        },
        ...figuresOf(
          {
            tenants: tenants * first,
            shards: first,
            create: createSome.seconds,
            use: useSome,
            destroy: destroySome.seconds,
            calls: createSome.calls,
            memory: createSome.memory,
          },
          alone,
        ),
        ...figuresOf(
          {
            tenants: all,
            shards,
            create: createSome.seconds + createRest.seconds,
            use: useAll,
            destroy: destroySome.seconds + destroyRest.seconds,
            calls: createSome.calls + createRest.calls,
            memory: createRest.memory,
          },
          alone,
        ),
        enroll("an empty shard", intoNone),
        {
          ...enroll(`a shard of ${tenants}`, intoOne),
          ratio: { value: intoOne / intoNone, of: "into an empty shard", bound: ENROLL_BOUNDS.one },
          point: { series: Series.EnrollOne, tenants },
        },
        {
          ...enroll(`${shards} shards of ${tenants}`, intoMany),
          ratio: { value: intoMany / intoOne, of: `into one shard of ${tenants}`, bound: ENROLL_BOUNDS.many },
          point: { series: Series.EnrollOne, tenants: all },
        },
      ];
    });
  },
};
